import type { help as english } from '../en/help.ts';

/** Simplified Chinese of the file of this name in `en`. */
export const help: Readonly<Record<keyof typeof english, string>> = {
  'help.about': 'mirrorwatch 按包管理客户端的实际用法监测软件包镜像。',
  'help.words': '<命令> [选项]',
  'help.common': '  --version  --help  --lang en|zh  <命令> --help',
  'help.exit': '退出码：0 正常，1 发现问题，2 用法或配置有误',

  'help.init.summary': '根据这里的客户端设置和锁文件写出一份配置',
  'help.init.details': `查看客户端的设置，以及本目录下的锁文件、Dockerfile、compose 和 CI 文件；在已使用的镜像之外推荐已知镜像，
挑选被依赖最多的模块，并列出略去的私有名字。先展示，再询问，目标文件不存在时写入 ./mirrorwatch.yaml（或 FILE）；
--yes 表示同意。--ecosystem 可加上这里没有痕迹的镜像类型。不访问网络。`,
  'help.run.summary': '持续监测所配置的镜像，直到被停止；SIGHUP 重新加载配置',
  'help.check.summary': '检查配置，并列出它会向每台主机请求多少',
  'help.probe.summary': '立即探测一个镜像一次，并解释每个阶段；或对它运行真实的客户端',
  'help.rank.summary': '并排测量所有镜像，并给出可直接粘贴的设置',
  'help.rank.details': `各轮交替进行；最快的以及与它分不出高下的会再测，最多两次。多数轮次相差小于 advise.minGain 且小于 10 ms 的，
视为相当。无法判断的结果不会让任何人切换。最后向每个有应答的镜像询问它有什么（滞后），并下载一个制品（吞吐），
最多 4 MiB，下载前会说明。`,
  'help.advice.summary': '现在应当怎样设置；有待处理的建议时退出码为 1',
  'help.advice.details': `--export 输出可由 shell 执行的设置；无需改动时什么也不输出。5 秒内联系不到守护进程时退出码为 1，且没有输出；
若有 --fallback，上次的结果会保存在 FILE 中，此时输出它：
  line=$(mirrorwatch advice --export --fallback ~/.mirrorwatch-go.env) && eval "$line"
--apply 把现在应有的设置写入客户端自己的文件（go env -w、.npmrc、pip.conf、uv.toml、hosts.toml）：先展示差异并询问，
--yes 表示同意；\`mirrorwatch undo\` 可恢复原状。系统文件需要 --root。
accept 表示已经照做；ID 就是 \`mirrorwatch advice\` 显示的编号。dismiss 让同一原因的同一切换不再提示，最长 30d，
重启后仍有效；若是别的原因，仍会建议。`,
  'help.doctor.summary': '找出本机设置中以及通往镜像途中的问题，并修复其中可以修复的',
  'help.doctor.details': `只读取设置，不做改动；不启动任何程序，也不访问网络，除非写明了镜像，或用 --online 访问配置中的镜像：依次检查域名、
TCP、TLS、证书、HTTP 和内容，说明每一步证明了什么、接下来该做什么，并检查时钟、DNS 解析器、IPv6 以及镜像应当转发的服务。
--fix 先展示将要改动的差异再询问；--yes 表示同意。原来的内容会保存：\`mirrorwatch undo\`。shell 文件和多个程序共用的文件
从不改动，只给出应当怎样设置。--home 和 --root 用于查看另一个用户或另一个根目录下的文件；环境变量仍取自本进程。
系统文件只有在用 --root 指定时才会改动。
退出码：0 没有问题，或只有提示；1 发现问题，或有无法判断的项`,
  'help.undo.summary': '撤销 doctor --fix 或 advice --apply 所做的修改',
  'help.undo.details': `不写 ID 时撤销最近一组修改。内容、权限和属主都恢复原样。之后又被改动过的文件不会动，同一组的其他文件也不会动：
退出码为 1。--root 应与修改时相同。`,
  'help.replay.summary': '用保存的历史推演：换一套设置会给出怎样的建议',
  'help.replay.details': `把状态文件中的探测结果重新交给真正的判断逻辑：一遍按现有配置，一遍按 --set 改动后的配置
（detect.*、advise.*、clients.*），与当时实际给出的建议对照。守护进程可以同时运行；它的文件只会被读取。
TIME 可以是多久以前（2d），也可以是时间，例如 2026-03-01T09:00Z。
  mirrorwatch replay --since 7d --set advise.minGain=30%
退出码：0 已推演，1 没有历史或状态文件无法读取，2 用法或配置有误`,
  'help.ack.summary': '确认一条发现，并写明原因',
  'help.ack.details': `FINDING 是一条未结束的发现的编号，见页面和 GET /api/v1/findings。内容错误（mismatch）不会自行结束：查明原因后确认它，
该镜像才能再次被推荐。原因最多 500 个字符，与这条发现一起保存。`,
  'help.webhook.summary': '向一个已配置的接收方发送测试消息，或预览它会收到的卡片',
  'help.webhook.details': `preview 不发送任何内容：它用虚构的消息画出 slack、feishu、dingtalk 和 wecom 接收方会看到的卡片，
形式为文本、网页（--html）或消息体本身（--json，一个列表）。`,
  'help.pause.summary': '暂停监测一个镜像一段时间，或恢复',
  'help.pause.details': `MIRROR 是它在配置中的名字。--for 的单位为 ms、s、m、h 或 d，最长 30d；--for 0s 表示恢复。暂停的镜像不探测、
不判断、也不会被推荐，重启后暂停仍有效。`,
  'help.health.summary': '询问运行中的守护进程是否健康（供容器使用）',
  'help.rules.summary': '用你的数值输出 Prometheus 规则',
  'help.rules.details': '无论语言环境如何，告警的文字都是英文；加 --lang zh 则为中文。',
  'help.demo.summary': '在本地镜像上注入故障来演示：变慢、发现、建议、webhook',
  'help.completion.summary': '输出 shell 补全这些命令所需的脚本',
  'help.completion.details': `bash：在 ~/.bashrc 中写入 eval "$(mirrorwatch completion bash)"；
zsh：在 ~/.zshrc 中 compinit 之后同样写入，把 bash 换成 zsh；
fish：mirrorwatch completion fish > ~/.config/fish/completions/mirrorwatch.fish`,
  'help.explain.summary': '解释包管理客户端的报错，并给出下一步要运行的命令',
  'help.explain.details': `认识 npm、pnpm、yarn、pip、uv、go、docker、containerd、apt 和 cargo 的报错文字，不访问网络。
  npm install 2>&1 | mirrorwatch explain -
退出码：0 认识该报错，1 其中没有认识的报错`,
};
