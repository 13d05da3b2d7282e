import type { notes as english } from '../en/notes.ts';

/** Simplified Chinese of the file of this name in `en`. */
export const notes: Readonly<Record<keyof typeof english, string>> = {
  'told.note.goPrivatePattern': '某个私有模式含有不能安全粘贴的字符：请手动设置 GOPRIVATE。',
  'told.note.goBackCredentials': '用于恢复的设置不含原来的凭据：凭据须来自 netrc 或 GOAUTH。',
  'told.note.goByHand': '其中有不能安全粘贴的 URL：请手动设置 GOPROXY。',
  'told.note.goWins': '环境变量、CI 文件或容器镜像中设置的 GOPROXY 优先于 `go env -w`。',
  'told.note.goComma': '逗号之后，go 命令只在 404 和 410 时继续往下找：第一个成员的其他故障会让构建中断。',
  'told.note.goCredentials': '设置中不含凭据：凭据须来自 netrc 或 GOAUTH。',
  'told.note.bypassVariable': '{variable} 只能通过环境变量设置：请追加到其现有值之后。',
  'told.note.bypassCargo': '这些行写入 `.cargo/config.toml`；已有 [http] 节时写入该节。',
  'told.note.bypassCost': '此后 {client} 的所有请求都走 HTTP/1.1：连接更多，构建更慢。{head} 的故障结束后请撤回。',
  'told.note.spared': '不切换：{clients}。它们使用 HTTP/{protocol}，{head} 在该版本上正常。',
  'told.note.dockerHub': 'Docker 的 registry-mirrors 只用于 Docker Hub：无法为 {upstream} 设置。',
  'told.note.dockerPath': 'Docker 只接受不带路径的镜像：不能用 {url}。',
  'told.note.dockerKeys': '把这些键加入 {path}，原有的保留；执行 `systemctl reload docker` 即可生效，不会停止容器。',
  'told.note.dockerSlow':
    'Docker 的 registry-mirrors 只用于 Docker Hub，而且之后总会再访问 Docker Hub：镜像坏了只会变慢，不会报错。',
  'told.note.podmanPath': 'podman 不支持在 /v2 之前带路径：不能用 {url} 作镜像。',
  'told.note.podmanReads':
    'podman、CRI-O、buildah 和 skopeo 每次拉取都会读取 registries.conf；CRI-O 要在收到重新加载的通知时才读取。前缀相同的另一个文件必须删除。',
  'told.note.containerdReads':
    '只有 config_path 指向 {folder} 时，containerd 才会读取它；hosts.toml 从下一次拉取起生效，无需重启。',
  'told.note.containerdResolve':
    '有 `resolve` 时，标签指向什么由镜像说了算：按摘要拉取时只用 `pull` 就够了，镜像造假会被发现。',
  'told.note.mirrorsByHand': '其中有不能安全粘贴的 URL：请手动设置镜像。',
  'told.note.credentials': '设置中不含凭据：凭据须来自{from}。',
  'told.note.mavenAll': '如果 `mirrorOf` 写 `*`，私有仓库的构件也会向它请求：这里只应写 `central`。',
  'told.note.condaBelow': '`.condarc` 的其他频道写在被替换的那一行之下。',
  'told.note.pacmanOrder': 'pacman 按列表顺序访问服务器，任何失败之后都会换下一个。',
  'told.note.cratesFrom': 'crate 文件来自其 config.json 中的 `dl`，可能是另一台主机。',
  'told.note.entries': '只改动 {files} 中写有 {from} 的条目；其余保持原样。',
  'told.note.urlByHand': '其中有不能安全粘贴的 URL：请手动设置。',
  'told.note.noProfile': '镜像没有写明 `profile`，就无从知道这些 URL 属于哪种设置。',
  'told.note.pipByHand': '索引中有不能安全粘贴的 URL：请手动设置 index-url。',
  'told.note.pipWins': 'PIP_INDEX_URL 优先于 pip.conf；命令行或 requirements.txt 中的 --index-url 优先于两者。',
  'told.note.poetry':
    'Poetry：`poetry source add --priority=primary mirror {url}`（之后它会把该来源写入 poetry.lock）。PDM：`pdm config pypi.url {pdm}`',
  'told.note.uvByHand': '索引中有不能安全粘贴的 URL：请手动设置默认索引。',
  'told.note.uvLock': 'uv.lock 中写有各文件的 URL：`uv sync --frozen` 仍会访问它们，而 --locked 会认为锁文件已过时。',
  'told.note.indexPlain': '该索引使用明文 HTTP：除非列为可信，否则客户端会拒绝它；这里的设置从不这样做。',
  'told.note.indexExtra': '还有一个额外索引也应去掉：这里的设置不改动额外索引，请手动删除。',
  'told.note.indexPrivate':
    '私有项目须来自它们自己的索引，放在最前且只用于它们：若用额外索引，任何一个索引都可能应答私有名字。',
  'told.note.npmByHand': 'registry 是不能安全粘贴的 URL：请手动设置。',
  'told.note.npmWins': '`{command}` 只设置 registry：变量以及项目自己的文件优先于用户的文件。',
  'told.note.npmCredentials': '设置中不含凭据：凭据按主机写在 .npmrc 中，形如 `//host/:_authToken=`。',
  'told.note.npmBack': '用于恢复的设置不含原 registry 的凭据。',
  'told.note.npmLock':
    'package-lock.json 或 yarn 1 的 yarn.lock 中写有 {host} 的条目仍会访问那里：npm 加上 `--replace-registry-host={value}` 即改用新的 registry，yarn 1 则需要重新生成锁文件。',
  'told.note.npmScope':
    '{scope} 是私有的：需要在 .npmrc 中有自己的 `{setting}`（yarn 用 `npmScopes`），否则会拿它的名字去问这个 registry。',
  'told.note.npmName':
    '{name} 是私有的，但不是整个 scope：没有客户端能让这样的名字避开所设的 registry。请把它们放进一个 scope，或继续使用自己的 registry。',
  'told.note.originUnreached': '各镜像的新旧至多只在它们之间比较过：从这里无法访问源站 {origin}。',
  'told.note.noOrigin': '各镜像的新旧至多只在它们之间比较过：没有监测源站。',
  'told.note.asksCredentials': '{mirror} 要求凭据：客户端需要有自己的凭据。',
  'told.note.certificate': '监测 {mirror} 时用了专门的 CA 或客户端证书：客户端也需要同样的证书。',
  'told.note.proxy': '监测 {mirror} 时经过代理：客户端可能也需要它。',
  'told.note.relay': '尚未测量 {mirror} 是否转发{relay}。',

  'told.cannot.certificate': '客户端证书',
  'told.cannot.bearer': 'bearer 令牌',
  'told.cannot.bearerLine': 'bearer 令牌（只能写在命令行上）',
  'told.cannot.plain': '明文 http 上的凭据',
  'told.cannot.path': '/v2/ 之前的路径',
  'told.cannot.server': '专用的 DNS 服务器（resolve.server）',
  'told.cannot.family': '指定的地址族（resolve.family）',
  'told.note.pnpmWorkspace': 'pnpm-workspace.yaml 中的 `registries.default` 优先于 .npmrc，在 pnpm 10 中也优先于变量。',
  'told.note.yarnPlain': 'yarn 从 2 起只对 `unsafeHttpWhitelist` 中的主机使用明文 http：请加上 {host}。',
  'told.note.ociLogin': '客户端自己的登录，或 hosts.toml 中该主机的请求头',
  'told.back.chain': '# 原来的链无法安全粘贴：请手动恢复',
  'told.back.registry': '# 原来的注册表无法安全粘贴：请手动恢复',
  'told.back.hosts': '# 原来的主机无法安全粘贴：请手动恢复',
  'told.back.mirrors': '# 原来的镜像无法安全粘贴：请手动恢复',
  'told.back.index': '# 原来的索引无法安全粘贴：请手动恢复',
  'told.back.entries': '# 请手动恢复原来的设置',
};
