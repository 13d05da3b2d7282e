import type { ground as english } from '../en/ground.ts';

/** Simplified Chinese of the file of this name in `en`. */
export const ground: Readonly<Record<keyof typeof english, string>> = {
  'ground.move': '{trouble}；{promise}。',
  'ground.refuse': '{trouble}，但不建议切换：{refusal}。',
  'ground.counts': '最近 {all} 次金丝雀探测中失败 {failed} 次',
  'ground.because': '（{cause}）',
  'ground.cannot': '{head} 无法判断',
  'ground.outage': '{head} 故障{because}：{counts}',
  'ground.unreliable': '{head} 频繁失败{because}：{share}',
  'ground.refusal': '{head} 拒绝服务{because}：{counts}',
  'ground.mismatch': '{head} 返回的内容与哈希不符',
  'ground.notOrigins': '{head} 返回的内容与源站不一致',
  'ground.certificate': '{head} 的证书会被客户端拒绝{because}',
  'ground.spike': '{head} 耗时 {observed}，平时为 {usual}',
  'ground.shift': '{head} 已稳定在 {observed}，此前为 {usual}',
  'ground.less': '更短',
  'ground.longer': '更长',
  'ground.throughput': '{head} 下载缓慢：{apart}',
  'ground.slower': '{head} 比最近半小时内变慢了：{apart}',
  'ground.faster': '{head} 没有问题，但另一个镜像更快：{apart}',
  'ground.apart': '{here}，而 {to} 为 {there}（比较了 {rounds} 个时刻）',
  'ground.apartAll': '依据所有比较过的时刻',
  'ground.failback': '首选镜像 {to} 在被离开 {away}后，已重新证明可用',
  'ground.slo': '{head} 未达到服务目标，依据{alert}：最近 {answers} 次金丝雀探测的 p95 为 {p95}{failed}',
  'ground.anAlert': '一条告警',
  'ground.alert': '告警 {name}（已持续 {span}）',
  'ground.none': '无',
  'ground.failed': '，失败 {count} 次',
  'ground.lag': '{head} 同步落后',
  'ground.tooFew': '应答太少，无法说明频率',
  'ground.share': '半小时内 {all} 次应答中有 {bad} 次失败',

  'ground.answered': '{to} 在 {all} 次中应答 {good} 次',
  'ground.costs': '{to} 在 {all} 次中应答 {good} 次，在那里一次获取耗时 {there}',
  'ground.costsLess':
    '{to} 在 {all} 次中应答 {good} 次，在那里一次获取耗时 {there}，而现在为 {here}（减少 {percent}%）',

  'ground.us': '我们监测的目标在同一时刻失败，看起来是我们自己的网络问题',
  'ground.upstream': '有 {count} 个镜像传递了上游的故障（{names}），换一个镜像也没有帮助',
  'ground.unmeasured':
    '没有其他镜像得到足够的测量（最近 {paces} 个周期内需有 {good} 次正常的金丝雀应答，且最后一次正常）',
  'ground.alone': '{upstream} 没有其他镜像',
  'ground.ruledOut': '其他镜像都被排除（{others}）',
};
