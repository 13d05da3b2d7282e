# bash completion for mirrorwatch: eval "$(mirrorwatch completion bash)"
_mirrorwatch() {
  local word="${COMP_WORDS[COMP_CWORD]}" before="${COMP_WORDS[COMP_CWORD-1]}"
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W 'init run check probe rank advice actions doctor explain undo replay ack webhook pause health door fleet rules demo completion --help --version' -- "$word"))
    return
  fi
  case "${COMP_WORDS[1]} $before" in
    'init --home') COMPREPLY=($(compgen -d -- "$word")); return ;;
    'init --root') COMPREPLY=($(compgen -d -- "$word")); return ;;
    'init --ecosystem') COMPREPLY=($(compgen -W 'go npm pypi oci http' -- "$word")); return ;;
    'init --vantage') return ;;
    'init --lang') COMPREPLY=($(compgen -W 'en zh' -- "$word")); return ;;
    'run --config') COMPREPLY=($(compgen -f -- "$word")); return ;;
    'run --log-level') COMPREPLY=($(compgen -W 'debug info warn error' -- "$word")); return ;;
    'run --lang') COMPREPLY=($(compgen -W 'en zh' -- "$word")); return ;;
    'check --config') COMPREPLY=($(compgen -f -- "$word")); return ;;
    'check --lang') COMPREPLY=($(compgen -W 'en zh' -- "$word")); return ;;
    'probe --config') COMPREPLY=($(compgen -f -- "$word")); return ;;
    'probe --ecosystem') COMPREPLY=($(compgen -W 'go npm pypi oci http' -- "$word")); return ;;
    'probe --step') COMPREPLY=($(compgen -W 'mod info list latest sumdb zip metadata tags signkeys tarball packument index wheelmeta provenance simplehtml file digest manifest v2 blob get marker whole' -- "$word")); return ;;
    'probe --client') COMPREPLY=($(compgen -W 'go npm pip uv skopeo' -- "$word")); return ;;
    'probe --lang') COMPREPLY=($(compgen -W 'en zh' -- "$word")); return ;;
    'rank --config') COMPREPLY=($(compgen -f -- "$word")); return ;;
    'rank --ecosystem') COMPREPLY=($(compgen -W 'go npm pypi oci http' -- "$word")); return ;;
    'rank --upstream') return ;;
    'rank --rounds') return ;;
    'rank --lang') COMPREPLY=($(compgen -W 'en zh' -- "$word")); return ;;
    'advice --url') return ;;
    'advice --token-file') COMPREPLY=($(compgen -f -- "$word")); return ;;
    'advice --config') COMPREPLY=($(compgen -f -- "$word")); return ;;
    'advice --home') COMPREPLY=($(compgen -d -- "$word")); return ;;
    'advice --root') COMPREPLY=($(compgen -d -- "$word")); return ;;
    'advice --upstream') return ;;
    'advice --fallback') COMPREPLY=($(compgen -f -- "$word")); return ;;
    'advice --for') return ;;
    'advice --reason') return ;;
    'advice --lang') COMPREPLY=($(compgen -W 'en zh' -- "$word")); return ;;
    'actions --url') return ;;
    'actions --token-file') COMPREPLY=($(compgen -f -- "$word")); return ;;
    'actions --config') COMPREPLY=($(compgen -f -- "$word")); return ;;
    'actions --lang') COMPREPLY=($(compgen -W 'en zh' -- "$word")); return ;;
    'doctor --home') COMPREPLY=($(compgen -d -- "$word")); return ;;
    'doctor --root') COMPREPLY=($(compgen -d -- "$word")); return ;;
    'doctor --config') COMPREPLY=($(compgen -f -- "$word")); return ;;
    'doctor --ecosystem') COMPREPLY=($(compgen -W 'go npm pypi oci http' -- "$word")); return ;;
    'doctor --lang') COMPREPLY=($(compgen -W 'en zh' -- "$word")); return ;;
    'explain --url') return ;;
    'explain --token-file') COMPREPLY=($(compgen -f -- "$word")); return ;;
    'explain --config') COMPREPLY=($(compgen -f -- "$word")); return ;;
    'explain --lang') COMPREPLY=($(compgen -W 'en zh' -- "$word")); return ;;
    'undo --home') COMPREPLY=($(compgen -d -- "$word")); return ;;
    'undo --root') COMPREPLY=($(compgen -d -- "$word")); return ;;
    'undo --lang') COMPREPLY=($(compgen -W 'en zh' -- "$word")); return ;;
    'replay --state') COMPREPLY=($(compgen -f -- "$word")); return ;;
    'replay --config') COMPREPLY=($(compgen -f -- "$word")); return ;;
    'replay --since') return ;;
    'replay --until') return ;;
    'replay --set') return ;;
    'replay --lang') COMPREPLY=($(compgen -W 'en zh' -- "$word")); return ;;
    'ack --url') return ;;
    'ack --token-file') COMPREPLY=($(compgen -f -- "$word")); return ;;
    'ack --config') COMPREPLY=($(compgen -f -- "$word")); return ;;
    'ack --reason') return ;;
    'ack --lang') COMPREPLY=($(compgen -W 'en zh' -- "$word")); return ;;
    'webhook --config') COMPREPLY=($(compgen -f -- "$word")); return ;;
    'webhook --lang') COMPREPLY=($(compgen -W 'en zh' -- "$word")); return ;;
    'pause --url') return ;;
    'pause --token-file') COMPREPLY=($(compgen -f -- "$word")); return ;;
    'pause --config') COMPREPLY=($(compgen -f -- "$word")); return ;;
    'pause --for') return ;;
    'pause --reason') return ;;
    'pause --lang') COMPREPLY=($(compgen -W 'en zh' -- "$word")); return ;;
    'health --url') return ;;
    'health --token-file') COMPREPLY=($(compgen -f -- "$word")); return ;;
    'health --config') COMPREPLY=($(compgen -f -- "$word")); return ;;
    'health --lang') COMPREPLY=($(compgen -W 'en zh' -- "$word")); return ;;
    'door --config') COMPREPLY=($(compgen -f -- "$word")); return ;;
    'door --print') COMPREPLY=($(compgen -W 'nginx caddy haproxy' -- "$word")); return ;;
    'door --out') COMPREPLY=($(compgen -d -- "$word")); return ;;
    'door --log-level') COMPREPLY=($(compgen -W 'debug info warn error' -- "$word")); return ;;
    'door --lang') COMPREPLY=($(compgen -W 'en zh' -- "$word")); return ;;
    'fleet --store') return ;;
    'fleet --store-token-file') COMPREPLY=($(compgen -f -- "$word")); return ;;
    'fleet --headers') COMPREPLY=($(compgen -f -- "$word")); return ;;
    'fleet --ca') COMPREPLY=($(compgen -f -- "$word")); return ;;
    'fleet --cert') COMPREPLY=($(compgen -f -- "$word")); return ;;
    'fleet --key') COMPREPLY=($(compgen -f -- "$word")); return ;;
    'fleet --timeout') return ;;
    'fleet --needed') return ;;
    'fleet --link') return ;;
    'fleet --listen') return ;;
    'fleet --token-file') COMPREPLY=($(compgen -f -- "$word")); return ;;
    'fleet --tls-cert') COMPREPLY=($(compgen -f -- "$word")); return ;;
    'fleet --tls-key') COMPREPLY=($(compgen -f -- "$word")); return ;;
    'fleet --lang') COMPREPLY=($(compgen -W 'en zh' -- "$word")); return ;;
    'rules --slo') return ;;
    'rules --vantages') return ;;
    'rules --runbook') return ;;
    'rules --lang') COMPREPLY=($(compgen -W 'en zh' -- "$word")); return ;;
    'demo --ecosystem') COMPREPLY=($(compgen -W 'go npm pypi oci http all' -- "$word")); return ;;
    'demo --lang') COMPREPLY=($(compgen -W 'en zh' -- "$word")); return ;;
    'completion --lang') COMPREPLY=($(compgen -W 'en zh' -- "$word")); return ;;
  esac
  local words='' first=''
  case "${COMP_WORDS[1]}" in
    init) words='--home --root --yes --ecosystem --vantage --door --lang --help' first='' ;;
    run) words='--config --log-level --lang --help' first='' ;;
    check) words='--config --json --lang --help' first='' ;;
    probe) words='--config --ecosystem --step --client --json --curl --http1 --http2 --lang --help' first='' ;;
    rank) words='--config --ecosystem --upstream --rounds --no-download --json --lang --help' first='go npm pypi oci http' ;;
    advice) words='--url --token-file --config --json --now --export --apply --yes --home --root --upstream --fallback --for --reason --lang --help' first='go npm pypi oci http accept dismiss' ;;
    actions) words='--url --token-file --config --json --lang --help' first='stop resume undo' ;;
    doctor) words='--home --root --config --json --fix --yes --online --ecosystem --lang --help' first='' ;;
    explain) words='--json --url --token-file --config --lang --help' first='' ;;
    undo) words='--home --root --list --lang --help' first='' ;;
    replay) words='--state --config --since --until --set --json --lang --help' first='' ;;
    ack) words='--url --token-file --config --reason --lang --help' first='' ;;
    webhook) words='--config --html --json --lang --help' first='test preview' ;;
    pause) words='--url --token-file --config --for --reason --lang --help' first='' ;;
    health) words='--url --token-file --config --ready --lang --help' first='' ;;
    door) words='--config --relay --lines --print --out --order --log-level --lang --help' first='' ;;
    fleet) words='--store --store-token-file --headers --ca --cert --key --timeout --needed --link --watch --json --listen --token-file --tls-cert --tls-key --lang --help' first='' ;;
    rules) words='--slo --vantages --runbook --lang --help' first='' ;;
    demo) words='--ecosystem --once --door --lang --help' first='' ;;
    completion) words='--lang --help' first='bash zsh fish' ;;
  esac
  if [ "$COMP_CWORD" -eq 2 ]; then words="$words $first"; fi
  COMPREPLY=($(compgen -W "$words" -- "$word"))
}
complete -o filenames -o bashdefault -F _mirrorwatch mirrorwatch
