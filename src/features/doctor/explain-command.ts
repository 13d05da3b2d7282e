import { printable } from '../../core/printable.ts';
import type { Command, Context, ExitCode } from '../../terminal/context.ts';
import { jsonText } from '../../terminal/terminal.ts';
import { optionsOf, UsageError, words } from '../../terminal/usage.ts';
import { english } from '../../words/words.ts';
import type { Explained } from './explain.ts';

const options = optionsOf('boolean', 'json');
const wordsMax = 1_000;

/** `mirrorwatch explain`: explains errors of package clients and what to run next. */
export const explainCommand: Command = {
  name: 'explain',
  usage: 'mirrorwatch explain [--json] "ERROR"|-',
  options,
  async run(context: Context): Promise<ExitCode> {
    const { terminal, say } = context;
    const { values, positionals } = words(context.argv, options, wordsMax);
    if (positionals.length === 0) throw new UsageError('wrong.explain');
    const isInput = positionals.length === 1 && positionals[0] === '-';
    const text = isInput ? await terminal.input() : positionals.join(' ');
    const { explain } = await import('./explain.ts');
    const known = explain(text, values.json ? english : say);
    if (values.json) terminal.out(jsonText({ known: known.length > 0, errors: known }));
    else for (const line of known.flatMap((one) => explained(one, context))) terminal.out(line);
    if (known.length > 0) return 0;
    if (!values.json) terminal.err(say('explain.unknown'));
    return 1;
  },
};

function explained(error: Explained, { terminal, say }: Context): readonly string[] {
  const { reason, layer, line, means, next } = error;
  const [first = '', ...more] = error.run;
  const of = layer === null ? '' : `  ${terminal.paint('dim', layer)}`;
  return [
    `${terminal.paint('bold', reason)}${of}`,
    `  ${line}`,
    say('explain.means', { means }),
    say('explain.next', { next }),
    terminal.paint('green', say('explain.run', { command: printable(first) })),
    ...more.map((command) => terminal.paint('green', say('explain.more', { command }))),
    '',
  ];
}
