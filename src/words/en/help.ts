/** What `--help` says: of the whole program, and of each command its line in the overview and its further lines. */
export const help = {
  'help.about': 'mirrorwatch watches package mirrors the way package clients use them.',
  'help.words': '<command> [options]',
  'help.common': '  --version  --help  --lang en|zh  <command> --help',
  'help.exit': 'exit: 0 fine, 1 trouble found, 2 wrong usage or configuration',

  'help.init.summary': 'write a configuration from the clients and lock files that are here',
  'help.init.details': `Looks at the settings of clients, at lock files, Dockerfiles, compose and CI files below this folder; proposes the known
mirrors beside those in use, the modules that most others need, and names private ones that are left out. Shows it, asks,
and writes ./mirrorwatch.yaml (or FILE) where no file is yet; --yes says yes. --ecosystem adds one that left no trace here.
Nothing is asked over the network.`,
  'help.run.summary': 'watch the configured mirrors until stopped; SIGHUP reloads',
  'help.check.summary': 'check the configuration and print what it asks of each host',
  'help.probe.summary': 'probe one mirror once, now, and explain every phase; or run a real client against it',
  'help.rank.summary': 'measure all mirrors side by side and print the line to paste',
  'help.rank.details': `Rounds are interleaved; the best one and who is not told apart from it are measured again, twice at most. Two are equal
where most rounds differ by less than advise.minGain and 10 ms. What could not be told moves nobody. In the end each mirror
that answers is asked what there is, for its lag, and for one artifact, for its throughput: 4 MiB of it at most, said before.`,
  'help.advice.summary': 'what to set right now; exit 1 while advice is pending',
  'help.advice.details': `--export prints the lines that a shell may evaluate, or nothing where nothing is to be changed; exit 1 and nothing
printed where the daemon cannot be asked within 5 s. With --fallback its last answer is kept in FILE and printed then:
  line=$(mirrorwatch advice --export --fallback ~/.mirrorwatch-go.env) && eval "$line"
--apply sets what should be set now in the clients' own files (go env -w, .npmrc, pip.conf, uv.toml, hosts.toml): it shows a
diff and asks, --yes says yes, and \`mirrorwatch undo\` puts back what was before. System files need --root.
accept says that the change was made; ID is the one that \`mirrorwatch advice\` prints. dismiss silences that move for
that cause, up to 30d and over restarts; for another cause it is still proposed.`,
  'help.doctor.summary':
    "find traps in this machine's settings and on the way to mirrors, and mend those that can be mended",
  'help.doctor.details': `Reads settings and changes nothing; no program is started, and nothing is asked over the network unless a mirror is named,
or --online, which asks those of the configuration: name, TCP, TLS, certificate, HTTP and content one after the other, what
each proves and what to do next, the clock, the resolver, IPv6, and what a mirror should relay. --fix shows what it would
change as a diff and asks first; --yes says yes. What was before is kept: \`mirrorwatch undo\`. Files of shells, and files
that several programs share, are never changed: what to set is printed. --home and --root look at the files of another
user or below another root; the environment is this process's. System files are changed only where --root names them.
exit: 0 no trap, or notes alone; 1 a trap, or something that could not be told`,
  'help.undo.summary': 'put back what doctor --fix or advice --apply changed',
  'help.undo.details': `Without ID the last set of changes. Bytes, mode and owner come back as they were. A file that was changed since is not
touched, nor any other of its set: exit 1. --root names what it named when the change was made.`,
  'help.replay.summary': 'what would have been advised under other settings, from the stored history',
  'help.replay.details': `Plays the answers in the state file to the real judgement again: with the configuration as it is, and with the keys
that --set changes (detect.*, advise.*, clients.*), beside what was advised really. The daemon may run meanwhile; its
file is only read. TIME is a length of time ago (2d) or a time such as 2026-03-01T09:00Z.
  mirrorwatch replay --since 7d --set advise.minGain=30%
exit: 0 replayed, 1 no history or a state file that cannot be read, 2 wrong usage or configuration`,
  'help.ack.summary': 'acknowledge a finding, with the reason',
  'help.ack.details': `FINDING is the id of an open finding, as the page and GET /api/v1/findings show it. A mismatch (wrong bytes) never
clears by itself: acknowledge it once you know why, and the mirror can be advised again. The reason, up to 500
characters, is kept with the finding.`,
  'help.webhook.summary': 'send a test message to one configured receiver, or show what its cards look like',
  'help.webhook.details': `preview sends nothing: it draws cards of made-up news as slack, feishu, dingtalk and wecom receivers would get them,
as text, as a page (--html), or as the bodies themselves (--json, a list).`,
  'help.pause.summary': 'leave a mirror alone for a while, or resume it',
  'help.pause.details': `MIRROR is its name in the configuration. --for takes ms, s, m, h or d, up to 30d; --for 0s resumes. A paused mirror
is neither probed nor judged nor advised, and a restart does not end the pause.`,
  'help.health.summary': 'ask a running daemon whether it is healthy (for containers)',
  'help.rules.summary': 'print rules for Prometheus with your numbers',
  'help.rules.details': 'What alerts say is in English, whatever the locale; in Chinese with --lang zh.',
  'help.demo.summary': 'local mirrors with an injected fault: spike, finding, advice, webhook',
  'help.completion.summary': 'print what your shell needs to complete these words',
  'help.completion.details': `bash: eval "$(mirrorwatch completion bash)" in ~/.bashrc; zsh: the same with zsh in ~/.zshrc, after compinit;
fish: mirrorwatch completion fish > ~/.config/fish/completions/mirrorwatch.fish`,
  'help.explain.summary': 'what an error of a package client means, and what to run next',
  'help.explain.details': `Knows the words of npm, pnpm, yarn, pip, uv, go, docker, containerd, apt and cargo. Nothing is asked over the network.
  npm install 2>&1 | mirrorwatch explain -
exit: 0 a known error, 1 no known error in it`,
} as const;
