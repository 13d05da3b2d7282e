import type { OptionRow, UsageRow } from '../usage-table.ts';

/** Words for fish: a file `mirrorwatch.fish` among its completions, or to be sourced. */
export function fishCompletion(table: readonly UsageRow[]): string {
  return `# fish completion for mirrorwatch: mirrorwatch completion fish | source
complete -c mirrorwatch -f
${table.flatMap(commandLines).join('\n')}
complete -c mirrorwatch -n __fish_use_subcommand -l help -d help
complete -c mirrorwatch -n __fish_use_subcommand -l version -d version
`;
}

function commandLines({ name, summary, options, first }: UsageRow): readonly string[] {
  const seen = `-n '__fish_seen_subcommand_from ${name}'`;
  const second = `-n '__fish_seen_subcommand_from ${name}; and test (count (commandline -opc)) -eq 2'`;
  return [
    `complete -c mirrorwatch -n __fish_use_subcommand -a ${name} -d ${quoted(summary)}`,
    ...options.map((option) => `complete -c mirrorwatch ${seen} -l ${option.name}${value(option)}`),
    `complete -c mirrorwatch ${seen} -l help`,
    ...(first.length > 0 ? [`complete -c mirrorwatch ${second} -a '${first.join(' ')}'`] : []),
  ];
}

function value({ value: metavar, takes }: OptionRow): string {
  if (metavar === null) return '';
  if (takes === 'file') return ' -r -F';
  if (takes === 'folder') return " -x -a '(__fish_complete_directories)'";
  return takes === 'anything' ? ' -x' : ` -x -a '${takes.join(' ')}'`;
}

function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
