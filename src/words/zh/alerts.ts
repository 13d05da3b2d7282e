import type { alerts as english } from '../en/alerts.ts';

/** Simplified Chinese of the file of this name in `en`. */
export const alerts: Readonly<Record<keyof typeof english, string>> = {
  'alert.lastGood': '上一次正常应答是在 {ago} 之前。',
  'alert.MirrorNoneUsable.summary': '从这里看，{upstream} 没有可用的镜像',
  'alert.MirrorNoneUsable.says':
    '从 {instance} 看，{upstream}（{ecosystem}）没有任何镜像正常：曾有应答的 {value} 个都失败，也没有可以切换的去处。',
  'alert.MirrorDown.summary': '镜像 {registry} 故障',
  'alert.MirrorDown.says': '{registry}（{ecosystem}，上游 {upstream}）故障已超过一分钟，且经过确认。{more}',
  'alert.MirrorStateUnknown.summary': '{registry} 的状态未知',
  'alert.MirrorStateUnknown.says':
    '{registry}（{ecosystem}）已有超过 15 分钟没有可判断的样本，而且没有人暂停它。{more}',
  'alert.MirrorNoSuccess.summary': '{registry} 没有正常应答',
  'alert.MirrorNoSuccess.says': '{registry}（{ecosystem}）上一次正常应答是在 {span} 之前。',
  'alert.MirrorNeverAnswered.summary': '{registry} 从未应答过',
  'alert.MirrorNeverAnswered.says':
    '守护进程启动以来，{registry}（{ecosystem}）在 {value} 次尝试中没有一次正常应答，状态文件里也没有更早的记录。',

  'alert.MirrorSpike.summary': '{registry} 目前变慢',
  'alert.MirrorSpike.says': '{registry}（{ecosystem}）正在变慢：最差的目标已连续 {value} 个样本为慢。',
  'alert.MirrorLevelShift.summary': '{registry} 已稳定在更慢的水平',
  'alert.MirrorLevelShift.says':
    '{registry}（{ecosystem}）有 {value} 条未结束的发现：变慢持续过久，目前的往返时间已成为新的基线。',
  'alert.MirrorSlow.summary': '{registry} 已慢了一小时',
  'alert.MirrorSlow.says':
    '{registry}（{ecosystem}）可判断的目标中，至少有一半在最近一小时的第 95 百分位高于其基线的 {factor} 倍：最差的为 {seconds} 秒。',

  'alert.refusedMost': '15 分钟内最多的是 {often}，约 {count} 次。',
  'alert.MirrorRefuses.summary': '{registry} 拒绝为我们提供服务',
  'alert.MirrorRefuses.says':
    '{registry}（{ecosystem}）有应答但拒绝服务：限流、拒绝访问，或缺少其他镜像都有的内容。{more}',
  'alert.MirrorUnreliable.summary': '{registry} 时常失败',
  'alert.MirrorUnreliable.says':
    '{registry}（{ecosystem}）的失败多于应有的程度，其间又有应答：算故障太少，算偶然又太多。',
  'alert.MirrorSlowDownloads.summary': '{registry} 下载缓慢',
  'alert.MirrorSlowDownloads.says': '{registry}（{ecosystem}）的下载速度不到同类镜像的四分之一，且低于 1 MiB/s。',
  'alert.MirrorMaskedUpstream.summary': '{registry} 掩盖了上游的故障',
  'alert.MirrorMaskedUpstream.says':
    '15 分钟内，{registry}（{ecosystem}）自己取不到内容，却对约 {about} 次探测回答“未找到”：客户端会转向其链中的下一个，或者失败。',
  'alert.MirrorContentMismatch.summary': '{registry} 返回了错误的内容',
  'alert.MirrorContentMismatch.says':
    '{registry}（{ecosystem}）在两条连接上两次返回了 {module} {version} 的错误内容，或者表明为哈希作保的来源已被分叉（原因：{cause}）。双方内容见其发现。确认之前不会解除。',

  'alert.MirrorLagging.summary': '{registry} 同步落后',
  'alert.MirrorLagging.says':
    '{registry}（{ecosystem}）缺少其他镜像已有的内容，最差的模块至少落后 {span}。具体模块见其发现。',
  'alert.MirrorLagUnknown.summary': '已无法判断 {registry} 落后多少',
  'alert.MirrorLagUnknown.says':
    '最近一天内还知道 {registry}（{ecosystem}）落后多少，现在不知道了：源站和另外两个镜像都没有应答，或者它自己的列表没有应答。',
  'alert.MirrorRegression.summary': '{registry} 的内容来回变动',
  'alert.MirrorRegression.says':
    '一小时内，{registry}（{ecosystem}）约有 {about} 次应答出现回退：某个列表、标签或序列号比之前更旧。',

  'alert.expired': '已过期',
  'alert.expiresSoon': '即将过期',
  'alert.expiredAgo': '已于 {past} 之前过期：客户端会拒绝它',
  'alert.expiresIn': '将在 {span} 后过期',
  'alert.MirrorCertificateExpires.summary': '{registry} 的证书{expires}',
  'alert.MirrorCertificateExpires.says': '{registry} 的证书{expiresWhen}。',
  'alert.MirrorCertificateInvalid.summary': '{registry} 的证书不被接受（{reason}）',
  'alert.MirrorCertificateInvalid.says':
    '15 分钟内，对 {registry}（{ecosystem}）约有 {about} 次探测止于证书：{reason}。客户端同样会拒绝它。',
  'alert.MirrorCertificateUnknown.summary': '已看不到 {registry} 的证书',
  'alert.MirrorCertificateUnknown.says': '{registry} 在最近一天内出示过证书，有效期至 {until}，现在不再出示。',

  'alert.MirrorAdvice.summary': '建议：从 {from} 切换到 {to}',
  'alert.MirrorAdvice.says':
    '{upstream}（{ecosystem}）的客户端应离开 {from}，改用 {to}，原因：{cause}。若两者相同，则只是调整其后的顺序，或该行是客户端的一项设置。要粘贴的那一行和回退命令由此打印：{command}',
  'alert.MirrorAdviceUnheeded.summary': '对 {upstream} 的建议已等待一小时',
  'alert.MirrorAdviceUnheeded.says':
    '对 {upstream}（{ecosystem}）的客户端有 {value} 条建议已提出超过一小时，没有人采纳：它们仍在使用被认为有问题的链。要粘贴的那一行由此打印：{command}',
  'alert.MirrorAdviceRegretted.summary': '{upstream} 的一次切换并不值得',
  'alert.MirrorAdviceRegretted.says':
    '回头看，{upstream}（{ecosystem}）的客户端按建议离开的镜像，比切换后的镜像表现更好（以我们自己的金丝雀为准）。这发生在最近一天内。',

  'alert.MirrorErrorBudgetFast.summary': '{registry} 在快速消耗错误预算',
  'alert.MirrorErrorBudgetFast.says':
    '对 {registry}（{ecosystem}）的探测有 {percent} 失败，而目标是 {slo}% 不失败：照此速度，30 天的预算几天内就会用完。',
  'alert.MirrorErrorBudgetSlow.summary': '{registry} 将达不到目标',
  'alert.MirrorErrorBudgetSlow.says':
    '一天或更长时间以来，对 {registry}（{ecosystem}）的探测有 {percent} 失败，而目标是 {slo}% 不失败。',

  'alert.MirrorDownMostPlaces.summary': '从多数观测点看，{registry} 故障',
  'alert.MirrorDownMostPlaces.says':
    '有 {value} 个观测点（超过监测它的一半）看到 {registry}（{ecosystem}）故障：问题在镜像，不在途中的网络。',
  'alert.MirrorSlowMostPlaces.summary': '从多数观测点看，{registry} 缓慢',
  'alert.MirrorSlowMostPlaces.says':
    '有 {value} 个观测点（超过监测它的一半）看到 {registry}（{ecosystem}）缓慢：问题在镜像，不在途中的网络。',
  'alert.MirrorErrorBudgetMostPlaces.summary': '从多数观测点看，{registry} 在消耗错误预算',
  'alert.MirrorErrorBudgetMostPlaces.says':
    '有 {value} 个观测点（超过监测它的一半）看到 {registry}（{ecosystem}）在消耗错误预算：问题在镜像，不在途中的网络。',
  'alert.VantageOutlier.summary': '有问题的是观测点 {vantage}，不是镜像',
  'alert.VantageOutlier.says':
    '从 {vantage} 看有 {value} 个镜像故障或缓慢，而从多数其他观测点看正常：请检查 {vantage} 的线路。',
  'alert.VantageMissing.summary': '只有 {value} 个观测点上报',
  'alert.VantageMissing.says':
    '有 {value} 个观测点上报，少于最近一天内的数量，或少于 {vantages} 个：关于“多数观测点”的结论所依据的票数变少了。',

  'alert.leftUnjudged': '5 分钟内约有 {count} 次探测因此未作判断。',
  'alert.VantageSuspect.summary': '{instance} 的网络可疑',
  'alert.VantageSuspect.says': '从 {instance} 看，互不相关的镜像同时失败：在此结束之前，判断保持不变。{more}',
  'alert.stateUnknown': '其镜像中有 {count} 个状态未知。',
  'alert.VantageUnknown.summary': '{instance} 无法判断自己的网络',
  'alert.VantageUnknown.says': '{instance}（{version}）超过 15 分钟仍未完成对金丝雀的第一轮探测。{more}',

  'alert.MirrorwatchUnfit.summary': '{instance} 有一条关于自身的发现（{kind}）',
  'alert.MirrorwatchUnfit.says':
    '有 {value} 条未结束的 {kind} 类发现：{instance} 自己破坏了样本，看到的与真实客户端不同，或其观测点与外界断开。',
  'alert.MirrorwatchSchedulerBehind.summary': '{instance} 落后于计划',
  'alert.MirrorwatchSchedulerBehind.says':
    '{instance} 每一百次探测中就有一次推迟 {span} 或更久才开始：间隔未能保持，探测挤在一起。',
  'alert.watches': '它监测 {count} 个镜像。',
  'alert.MirrorwatchReloadFailed.summary': '{instance} 拒绝了新配置',
  'alert.MirrorwatchReloadFailed.says': '{instance} 继续使用 {span} 之前的配置；新配置有错误，详见其日志。{more}',
  'alert.openFindings': '未结束的发现：{count} 条。',
  'alert.waitingNotices': '等待中的通知：{count} 条。',
  'alert.MirrorwatchStateNotWritable.summary': '{instance} 无法写入状态',
  'alert.MirrorwatchStateNotWritable.says':
    '{instance} 的状态文件无法写入：监测照常进行，但重启会丢失发现、建议和未送达的通知。{more}',
  'alert.MirrorwatchStateSetAside.summary': '{instance} 已从头开始：其状态文件损坏',
  'alert.MirrorwatchStateSetAside.says':
    '最近六小时内，{instance} 的状态文件损坏并被移到一旁：此前的基线、发现、建议和未送达的通知都已丢失，暂停和确认也是。',
  'alert.MirrorwatchWebhookStuck.summary': '发往 {receiver} 的通知受阻',
  'alert.MirrorwatchWebhookStuck.says': '发往 {receiver} 的最早一条通知已等待 {span}。',
  'alert.MirrorwatchNoticesLost.summary': '发往 {receiver} 的通知已被放弃',
  'alert.MirrorwatchNoticesLost.says':
    '15 分钟内，发往 {receiver} 的通知约有 {about} 条被放弃：被拒绝、过期，或没有空位。',
  'alert.MirrorwatchLinesDropped.summary': '{instance} 在 /metrics 中略去了一些目标',
  'alert.MirrorwatchLinesDropped.says':
    '{instance} 的配置产生的行数超过 limits.lines 所允许的：排在最后的目标仍被探测，但不显示。',
  'alert.MirrorwatchDown.summary': '{instance} 上的 mirrorwatch 已停止',
  'alert.MirrorwatchDown.says': 'Prometheus 无法抓取 {instance}（job {job}）上的 mirrorwatch：那里没有人在监测镜像。',
  'alert.MirrorwatchAbsent.summary': '没有抓取到任何 mirrorwatch',
  'alert.MirrorwatchAbsent.says': 'Prometheus 没有任何 mirrorwatch 的序列：这里的其他告警只是沉默，不代表正常。',
};
