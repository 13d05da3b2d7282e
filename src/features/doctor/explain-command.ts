import { printable } from '../../core/printable.ts';
import type { Command, Context, ExitCode } from '../../terminal/context.ts';
import { jsonText } from '../../terminal/terminal.ts';
import { optionsOf, UsageError, words } from '../../terminal/usage.ts';
import { english } from '../../words/words.ts';
import type { Explained, ObservedFailure } from './explain.ts';

const options = { ...optionsOf('boolean', 'json'), ...optionsOf('string', 'url', 'token-file', 'config') };
const wordsMax = 1_000;

/**
 * Lists the failures that the daemon observes at mirrors. The list is empty if no daemon responds and no flag is given.
 */
type ListObserved = (
  context: Context,
  flags: { readonly url?: string; readonly 'token-file'?: string; readonly config?: string },
) => Promise<readonly ObservedFailure[]>;

/** `mirrorwatch explain`: explains error messages of package clients, and lists commands to run next. */
export const createExplainCommand = (listObserved: ListObserved): Command => ({
  name: 'explain',
  usage: 'mirrorwatch explain [--json] [--url URL] [--token-file FILE] [--config FILE] "ERROR"|-',
  options,
  async run(context: Context): Promise<ExitCode> {
    const { terminal, say } = context;
    const { values, positionals } = words(context.argv, options, wordsMax);
    if (positionals.length === 0) throw new UsageError('wrong.explain');
    const isInput = positionals.length === 1 && positionals[0] === '-';
    const text = isInput ? await terminal.input() : positionals.join(' ');
    const { explainText: explain, findKnownErrors, knownClients } = await import('./explain.ts');
    const { json, ...flags } = values;
    const isDaemonNeeded = findKnownErrors(text).some(({ reason }) => reason === null) || Object.keys(flags).length > 0;
    const known = explain(text, json ? english : say, isDaemonNeeded ? await listObserved(context, flags) : []);
    if (json) terminal.out(jsonText({ known: known.length > 0, errors: known }));
    else for (const line of known.flatMap((one) => explained(one, context))) terminal.out(line);
    if (known.length > 0) return 0;
    if (!json) terminal.err(say('explain.unknown', { clients: knownClients.join(', ') }));
    return 1;
  },
});

function explained(error: Explained, { terminal, say }: Context): readonly string[] {
  const { reason, candidates, observed, layer, line, means, next } = error;
  const [first = '', ...more] = error.run;
  const of = layer === null ? '' : `  ${terminal.paint('dim', layer)}`;
  return [
    `${terminal.paint('bold', reason ?? say('explain.unclear'))}${of}`,
    `  ${line}`,
    say('explain.means', { means }),
    ...candidates.map((one) => say('explain.candidate', one)),
    ...observed.map(({ registry, cause, since }) => printable(say('explain.observed', { registry, cause, since }))),
    say('explain.next', { next }),
    terminal.paint('green', say('explain.run', { command: printable(first) })),
    ...more.map((command) => terminal.paint('green', say('explain.more', { command }))),
    '',
  ];
}
