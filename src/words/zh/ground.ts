import type { ground as english } from '../en/ground.ts';

/** Simplified Chinese of the file of this name in `en`. */
export const ground: Readonly<Record<keyof typeof english, string>> = {
  'ground.move': '{trouble}。{promise}。',
  'ground.refuse': '{trouble}。不建议切换：{refusal}。',
  'ground.bypass':
    '{head} 的 HTTP/2 有故障（{cause}），HTTP/1.1 正常。没有其他可建议的镜像：{refusal}。设置 {bypass} 后，{client} 的所有请求都走 HTTP/1.1：连接更多，构建更慢。',
  'ground.bypassOver': '{head} 的 HTTP/2 已恢复：不再需要 {bypass}。',
  'ground.noBypass': '{refusal}，并且 {clients} 没有已知的设置可以关闭 HTTP/2',
  'ground.cannot': '{head} 无法判断',
  'ground.down': '{head} 故障（{cause}）：最近 {span}内 {count} 次探测全部失败',
  'ground.hangs': '{head} 无响应（{cause}）：最近 {span}内 {count} 次探测均未得到完整响应，每次最多等待 {waited}',
  'ground.refuses': '{head} 拒绝所有请求（{cause}）：最近 {span}内连续 {count} 次探测被拒绝',
  'ground.throttles': '{head} 限流：其 Retry-After 还剩 {span}',
  'ground.certificate': '{head} 的证书会被客户端拒绝（{cause}）：最近 {span}内 {count} 次探测全部失败',
  'ground.downloads': '{head} 的下载全部失败（{cause}）：最近 {span}内连续 {count} 次',
  'ground.failsOne': '{head} 上 {what} 失败（{cause}）：最近 {span}内连续 {count} 次探测失败',
  'ground.failsSome':
    '{head} 的 {targets} 个目标中有 {failing} 个失败（{cause}），例如 {what}：最近 {span}内这些目标的 {count} 次探测全部失败',
  'ground.target': '{module} 的 {step}',
  'ground.unreliable': '{head} 不稳定（{cause}）：最近 {span}内 {all} 次探测中失败 {failed} 次（{percent}%）',
  'ground.recovered': '{head} 恢复响应：最近 {span}内 {count} 次探测全部成功',
  'ground.mismatch': '{head} 返回的内容与哈希不符',
  'ground.notOrigins': '{head} 返回的内容与源站不一致',
  'ground.slow': '{head} 缓慢：{here}（{to} 为 {there}）',
  'ground.faster': '{to} 更快，{head} 与平时一样：{there}（{head} 为 {here}）',
  'ground.throughput': '{head} 下载缓慢：{here}（{to} 为 {there}）',
  'ground.asFast': '{head} 已恢复到与 {to} 相当的速度：{here}（{to} 为 {there}）',
  'ground.failback': '首选镜像 {to} 在客户端离开 {away}后已恢复健康',
  'ground.slo': '{head} 未达到服务目标，依据{alert}：最近 {answers} 次金丝雀探测的 p95 为 {p95}{failed}',
  'ground.anAlert': '一条告警',
  'ground.alert': '告警 {name}（已持续 {span}）',
  'ground.none': '无',
  'ground.failed': '，失败 {count} 次',
  'ground.lag': '{head} 同步落后',

  'ground.answered': '{to} 在 {all} 次中应答 {good} 次',
  'ground.takes': '{answered}，在那里一次获取耗时 {there}',
  'ground.cuts': '切换到 {to} 可将一次获取从 {here} 缩短到 {there}（−{percent}%）。{compared}',
  'ground.compared': '最近 {span}内比较了 {rounds} 次；{answered}',

  'ground.us': '我们监测的目标在同一时刻失败，看起来是我们自己的网络问题',
  'ground.upstream': '有 {count} 个镜像传递了上游的故障（{names}），换一个镜像也没有帮助',
  'ground.unmeasured':
    '没有其他镜像得到足够的测量（最近 {paces} 个周期内需有 {good} 次正常的金丝雀应答，且最后一次正常）',
  'ground.alone': '{upstream} 没有其他镜像',
  'ground.ruledOut': '其他镜像都被排除（{others}）',
};
