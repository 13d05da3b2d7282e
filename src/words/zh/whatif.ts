import type { whatif as english } from '../en/whatif.ts';

/** Simplified Chinese of the file of this name in `en`. */
export const whatif: Readonly<Record<keyof typeof english, string>> = {
  'whatif.title': '假设分析',
  'whatif.nav': '假设分析',
  'whatif.link': '如果客户端换一条链，会怎样？',
  'whatif.lead': '修改客户端使用的链，按最近半小时的实测结果看它会怎样。这里不会更改任何设置。',
  'whatif.groups': '镜像所属',
  'whatif.field': '{client} 的链',
  'whatif.fieldOf': '{client} 的链（{group}）',
  'whatif.client': '按此客户端的规则',
  'whatif.hint': '照客户端里的写法填写，使用它自己的分隔符。请去掉凭据：这里用不到。',
  'whatif.work': '计算',
  'whatif.start': '从这里开始：',
  'whatif.useInUse': '正在使用的链',
  'whatif.useAdvised': '建议的链',
  'whatif.outcome': '它会怎样',
  'whatif.failed': '守护进程没有应答',

  'whatif.edited': '这条链',
  'whatif.inUse': '使用中',
  'whatif.advised': '建议',
  'whatif.measure': '指标',
  'whatif.available': '顺利完成的获取',
  'whatif.fetch': '一次获取',
  'whatif.fetchCost': '计入失败代价',
  'whatif.build': '一次构建',
  'whatif.buildFails': '失败的构建',
  'whatif.buildCost': '一次构建（计入失败代价）',
  'whatif.rests': '依据',
  'whatif.downloads': '下载',
  'whatif.notMeasured': '未测量',
  'whatif.none': '无',
  'whatif.is': '{what}：{value}',
  'whatif.between': '{low} 至 {high}',
  'whatif.chance': '偶然性范围：{low} 至 {high}',
  'whatif.chanceOf': '偶然性范围',
  'whatif.moments': '{span}内的 {count} 个时刻',
  'whatif.answers': '{span}内各有 {count} 次应答',
  'whatif.downloadsBad': '最近 {count} 次中有 {failed} 次失败',
  'whatif.downloadsOpen': '最近 {count} 次中有 {failed} 次失败，{unmeasured} 次未测量',

  'whatif.time.faster': '更快',
  'whatif.time.slower': '更慢',
  'whatif.time.equal': '一样快',
  'whatif.time.unsure': '时刻太少，分不出快慢',
  'whatif.time.none': '没有哪个时刻两者都顺利',
  'whatif.beside': '与{which}的链相比：{time}',
  'whatif.against':
    '与{which}的链相比：{time}。在两者都走过的 {count} 个时刻里（含下载和确认轮次），它挽回了对方会失败的 {rescued} 个，却在对方顺利的 {broken} 个里失败。',
  'whatif.againstNone': '没有哪个时刻是它与{which}的链都走到了有测量的终点的。',
  'whatif.same': '除了正在使用的链，没有别的建议。',

  'whatif.members': '链上的成员',
  'whatif.member.good': '{count} 次应答中有 {good} 次正常',
  'whatif.member.unmeasured': '在监测之列，但测量还不够',
  'whatif.member.unwatched': '这里没有监测它：对它一无所知',
  'whatif.member.direct': '绕过镜像的部分没有测量',
  'whatif.member.off': '获取到此为止',

  'whatif.note.unmeasured':
    '{count} 个时刻中有 {unmeasured} 个走到了没有测量的地方，结果可能好也可能坏，因此比例和代价介于两个数之间；时间只取其余时刻。',
  'whatif.note.independent':
    '它的镜像没有在同一时刻被问过。这些数字假设它们不会一起失败，而实际上常常一起失败：比例应看作偏乐观。',
  'whatif.note.none': '它的成员在这里都没有测量，因此什么也说不了。这并不表示它没有问题。',
  'whatif.note.few': '时刻很少：刚启动时的数字是粗略的。',
  'whatif.note.downloads': '没有测量过经由它的下载。一次获取里把下载当作轻量步骤计，一次构建里按其他镜像的耗时计。',
  'whatif.note.noDownloads': '任何镜像的下载都没有测量过，因此不对构建下结论。',
  'whatif.note.vantage': '此刻可能是我们自己的网络有问题：在这里失败的，在别处未必失败。',
  'whatif.model':
    '计算方法与建议相同：一次获取是各步骤依次相加；一次构建是十个轻量步骤和五个重量步骤，三个并行；一次失败计为 {cost}。偶然性：若各时刻互不相关，20 次中有 19 次落在范围内。',

  'whatif.which': "哪条链？例如 'https://a.example.com,direct'",
  'help.what-if.summary': '按正在运行的守护进程的实测结果，看客户端换一条链会怎样',
  'help.what-if.details': `CHAIN 是客户端里的写法，使用它自己的分隔符并加引号：GOPROXY 的一行、注册表的 URL、索引的 URL、按顺序排列的主机。
它按该客户端的规则走一遍最近半小时的应答，并与正在使用的链和建议的链并列。不会向任何人发出请求，也不会更改任何设置。
省略 --ecosystem 时，由链里的镜像判断它属于谁。链无法读取时退出码为 2。`,

  'whatif.problem.empty': '没有可走的链。',
  'whatif.problem.too_long': '链的长度超过 {expected} 个字符。',
  'whatif.problem.too_many_members': '链的成员超过 {expected} 个。',
  'whatif.problem.reserved_word': '第 {at} 个成员只是一个单词；应为：{expected}。',
  'whatif.problem.not_a_url': '第 {at} 个成员不是 URL；应为：{expected}。',
  'whatif.problem.private': '这里写的是配置中的私有名称。无论用哪条链，它都不会向镜像请求，因此无从计算。',
  'whatif.problem.unknown_group': '这里没有监测这一类镜像；现有：{expected}。',
  'whatif.problem.unknown_client': '没有这个客户端；现有：{expected}。',
  'whatif.problem.which_group': '这是谁的链？请指明生态系统和上游；现有：{expected}。',
};
