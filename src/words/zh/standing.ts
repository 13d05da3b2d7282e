import type { standing as english } from '../en/standing.ts';

/** Simplified Chinese of the file of this name in `en`. */
export const standing: Readonly<Record<keyof typeof english, string>> = {
  'why.paused': '已暂停：{reason}',
  'why.maintenance': '处于维护窗口',
  'why.unmeasured': '尚未测量',
  'why.unmeasuredAs': '尚未测量：{why}',
  'why.us': '看起来是我们自己的网络问题',
  'why.away': '它要求我们暂停访问',
  'why.silent': '已有 {seconds} 秒没有可判断的金丝雀应答',
  'why.silentAs': '已有 {seconds} 秒没有可判断的金丝雀应答：{why}',
  'why.canaryOut': '其金丝雀处于故障中',
  'why.modulesOut': '{all} 个模块中有 {out} 个处于故障中',
  'why.targetOut': '有一个目标处于故障中',
  'why.targetsOut': '有 {count} 个目标处于故障中',
  'why.refuses': '它拒绝我们的请求',
  'why.family': '它在 IPv{family} 上没有应答',
  'why.wrong': '它返回了错误的内容',
  'why.odd': '它的内容与其他镜像不一致',
  'why.behind': '它落后于其他镜像',
  'why.unreliable': '它时常失败',
  'why.crawls': '它下载缓慢',
  'why.slow': '它比平时慢得多',
  'why.failedOnce': '最近一次金丝雀探测失败，但还不算故障',
  'why.answers': '其金丝雀应答正常',
};
