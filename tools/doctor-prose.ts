import type { Language } from '../src/words/words.ts';

/** The text of docs/doctor.md outside its tables, and the headings of the tables' columns. */
interface DoctorProse {
  /** Three parts of the page: title and introduction (`begins`), the part about layers, and the part about traps. */
  readonly begins: string;
  readonly layers: string;
  readonly traps: string;
  readonly trapHead: readonly [string, string, string, string, string];
  readonly layerHead: readonly [string, string];
  readonly failureHead: readonly [string, string, string, string];
  readonly fixable: string;
  readonly printed: string;
  /** The text in place of a layer, for a failure that may occur in any layer. */
  readonly anyLayer: string;
}

const en: DoctorProse = {
  begins: `# Traps in this machine's settings

[简体中文](doctor.zh-CN.md)

\`mirrorwatch doctor\` reads the settings of package clients on this machine and reports *traps*: settings that break builds, disable
verification, or reveal private names. For each trap the command prints the place (file and line, or variable), the effect, and what to set.

The exit code of \`mirrorwatch doctor\` is 0 if there is no trap, or only notes. It is 1 if there is a trap or a check could not be completed, and 2 on
wrong usage. \`--json\` prints the result as JSON.

- **The doctor finds settings only by reading files and variables.** Without \`--fix\` it changes nothing. It starts no client, because \`go env\` and \`npm config\` write files themselves.
- **The doctor sends requests** only to the mirrors named on the command line (\`mirrorwatch doctor NAME https://…\`). With \`--online\` it also
  sends requests to the mirrors of the configuration. Besides these mirrors it contacts only the DNS resolver,
  and the hosts that a mirror names in a redirect or as its token server.
- **"Could not be determined" is a separate result of a check.** It means neither a trap nor correct settings. For example, a file that cannot
  be read may contain a trap.
- **Secrets are never printed.** Tokens, passwords, and user names in URLs appear as \`***\`, in diffs too.
- \`--home DIR\` reads the files of another user. \`--root DIR\` reads the files below another root directory, such as that of a container
  or a mounted disk. With either option, the command still uses the environment variables of its own process.

## Fixing

\`mirrorwatch doctor --fix\` shows its changes as a unified diff and waits for confirmation. In scripts the option \`--yes\` confirms. The
command changes only files that belong to one client. For shell files, environment variables, and files that several programs or people
share, it only prints what to set.

Rules for the files that \`mirrorwatch doctor --fix\` changes:
- Before a change, the command saves the old contents in \`$XDG_STATE_HOME/mirrorwatch/changes\` (\`~/.local/state/…\`), readable by the user
  only. Saved contents can include tokens. So each change deletes saved changes that are older than a year, and all but the newest 100.
- To change a file, the command writes a new file and renames it over the old one, with the same mode and owner. If the path is a symbolic
  link, it replaces the file that the link points to.
- The command changes no file outside the home directory, unless \`--root\` names a directory. \`--root /\` allows changes of system files.
- If root runs \`--fix\`, the command does not change a file whose path another user could redirect. To fix another user's home, run the command as
  that user (\`sudo -u ada mirrorwatch doctor --fix\`).

\`mirrorwatch undo\` undoes the last change, \`undo ID\` an earlier one, and \`undo --list\` lists all saved changes. If one file of a change
was modified later, \`undo\` restores no file of that change, and prints where the old contents are saved. \`undo\` ignores changes that
another user saved.

\`mirrorwatch advice --apply [ECOSYSTEM]\` changes files in the same way as \`doctor --fix\`. It writes the settings that a running daemon
advises to the file of \`go env -w\` and to the user's \`.npmrc\` and \`pip.conf\`. It also writes \`.yarnrc.yml\` if this file exists, and
\`uv.toml\` if the folder of this file exists. With \`--root /\` it writes containerd's \`hosts.toml\`. It reports settings that override these files.

The command replaces a value in its place, and all other bytes stay. Before it writes a file, it parses the new text again. If pip, uv, npm
or pnpm is on the \`PATH\`, this client must also read the advised value from the new text. If a check fails, the command changes no file,
prints the reason and exits with 1. See [decision 0206](decisions/0206-settings-files-by-their-grammar.md).`,
  layers: `## Layer by layer

For each mirror, \`mirrorwatch doctor\` checks the layers of the connection in the order of the first table. The first layer that fails
determines what to do next: find this layer and the printed reason in the second table. If all probed mirrors fail at the same layer, the
problem is probably in your network, not at the mirrors.`,
  traps: '## Traps',
  trapHead: ['trap', 'severity', 'what', 'what it causes', '`--fix`'],
  layerHead: ['layer', 'if it works, this is certain'],
  failureHead: ['layer', 'reason', 'what it means', 'what to do next'],
  fixable: 'yes',
  printed: 'no: prints what to set',
  anyLayer: 'the layer where the connection was cut',
};

const zh: DoctorProse = {
  begins: `# 本机设置里的坑

[English](doctor.md)

\`mirrorwatch doctor\` 读取本机上各个包客户端的设置，指出其中的问题：在哪里（文件和行，或者变量）、会造成什么、该设成什么。
退出码 0：没有坑，或者只有提示；1：有坑，或者有无法判断的地方；2：用法错误。\`--json\` 把同样的内容说给程序。

- **只读文件和变量**：没有 \`--fix\` 就不改动任何东西；不启动任何程序（\`go env\` 和 \`npm config\` 会写它们自己的文件）。
- **网络上只访问命令里写明的镜像**（\`mirrorwatch doctor NAME https://…\`），或者用 \`--online\` 访问配置里的镜像；除此之外只问域名解析器，以及镜像指向的主机（重定向、令牌服务器）。
- **“无法判断”是单独的一种结果**：一个存在却读不了的文件，里面可能是任何内容。
- **绝不打印机密**：URL 中的用户信息、令牌和密码一律显示为 \`***\`，diff 里也一样。
- \`--home DIR\` 和 \`--root DIR\` 查看另一个用户的文件，或另一个根目录下的文件（容器的、挂载磁盘的）；环境变量仍是本进程的。

## 修复

\`mirrorwatch doctor --fix\` 先以 unified diff 展示要改什么，再询问；\`--yes\` 表示同意，供脚本使用。它只改属于某一个客户端的文件。
shell 的文件、环境变量，以及由多个程序或多人共用的文件留给人来改：该设成什么会打印出来。只有经过验证的修复才会提供：
先在内存中修改，重新读取设置，确认问题消失。

- 先保存原来的内容，放在 \`$XDG_STATE_HOME/mirrorwatch/changes\`（\`~/.local/state/…\`），只有本用户能读。设置文件里有令牌，所以每次修改都会
  删除最近 100 次之外的，以及一年以前的记录。
- 文件通过重命名整个替换，权限、属主和换行符（CRLF 也一样）不变；符号链接会跟到文件本身。
- 主目录之外的文件一律不动，除非用 \`--root\` 指定目录：\`--root /\` 表示系统自己的文件。
- root 运行 \`--fix\` 时，如果其他用户能写文件路径上的某个目录（包括符号链接经过的目录），该文件就不会被修改：在检查与写入之间，
  这个用户可能把路径引到别处。要改另一个用户主目录里的文件，请以该用户的身份运行（\`sudo -u ada mirrorwatch doctor --fix\`）。

\`mirrorwatch undo\` 恢复最近一次修改，\`undo ID\` 恢复指定的一次，\`undo --list\` 列出全部。如果一次修改中有某个文件之后又被改动过，
\`undo\` 就不恢复这次修改的任何文件，并打印原来的内容保存在哪里。\`undo\` 会忽略其他用户保存的修改，否则这样的用户可以让 root 写入任意文件。

\`mirrorwatch advice --apply [ECOSYSTEM]\` 与 \`doctor --fix\` 以同样的方式改文件：把运行中的守护进程给出的设置写进 \`go env -w\` 的文件、用户的 \`.npmrc\`
和（如果有）\`.yarnrc.yml\`、\`pip.conf\` 和（如果 uv 有目录）\`uv.toml\`，或者用 \`--root /\` 写进 containerd 的 \`hosts.toml\`。
有什么会盖过这些文件，也会说明。

该命令只替换值本身，其余字节保持不变。写入文件之前会重新解析新内容；如果 \`PATH\` 中有 pip、uv、npm 或 pnpm，
它们也必须从新内容中读到建议的值。只要有一项检查不通过，就不改动任何文件，打印原因，并以 1 退出。
参见[决策 0206](decisions/0206-settings-files-by-their-grammar.md)。`,
  layers: `## 逐层检查

\`mirrorwatch doctor\` 对每个镜像按第一张表的顺序检查连接的各层。第一个失败的层决定下一步该做什么：在第二张表中找到这一层和打印出的原因。
如果所有被访问的镜像都在同一层失败，问题多半在你的网络，而不在镜像。`,
  traps: '## 各种坑',
  trapHead: ['坑', '严重程度', '是什么', '会造成什么', '`--fix`'],
  layerHead: ['层', '如果正常，就证明了'],
  failureHead: ['层', '原因', '说明什么', '下一步该做什么'],
  fixable: '修复',
  printed: '打印',
  anyLayer: '在断开的那一层',
};

/** The text of the page in each language. */
export const doctorProse: Readonly<Record<Language, DoctorProse>> = { en, zh };
