import { printable } from '../core/printable.ts';
import type { FindingView } from '../core/views.ts';
import type { Explained, ObservedFailure } from '../features/doctor/explain.ts';
import type { Command, Context, ExitCode } from '../terminal/context.ts';
import { jsonText } from '../terminal/terminal.ts';
import { optionsOf, UsageError, words } from '../terminal/usage.ts';
import { english } from '../words/words.ts';
import type { DaemonFlags } from './daemon-client.ts';

const options = { ...optionsOf('boolean', 'json'), ...optionsOf('string', 'url', 'token-file', 'config') };
const wordsMax = 1_000;
/** How long the daemon may take to respond. */
const limitMs = 2_000;

/** `mirrorwatch explain`: explains error messages of package clients, and lists commands to run next. */
export const explainCommand: Command = {
  name: 'explain',
  usage: 'mirrorwatch explain [--json] [--url URL] [--token-file FILE] [--config FILE] "ERROR"|-',
  options,
  async run(context: Context): Promise<ExitCode> {
    const { terminal, say } = context;
    const { values, positionals } = words(context.argv, options, wordsMax);
    if (positionals.length === 0) throw new UsageError('wrong.explain');
    const isInput = positionals.length === 1 && positionals[0] === '-';
    const text = isInput ? await terminal.input() : positionals.join(' ');
    const { explainText: explain, findKnownErrors, knownClients } = await import('../features/doctor/explain.ts');
    const { json, ...flags } = values;
    const isDaemonNeeded = findKnownErrors(text).some(({ reason }) => reason === null) || Object.keys(flags).length > 0;
    const known = explain(text, json ? english : say, isDaemonNeeded ? await listObserved(context, flags) : []);
    if (json) terminal.out(jsonText({ known: known.length > 0, errors: known }));
    else for (const line of known.flatMap((one) => explained(one, context))) terminal.out(line);
    if (known.length > 0) return 0;
    if (!json) terminal.err(say('explain.unknown', { clients: knownClients.join(', ') }));
    return 1;
  },
};

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

interface OpenFinding {
  readonly mirrors?: readonly { readonly registry: string; readonly ecosystem: string; readonly url: string }[];
  readonly findings?: readonly Pick<FindingView, 'registry' | 'cause' | 'openedAt'>[];
}

/**
 * Lists the daemon's open findings about mirrors. If the daemon gives no usable response, the list is empty, unless
 * `--url`, `--token-file` or `--config` is given.
 * @throws Failed or UsageError if one of these options is given and the daemon gives no usable response
 */
async function listObserved(context: Context, flags: DaemonFlags): Promise<readonly ObservedFailure[]> {
  const isNamed = Object.values(flags).some((flag) => flag !== undefined);
  const terminal = isNamed ? context.terminal : { ...context.terminal, err: () => undefined };
  // The client of the daemon takes as long to load as all the rest.
  const { daemonAt } = await import('./daemon-client.ts');
  try {
    const daemon = await daemonAt({ ...context, terminal }, flags, limitMs);
    const read = async (name: string) => ((await daemon.get(`/api/v1/${name}`)).json() ?? {}) as OpenFinding;
    const [{ mirrors = [] }, { findings = [] }] = await Promise.all([read('mirrors'), read('findings')]);
    return findings.flatMap(({ registry, cause, openedAt }) => {
      const mirror = mirrors.find((one) => one.registry === registry);
      return mirror === undefined ? [] : [{ ...mirror, cause, since: openedAt }];
    });
  } catch (error) {
    if (isNamed) throw error;
    return [];
  }
}
