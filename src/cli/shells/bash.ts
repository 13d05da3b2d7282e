import type { OptionRow, UsageRow } from '../usage-table.ts';

/** Words for bash: to be evaluated, or put where bash-completion looks. Works with bash 3.2 and without bash-completion. */
export function bashCompletion(table: readonly UsageRow[]): string {
  return `# bash completion for mirrorwatch: eval "$(mirrorwatch completion bash)"
_mirrorwatch() {
  local word="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD-1]}"
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W '${[...table.map(({ name }) => name), '--help', '--version'].join(' ')}' -- "$word"))
    return
  fi
  case "\${COMP_WORDS[1]} $before" in
${table.flatMap(({ name, options }) => options.flatMap((option) => valueCase(name, option))).join('\n')}
  esac
  local words='' first=''
  case "\${COMP_WORDS[1]}" in
${table.map(commandCase).join('\n')}
  esac
  if [ "$COMP_CWORD" -eq 2 ]; then words="$words $first"; fi
  COMPREPLY=($(compgen -W "$words" -- "$word"))
}
complete -o filenames -o bashdefault -F _mirrorwatch mirrorwatch
`;
}

function valueCase(command: string, { name, value, takes }: OptionRow): readonly string[] {
  if (value === null) return [];
  const how =
    takes === 'file' ? '-f' : takes === 'folder' ? '-d' : takes === 'anything' ? '' : `-W '${takes.join(' ')}'`;
  const reply = how === '' ? '' : ` COMPREPLY=($(compgen ${how} -- "$word"));`;
  return [`    '${command} --${name}')${reply} return ;;`];
}

function commandCase({ name, options, first }: UsageRow): string {
  const words = [...options.map((option) => `--${option.name}`), '--help'].join(' ');
  return `    ${name}) words='${words}' first='${first.join(' ')}' ;;`;
}
