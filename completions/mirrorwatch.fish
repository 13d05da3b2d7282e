# fish completion for mirrorwatch: mirrorwatch completion fish | source
complete -c mirrorwatch -f
complete -c mirrorwatch -n __fish_use_subcommand -a init -d 'write a configuration from the clients and lock files that are here'
complete -c mirrorwatch -n '__fish_seen_subcommand_from init' -l home -x -a '(__fish_complete_directories)'
complete -c mirrorwatch -n '__fish_seen_subcommand_from init' -l root -x -a '(__fish_complete_directories)'
complete -c mirrorwatch -n '__fish_seen_subcommand_from init' -l yes
complete -c mirrorwatch -n '__fish_seen_subcommand_from init' -l ecosystem -x -a 'go npm pypi oci http'
complete -c mirrorwatch -n '__fish_seen_subcommand_from init' -l vantage -x
complete -c mirrorwatch -n '__fish_seen_subcommand_from init' -l door
complete -c mirrorwatch -n '__fish_seen_subcommand_from init' -l lang -x -a 'en zh'
complete -c mirrorwatch -n '__fish_seen_subcommand_from init' -l help
complete -c mirrorwatch -n __fish_use_subcommand -a run -d 'watch the configured mirrors until stopped; SIGHUP reloads'
complete -c mirrorwatch -n '__fish_seen_subcommand_from run' -l config -r -F
complete -c mirrorwatch -n '__fish_seen_subcommand_from run' -l log-level -x -a 'debug info warn error'
complete -c mirrorwatch -n '__fish_seen_subcommand_from run' -l lang -x -a 'en zh'
complete -c mirrorwatch -n '__fish_seen_subcommand_from run' -l help
complete -c mirrorwatch -n __fish_use_subcommand -a check -d 'check the configuration and print the request rate of each host'
complete -c mirrorwatch -n '__fish_seen_subcommand_from check' -l config -r -F
complete -c mirrorwatch -n '__fish_seen_subcommand_from check' -l json
complete -c mirrorwatch -n '__fish_seen_subcommand_from check' -l lang -x -a 'en zh'
complete -c mirrorwatch -n '__fish_seen_subcommand_from check' -l help
complete -c mirrorwatch -n __fish_use_subcommand -a probe -d 'probe one mirror once, now, and explain every phase; or run a real client against it'
complete -c mirrorwatch -n '__fish_seen_subcommand_from probe' -l config -r -F
complete -c mirrorwatch -n '__fish_seen_subcommand_from probe' -l ecosystem -x -a 'go npm pypi oci http'
complete -c mirrorwatch -n '__fish_seen_subcommand_from probe' -l step -x -a 'mod info list latest sumdb zip metadata tags signkeys tarball packument index wheelmeta provenance simplehtml file digest manifest v2 blob get marker whole'
complete -c mirrorwatch -n '__fish_seen_subcommand_from probe' -l client -x -a 'go npm pip uv skopeo'
complete -c mirrorwatch -n '__fish_seen_subcommand_from probe' -l json
complete -c mirrorwatch -n '__fish_seen_subcommand_from probe' -l curl
complete -c mirrorwatch -n '__fish_seen_subcommand_from probe' -l http1
complete -c mirrorwatch -n '__fish_seen_subcommand_from probe' -l http2
complete -c mirrorwatch -n '__fish_seen_subcommand_from probe' -l lang -x -a 'en zh'
complete -c mirrorwatch -n '__fish_seen_subcommand_from probe' -l help
complete -c mirrorwatch -n __fish_use_subcommand -a rank -d 'measure all mirrors side by side and print the line to paste'
complete -c mirrorwatch -n '__fish_seen_subcommand_from rank' -l config -r -F
complete -c mirrorwatch -n '__fish_seen_subcommand_from rank' -l ecosystem -x -a 'go npm pypi oci http'
complete -c mirrorwatch -n '__fish_seen_subcommand_from rank' -l upstream -x
complete -c mirrorwatch -n '__fish_seen_subcommand_from rank' -l rounds -x
complete -c mirrorwatch -n '__fish_seen_subcommand_from rank' -l no-download
complete -c mirrorwatch -n '__fish_seen_subcommand_from rank' -l json
complete -c mirrorwatch -n '__fish_seen_subcommand_from rank' -l lang -x -a 'en zh'
complete -c mirrorwatch -n '__fish_seen_subcommand_from rank' -l help
complete -c mirrorwatch -n '__fish_seen_subcommand_from rank; and test (count (commandline -opc)) -eq 2' -a 'go npm pypi oci http'
complete -c mirrorwatch -n __fish_use_subcommand -a advice -d 'what to set right now; exit 1 while advice is pending'
complete -c mirrorwatch -n '__fish_seen_subcommand_from advice' -l url -x
complete -c mirrorwatch -n '__fish_seen_subcommand_from advice' -l token-file -r -F
complete -c mirrorwatch -n '__fish_seen_subcommand_from advice' -l config -r -F
complete -c mirrorwatch -n '__fish_seen_subcommand_from advice' -l json
complete -c mirrorwatch -n '__fish_seen_subcommand_from advice' -l now
complete -c mirrorwatch -n '__fish_seen_subcommand_from advice' -l export
complete -c mirrorwatch -n '__fish_seen_subcommand_from advice' -l apply
complete -c mirrorwatch -n '__fish_seen_subcommand_from advice' -l yes
complete -c mirrorwatch -n '__fish_seen_subcommand_from advice' -l home -x -a '(__fish_complete_directories)'
complete -c mirrorwatch -n '__fish_seen_subcommand_from advice' -l root -x -a '(__fish_complete_directories)'
complete -c mirrorwatch -n '__fish_seen_subcommand_from advice' -l upstream -x
complete -c mirrorwatch -n '__fish_seen_subcommand_from advice' -l fallback -r -F
complete -c mirrorwatch -n '__fish_seen_subcommand_from advice' -l for -x
complete -c mirrorwatch -n '__fish_seen_subcommand_from advice' -l reason -x
complete -c mirrorwatch -n '__fish_seen_subcommand_from advice' -l lang -x -a 'en zh'
complete -c mirrorwatch -n '__fish_seen_subcommand_from advice' -l help
complete -c mirrorwatch -n '__fish_seen_subcommand_from advice; and test (count (commandline -opc)) -eq 2' -a 'go npm pypi oci http accept dismiss'
complete -c mirrorwatch -n __fish_use_subcommand -a actions -d 'list automatic actions on advice, stop them, or undo one'
complete -c mirrorwatch -n '__fish_seen_subcommand_from actions' -l url -x
complete -c mirrorwatch -n '__fish_seen_subcommand_from actions' -l token-file -r -F
complete -c mirrorwatch -n '__fish_seen_subcommand_from actions' -l config -r -F
complete -c mirrorwatch -n '__fish_seen_subcommand_from actions' -l json
complete -c mirrorwatch -n '__fish_seen_subcommand_from actions' -l lang -x -a 'en zh'
complete -c mirrorwatch -n '__fish_seen_subcommand_from actions' -l help
complete -c mirrorwatch -n '__fish_seen_subcommand_from actions; and test (count (commandline -opc)) -eq 2' -a 'stop resume undo'
complete -c mirrorwatch -n __fish_use_subcommand -a doctor -d 'find traps in the settings of this machine and on the network path to mirrors, and repair what can be repaired'
complete -c mirrorwatch -n '__fish_seen_subcommand_from doctor' -l home -x -a '(__fish_complete_directories)'
complete -c mirrorwatch -n '__fish_seen_subcommand_from doctor' -l root -x -a '(__fish_complete_directories)'
complete -c mirrorwatch -n '__fish_seen_subcommand_from doctor' -l config -r -F
complete -c mirrorwatch -n '__fish_seen_subcommand_from doctor' -l json
complete -c mirrorwatch -n '__fish_seen_subcommand_from doctor' -l fix
complete -c mirrorwatch -n '__fish_seen_subcommand_from doctor' -l yes
complete -c mirrorwatch -n '__fish_seen_subcommand_from doctor' -l online
complete -c mirrorwatch -n '__fish_seen_subcommand_from doctor' -l ecosystem -x -a 'go npm pypi oci http'
complete -c mirrorwatch -n '__fish_seen_subcommand_from doctor' -l lang -x -a 'en zh'
complete -c mirrorwatch -n '__fish_seen_subcommand_from doctor' -l help
complete -c mirrorwatch -n __fish_use_subcommand -a explain -d 'what an error of a package client means, and what to run next'
complete -c mirrorwatch -n '__fish_seen_subcommand_from explain' -l json
complete -c mirrorwatch -n '__fish_seen_subcommand_from explain' -l url -x
complete -c mirrorwatch -n '__fish_seen_subcommand_from explain' -l token-file -r -F
complete -c mirrorwatch -n '__fish_seen_subcommand_from explain' -l config -r -F
complete -c mirrorwatch -n '__fish_seen_subcommand_from explain' -l lang -x -a 'en zh'
complete -c mirrorwatch -n '__fish_seen_subcommand_from explain' -l help
complete -c mirrorwatch -n __fish_use_subcommand -a undo -d 'restore what doctor --fix or advice --apply changed'
complete -c mirrorwatch -n '__fish_seen_subcommand_from undo' -l home -x -a '(__fish_complete_directories)'
complete -c mirrorwatch -n '__fish_seen_subcommand_from undo' -l root -x -a '(__fish_complete_directories)'
complete -c mirrorwatch -n '__fish_seen_subcommand_from undo' -l list
complete -c mirrorwatch -n '__fish_seen_subcommand_from undo' -l lang -x -a 'en zh'
complete -c mirrorwatch -n '__fish_seen_subcommand_from undo' -l help
complete -c mirrorwatch -n __fish_use_subcommand -a replay -d 'show what would have been advised under other settings, from the stored history'
complete -c mirrorwatch -n '__fish_seen_subcommand_from replay' -l state -r -F
complete -c mirrorwatch -n '__fish_seen_subcommand_from replay' -l config -r -F
complete -c mirrorwatch -n '__fish_seen_subcommand_from replay' -l since -x
complete -c mirrorwatch -n '__fish_seen_subcommand_from replay' -l until -x
complete -c mirrorwatch -n '__fish_seen_subcommand_from replay' -l set -x
complete -c mirrorwatch -n '__fish_seen_subcommand_from replay' -l json
complete -c mirrorwatch -n '__fish_seen_subcommand_from replay' -l lang -x -a 'en zh'
complete -c mirrorwatch -n '__fish_seen_subcommand_from replay' -l help
complete -c mirrorwatch -n __fish_use_subcommand -a ack -d 'acknowledge a finding, with the reason'
complete -c mirrorwatch -n '__fish_seen_subcommand_from ack' -l url -x
complete -c mirrorwatch -n '__fish_seen_subcommand_from ack' -l token-file -r -F
complete -c mirrorwatch -n '__fish_seen_subcommand_from ack' -l config -r -F
complete -c mirrorwatch -n '__fish_seen_subcommand_from ack' -l reason -x
complete -c mirrorwatch -n '__fish_seen_subcommand_from ack' -l lang -x -a 'en zh'
complete -c mirrorwatch -n '__fish_seen_subcommand_from ack' -l help
complete -c mirrorwatch -n __fish_use_subcommand -a webhook -d 'send a test message to one configured receiver, or preview its cards'
complete -c mirrorwatch -n '__fish_seen_subcommand_from webhook' -l config -r -F
complete -c mirrorwatch -n '__fish_seen_subcommand_from webhook' -l html
complete -c mirrorwatch -n '__fish_seen_subcommand_from webhook' -l json
complete -c mirrorwatch -n '__fish_seen_subcommand_from webhook' -l lang -x -a 'en zh'
complete -c mirrorwatch -n '__fish_seen_subcommand_from webhook' -l help
complete -c mirrorwatch -n '__fish_seen_subcommand_from webhook; and test (count (commandline -opc)) -eq 2' -a 'test preview'
complete -c mirrorwatch -n __fish_use_subcommand -a pause -d 'pause one mirror for a while, or resume it'
complete -c mirrorwatch -n '__fish_seen_subcommand_from pause' -l url -x
complete -c mirrorwatch -n '__fish_seen_subcommand_from pause' -l token-file -r -F
complete -c mirrorwatch -n '__fish_seen_subcommand_from pause' -l config -r -F
complete -c mirrorwatch -n '__fish_seen_subcommand_from pause' -l for -x
complete -c mirrorwatch -n '__fish_seen_subcommand_from pause' -l reason -x
complete -c mirrorwatch -n '__fish_seen_subcommand_from pause' -l lang -x -a 'en zh'
complete -c mirrorwatch -n '__fish_seen_subcommand_from pause' -l help
complete -c mirrorwatch -n __fish_use_subcommand -a health -d 'check the health of a running daemon (for containers)'
complete -c mirrorwatch -n '__fish_seen_subcommand_from health' -l url -x
complete -c mirrorwatch -n '__fish_seen_subcommand_from health' -l token-file -r -F
complete -c mirrorwatch -n '__fish_seen_subcommand_from health' -l config -r -F
complete -c mirrorwatch -n '__fish_seen_subcommand_from health' -l ready
complete -c mirrorwatch -n '__fish_seen_subcommand_from health' -l lang -x -a 'en zh'
complete -c mirrorwatch -n '__fish_seen_subcommand_from health' -l help
complete -c mirrorwatch -n __fish_use_subcommand -a door -d 'redirect package clients to the mirror in force; SIGHUP reads the configuration again'
complete -c mirrorwatch -n '__fish_seen_subcommand_from door' -l config -r -F
complete -c mirrorwatch -n '__fish_seen_subcommand_from door' -l relay
complete -c mirrorwatch -n '__fish_seen_subcommand_from door' -l lines
complete -c mirrorwatch -n '__fish_seen_subcommand_from door' -l print -x -a 'nginx caddy haproxy'
complete -c mirrorwatch -n '__fish_seen_subcommand_from door' -l out -x -a '(__fish_complete_directories)'
complete -c mirrorwatch -n '__fish_seen_subcommand_from door' -l order
complete -c mirrorwatch -n '__fish_seen_subcommand_from door' -l log-level -x -a 'debug info warn error'
complete -c mirrorwatch -n '__fish_seen_subcommand_from door' -l lang -x -a 'en zh'
complete -c mirrorwatch -n '__fish_seen_subcommand_from door' -l help
complete -c mirrorwatch -n __fish_use_subcommand -a fleet -d 'show mirrors side by side from all places, by what a Prometheus-compatible store has'
complete -c mirrorwatch -n '__fish_seen_subcommand_from fleet' -l store -x
complete -c mirrorwatch -n '__fish_seen_subcommand_from fleet' -l store-token-file -r -F
complete -c mirrorwatch -n '__fish_seen_subcommand_from fleet' -l headers -r -F
complete -c mirrorwatch -n '__fish_seen_subcommand_from fleet' -l ca -r -F
complete -c mirrorwatch -n '__fish_seen_subcommand_from fleet' -l cert -r -F
complete -c mirrorwatch -n '__fish_seen_subcommand_from fleet' -l key -r -F
complete -c mirrorwatch -n '__fish_seen_subcommand_from fleet' -l timeout -x
complete -c mirrorwatch -n '__fish_seen_subcommand_from fleet' -l needed -x
complete -c mirrorwatch -n '__fish_seen_subcommand_from fleet' -l link -x
complete -c mirrorwatch -n '__fish_seen_subcommand_from fleet' -l watch
complete -c mirrorwatch -n '__fish_seen_subcommand_from fleet' -l json
complete -c mirrorwatch -n '__fish_seen_subcommand_from fleet' -l listen -x
complete -c mirrorwatch -n '__fish_seen_subcommand_from fleet' -l token-file -r -F
complete -c mirrorwatch -n '__fish_seen_subcommand_from fleet' -l tls-cert -r -F
complete -c mirrorwatch -n '__fish_seen_subcommand_from fleet' -l tls-key -r -F
complete -c mirrorwatch -n '__fish_seen_subcommand_from fleet' -l lang -x -a 'en zh'
complete -c mirrorwatch -n '__fish_seen_subcommand_from fleet' -l help
complete -c mirrorwatch -n __fish_use_subcommand -a rules -d 'print rules for Prometheus with your numbers'
complete -c mirrorwatch -n '__fish_seen_subcommand_from rules' -l slo -x
complete -c mirrorwatch -n '__fish_seen_subcommand_from rules' -l vantages -x
complete -c mirrorwatch -n '__fish_seen_subcommand_from rules' -l runbook -x
complete -c mirrorwatch -n '__fish_seen_subcommand_from rules' -l lang -x -a 'en zh'
complete -c mirrorwatch -n '__fish_seen_subcommand_from rules' -l help
complete -c mirrorwatch -n __fish_use_subcommand -a demo -d 'inject a fault into local mirrors and show the finding, the advice and the webhook that follow'
complete -c mirrorwatch -n '__fish_seen_subcommand_from demo' -l ecosystem -x -a 'go npm pypi oci http all'
complete -c mirrorwatch -n '__fish_seen_subcommand_from demo' -l once
complete -c mirrorwatch -n '__fish_seen_subcommand_from demo' -l door
complete -c mirrorwatch -n '__fish_seen_subcommand_from demo' -l lang -x -a 'en zh'
complete -c mirrorwatch -n '__fish_seen_subcommand_from demo' -l help
complete -c mirrorwatch -n __fish_use_subcommand -a completion -d 'print what your shell needs to complete these words'
complete -c mirrorwatch -n '__fish_seen_subcommand_from completion' -l lang -x -a 'en zh'
complete -c mirrorwatch -n '__fish_seen_subcommand_from completion' -l help
complete -c mirrorwatch -n '__fish_seen_subcommand_from completion; and test (count (commandline -opc)) -eq 2' -a 'bash zsh fish'
complete -c mirrorwatch -n __fish_use_subcommand -l help -d help
complete -c mirrorwatch -n __fish_use_subcommand -l version -d version
