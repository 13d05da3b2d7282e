import type { Command, Context, ExitCode } from './context.ts';
import { bashCompletion } from './shells/bash.ts';
import { fishCompletion } from './shells/fish.ts';
import { zshCompletion } from './shells/zsh.ts';
import { UsageError, words } from './usage.ts';
import { usageTable } from './usage-table.ts';

/** What each shell is handed. */
export const shells: Readonly<Record<string, (table: ReturnType<typeof usageTable>) => string>> = {
  bash: bashCompletion,
  zsh: zshCompletion,
  fish: fishCompletion,
};

/** `mirrorwatch completion`: what a shell needs to complete the words of the others, and its own. */
export function completionCommand(others: readonly Command[]): Command {
  const self: Command = {
    name: 'completion',
    usage: `mirrorwatch completion ${Object.keys(shells).join('|')}`,
    options: {},
    async run({ argv, terminal }: Context): Promise<ExitCode> {
      const [name = ''] = words(argv, {}, 1).positionals;
      if (!Object.hasOwn(shells, name))
        throw new UsageError('wrong.whichShell', { names: Object.keys(shells).join(', ') });
      terminal.out(shells[name]?.(usageTable([...others, self])).trimEnd() ?? '');
      return 0;
    },
  };
  return self;
}
