import { kinds } from '../config/kinds.ts';
import { escapeWord } from '../core/command-line.ts';
import type { Command, Context, ExitCode } from '../terminal/context.ts';
import { UsageError, words } from '../terminal/usage.ts';
import { english, languages } from '../words/words.ts';

export const shells: Readonly<Record<string, (table: ReturnType<typeof listUsage>) => string>> = {
  bash: bashCompletion,
  zsh: zshCompletion,
  fish: fishCompletion,
};

export function createCompletionCommand(others: readonly Command[]): Command {
  const self: Command = {
    name: 'completion',
    usage: `mirrorwatch completion ${Object.keys(shells).join('|')}`,
    options: {},
    async run({ argv, terminal }: Context): Promise<ExitCode> {
      const [name = ''] = words(argv, {}, 1).positionals;
      if (!Object.hasOwn(shells, name))
        throw new UsageError('wrong.whichShell', { names: Object.keys(shells).join(', ') });
      terminal.out(shells[name]?.(listUsage([...others, self])).trimEnd() ?? '');
      return 0;
    },
  };
  return self;
}

/**
 * Renders the completion script for bash, for `eval` or as a file of bash-completion. It works with bash 3.2 and
 * without bash-completion.
 */
function bashCompletion(table: readonly UsageRow[]): string {
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
  local all='' first=''
  case "\${COMP_WORDS[1]}" in
${table.map(bashCase).join('\n')}
  esac
  if [ "$COMP_CWORD" -eq 2 ]; then all="$all $first"; fi
  COMPREPLY=($(compgen -W "$all" -- "$word"))
}
complete -o filenames -o bashdefault -o default -F _mirrorwatch mirrorwatch
`;
}

function valueCase(command: string, { name, value, takes }: OptionRow): readonly string[] {
  if (value === null) return [];
  const how = typeof takes === 'string' ? { file: '-f', folder: '-d', anything: '' }[takes] : `-W '${takes.join(' ')}'`;
  const reply = how === '' ? '' : ` COMPREPLY=($(compgen ${how} -- "$word"));`;
  return [`    '${command} --${name}')${reply} return ;;`];
}

function bashCase({ name, options, first }: UsageRow): string {
  const words = [...options.map((option) => `--${option.name}`), '--help'].join(' ');
  return `    ${name}) all='${words}' first='${first.join(' ')}' ;;`;
}

/** Renders the completion script for fish, as a file `mirrorwatch.fish` or for `source`. */
function fishCompletion(table: readonly UsageRow[]): string {
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
    `complete -c mirrorwatch -n __fish_use_subcommand -a ${name} -d ${escapeWord(summary)}`,
    ...options.map((option) => `complete -c mirrorwatch ${seen} -l ${option.name}${value(option)}`),
    `complete -c mirrorwatch ${seen} -l help`,
    ...(first.length > 0 ? [`complete -c mirrorwatch ${second} -a '${first.join(' ')}'`] : []),
  ];
}

function value({ value: metavar, takes }: OptionRow): string {
  if (metavar === null) return '';
  const values = { file: ' -r -F', folder: " -x -a '(__fish_complete_directories)'", anything: ' -x' };
  return typeof takes === 'string' ? values[takes] : ` -x -a '${takes.join(' ')}'`;
}

/**
 * Renders the completion script for zsh, as a file `_mirrorwatch` on the fpath or for `eval` after compinit. It is the
 * script for bash, run by zsh's own bashcompinit.
 */
function zshCompletion(table: readonly UsageRow[]): string {
  return `#compdef mirrorwatch
# zsh completion for mirrorwatch: eval "$(mirrorwatch completion zsh)"
autoload -U +X bashcompinit && bashcompinit
${bashCompletion(table)}if [ "$funcstack[1]" = _mirrorwatch ]; then _bash_complete -o filenames -o default -F _mirrorwatch; fi
`;
}

type Takes = readonly string[] | 'file' | 'folder' | 'anything';

interface OptionRow {
  readonly name: string;
  /** The placeholder of the option's value in the usage text (`FILE`); `null`: the option has no value. */
  readonly value: string | null;
  readonly takes: Takes;
}

interface UsageRow {
  readonly name: string;
  readonly summary: string;
  readonly options: readonly OptionRow[];
  /** What the shell suggests for the command's first argument. */
  readonly first: readonly string[];
}

const ofAll: readonly OptionRow[] = [{ name: 'lang', value: 'en|zh', takes: Object.keys(languages) }];

export function listUsage(commands: readonly Command[]): readonly UsageRow[] {
  return commands.map(({ name, usage, options }) => {
    const valued = new Map(
      Object.keys(options).map((option) => [
        option,
        options[option]?.type === 'string' ? valueIn(usage, option) : null,
      ]),
    );
    return {
      name,
      summary: english(`help.${name}.summary`),
      options: [...valued]
        .map(([option, value]) => ({ name: option, value, takes: takes(option, value) }))
        .concat(ofAll),
      first: firstWords(usage, valued),
    };
  });
}

/**
 * Returns the placeholder of an option's value: `FILE` for `[--config FILE]`.
 * @throws Error if the usage text has none
 */
function valueIn(usage: string, option: string): string {
  const words = usage.split(/[\s[\]]+/);
  const found = words[words.indexOf(`--${option}`) + 1];
  if (!words.includes(`--${option}`) || found === undefined) throw new Error(`the usage of --${option} names no value`);
  return found;
}

function takes(option: string, value: string | null): Takes {
  const ids = kinds.map(({ id }) => id);
  const words = (value ?? '').split('|').filter((word) => /^[a-z]+$/.test(word));
  if (option === 'ecosystem') return [...ids, ...words];
  if (option === 'step') return [...new Set(kinds.flatMap(({ steps }) => steps.map(({ step }) => step)))];
  if (words.length > 1) return words;
  return value === 'FILE' ? 'file' : value === 'DIR' ? 'folder' : 'anything';
}

function firstWords(usage: string, valued: ReadonlyMap<string, string | null>): readonly string[] {
  const found = new Set<string>();
  for (const line of usage.split('\n')) {
    const words = line
      .replaceAll(/[[\]…]/g, '')
      .trim()
      .split(/\s+/)
      .filter((_, at, all) => (valued.get(/^--(.+)/.exec(all[at - 1] ?? '')?.[1] ?? '') ?? null) === null)
      .flatMap((word) => word.split('|'))
      .slice(2);
    for (const word of words) if (/^[a-z]+$/.test(word)) found.add(word);
    if (words.includes('ECOSYSTEM') || line.includes('--ecosystem] WORD')) for (const { id } of kinds) found.add(id);
  }
  return [...found];
}
