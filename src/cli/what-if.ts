import { bareChain } from '../core/bare-chain.ts';
import { printable } from '../core/printable.ts';
import {
  type ChainOutlook,
  notesOf,
  type WhatIf,
  type WhatIfAgainst,
  type WhatIfMember,
  whatIfProblems,
} from '../core/what-if.ts';
import type { Say } from '../words/say.ts';
import { sayTold } from '../words/told.ts';
import { escaped } from './advice.ts';
import type { Command, Context, ExitCode } from './context.ts';
import { daemonAt, daemonOptions, problemText } from './daemon-client.ts';
import { duration, table } from './terminal.ts';
import { UsageError, words } from './usage.ts';

const options = {
  ...daemonOptions,
  json: { type: 'boolean' },
  ecosystem: { type: 'string' },
  upstream: { type: 'string' },
  client: { type: 'string' },
} as const;

/** `mirrorwatch what-if CHAIN`: what another chain would do, by what a running daemon has measured. */
export const whatIfCommand: Command = {
  name: 'what-if',
  usage:
    "mirrorwatch what-if 'CHAIN' [--ecosystem WORD] [--upstream NAME] [--client WORD] [--json]\n       [--url URL] [--token-file FILE] [--config FILE]",
  options,
  async run(context: Context): Promise<ExitCode> {
    const { values, positionals } = words(context.argv, options, 1);
    const [chain] = positionals;
    if (chain === undefined) throw new UsageError('whatif.which');
    const { ecosystem, upstream, client } = values;
    const given = Object.entries({ chain: bareChain(chain), ecosystem, upstream, client });
    const query = new URLSearchParams(
      given.flatMap(([name, text]) => (text === undefined ? [] : [[name, text] as [string, string]])),
    );
    const daemon = await daemonAt(context, values);
    const answer = await daemon.get(`/api/v1/what-if?${query}`);
    if (answer.tag === 'unreachable' || answer.status !== 200) {
      const said =
        answer.tag === 'ok'
          ? (chainProblem(answer.json, context.say) ?? problemText(answer, context.say))
          : answer.text;
      context.terminal.err(printable(said));
      return answer.tag === 'ok' && answer.status === 400 ? 2 : 1;
    }
    const result = whatIfIn(answer.json);
    if (result === null) {
      context.terminal.err(context.say('advised.foreign', { url: daemon.url }));
      return 1;
    }
    if (values.json) context.terminal.out(escaped(JSON.stringify(result, null, 2)));
    else for (const line of shown(context, result)) context.terminal.out(printable(line));
    return 0;
  },
};

/** Why the chain cannot be walked, in the language of the call; `null`: it is another problem. */
function chainProblem(json: () => unknown, say: Say): string | null {
  try {
    const { reason, at, expected } = json() as Readonly<Record<string, unknown>>;
    const kind = whatIfProblems.find((one) => one === reason);
    if (kind === undefined) return null;
    const values = { at: typeof at === 'number' ? at + 1 : 1, expected: sayTold(String(expected), say) };
    return say('daemon.problem', { text: say(`whatif.problem.${kind}`, values) });
  } catch {
    return null;
  }
}

function whatIfIn(json: () => unknown): WhatIf | null {
  try {
    const result = json() as Partial<WhatIf>;
    return Array.isArray(result.edited?.members) ? (result as WhatIf) : null;
  } catch {
    return null;
  }
}

function shown(context: Context, result: WhatIf): readonly string[] {
  const { say } = context;
  const { edited, inUse, advised, ecosystem, upstream, client } = result;
  const columns = [
    { name: say('whatif.edited'), outlook: edited },
    ...(inUse === null ? [] : [{ name: say('whatif.inUse'), outlook: inUse.outlook }]),
    ...(advised === null ? [] : [{ name: say('whatif.advised'), outlook: advised.outlook }]),
  ];
  const head = [
    say('whatif.fieldOf', { client, group: `${ecosystem}/${upstream}` }),
    ...columns.map(({ name }) => name),
  ];
  const rows = rowsOf(say).map(([name, cell]) => [name, ...columns.map(({ outlook }) => cell(outlook))]);
  return [
    ...table(head, rows, new Set(columns.map((_, at) => at + 1))),
    '',
    ...(inUse === null ? [] : [beside(inUse, say('whatif.inUse'), say)]),
    advised === null ? say('whatif.same') : beside(advised, say('whatif.advised'), say),
    '',
    ...edited.members.map((one) => `  ${memberText(one, say)}`),
    '',
    ...notesOf(result).map(({ kind, ...values }) => say(`whatif.note.${kind}`, values)),
    say('whatif.model', { cost: costText(result.failureCostSeconds, say) }),
  ];
}

function rowsOf(say: Say): readonly (readonly [name: string, cell: (one: ChainOutlook) => string])[] {
  const missing = say('whatif.notMeasured');
  const between = (low: string, high: string): string => (low === high ? low : say('whatif.between', { low, high }));
  const costs = (of: { readonly costSeconds: number; readonly costSecondsMost: number } | null): string =>
    of === null ? missing : between(seconds(of.costSeconds), seconds(of.costSecondsMost));
  return [
    [
      say('whatif.available'),
      ({ availability: found }) =>
        found === null ? missing : between(percent(say, found.atLeast), percent(say, found.atMost)),
    ],
    [
      `  ${say('whatif.chanceOf')}`,
      ({ availability: found }) => (found === null ? '' : between(percent(say, found.low), percent(say, found.high))),
    ],
    [say('whatif.fetch'), ({ fetch }) => (fetch === null ? missing : seconds(fetch.seconds))],
    [
      `  ${say('whatif.chanceOf')}`,
      ({ fetch }) =>
        fetch?.low == null || fetch.high === null ? '' : between(seconds(fetch.low), seconds(fetch.high)),
    ],
    [say('whatif.fetchCost'), ({ fetch }) => costs(fetch)],
    [say('whatif.build'), ({ build }) => (build === null ? missing : seconds(build.seconds))],
    [
      say('whatif.buildFails'),
      ({ build }) =>
        build === null ? missing : between(percent(say, build.failedShare), percent(say, build.failedShareMost)),
    ],
    [say('whatif.buildCost'), ({ build }) => costs(build)],
    [
      say('whatif.downloads'),
      ({ downloads: { moments: count, failed, unmeasured } }) => {
        if (count === 0) return missing;
        return say(unmeasured > 0 ? 'whatif.downloadsOpen' : 'whatif.downloadsBad', { failed, count, unmeasured });
      },
    ],
    [say('whatif.rests'), (one) => restsOn(one, say)],
  ];
}

/** As it stands in a configuration: whole minutes where it is some. */
function costText(cost: number, say: Say): string {
  return cost % 60 === 0 ? say('unit.min', { count: cost / 60 }) : say('unit.s', { count: cost });
}

function restsOn({ basis, moments, windowSeconds }: ChainOutlook, say: Say): string {
  if (basis === 'none') return say('whatif.none');
  const values = { count: moments, span: say('unit.min', { count: Math.round(windowSeconds / 60) }) };
  return basis === 'paired' ? say('whatif.moments', values) : say('whatif.answers', values);
}

function seconds(value: number): string {
  return duration(value * 1000);
}

/** Never rounds up to 100 or down to 0. */
function percent(say: Say, share: number): string {
  const value = share * 100;
  const shown = value > 99.9 && value < 100 ? 99.9 : value > 0 && value < 0.1 ? 0.1 : Number(value.toFixed(1));
  return say('unit.percent', { value: shown });
}

function beside({ time, moments, rescued, broken }: WhatIfAgainst, which: string, say: Say): string {
  if (moments === 0) return say('whatif.againstNone', { which });
  return say('whatif.against', { count: moments, rescued, broken, which, time: say(`whatif.time.${time ?? 'none'}`) });
}

function memberText({ shown: text, kind, registry, answers, good }: WhatIfMember, say: Say): string {
  const said =
    kind !== 'mirror'
      ? say(`whatif.member.${kind}`)
      : answers === 0
        ? say('whatif.member.unmeasured')
        : say('whatif.member.good', { good, count: answers });
  return `${registry === null ? text : `${registry} ${text}`}  ${said}`;
}
