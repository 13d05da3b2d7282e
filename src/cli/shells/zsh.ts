import type { OptionRow, UsageRow } from '../usage-table.ts';

/** Words for zsh: a file `_mirrorwatch` on its fpath, or to be evaluated after compinit. */
export function zshCompletion(table: readonly UsageRow[]): string {
  return `#compdef mirrorwatch
# zsh completion for mirrorwatch: eval "$(mirrorwatch completion zsh)"
_mirrorwatch() {
  local curcontext="$curcontext" state line
  _arguments -C '(- *)--help[help]' '(- *)--version[version]' '1: :->command' '*:: :->rest'
  case "$state" in
    command)
      local -a commands=(
${table.map(({ name, summary }) => `        ${quoted(`${name}:${summary}`)}`).join('\n')}
      )
      _describe command commands ;;
    rest)
      case "$line[1]" in
${table.map(commandCase).join('\n')}
      esac ;;
  esac
}
if [ "$funcstack[1]" = _mirrorwatch ]; then _mirrorwatch "$@"; else compdef _mirrorwatch mirrorwatch; fi
`;
}

function commandCase({ name, options, first }: UsageRow): string {
  const operands = first.length > 0 ? [`1: :(${first.join(' ')})`, '*: : '] : ['*: :_files'];
  const rows = [...options.map(optionSpec), '(- *)--help[help]', ...operands];
  return `        ${name}) _arguments ${rows.map(quoted).join(' ')} ;;`;
}

function optionSpec({ name, value, takes }: OptionRow): string {
  if (value === null) return `--${name}`;
  const action =
    takes === 'file'
      ? '_files'
      : takes === 'folder'
        ? '_files -/'
        : takes === 'anything'
          ? ' '
          : `(${takes.join(' ')})`;
  return `*--${name}:${value.replaceAll(':', '')}:${action}`;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
