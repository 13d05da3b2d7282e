import { printable } from '../core/printable.ts';
import { bareChainOf } from '../core/secret.ts';
import { type ChainOutlook, notesOf, type WhatIf, type WhatIfMember } from '../core/what-if.ts';
import { basisOf, between, chainsOf, compareWithOthers, downloadsNoteFor, memberNoteFor } from '../words/what-if.ts';
import { percent, type Say } from '../words/words.ts';
import type { Command, Context, ExitCode } from './context.ts';
import { daemonAt, daemonOptions, formatProblem } from './daemon-client.ts';
import { duration, jsonText, table } from './terminal.ts';
import { Failed, optionsOf, UsageError, words } from './usage.ts';

const options = {
  ...daemonOptions,
  ...optionsOf('boolean', 'json'),
  ...optionsOf('string', 'ecosystem', 'upstream', 'client'),
};

/** `mirrorwatch what-if CHAIN`: the effect of another chain by the measurements of a running daemon. */
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
    const given = Object.entries({ chain: bareChainOf(chain), ecosystem, upstream, client });
    const query = new URLSearchParams(
      given.flatMap(([name, text]) => (text === undefined ? [] : [[name, text] as [string, string]])),
    );
    const daemon = await daemonAt(context, values);
    const answer = await daemon.ask(`/api/v1/what-if?${query}`);
    if (answer.tag === 'unreachable') throw new Failed(answer.text, 1);
    if (answer.status !== 200) throw new Failed(formatProblem(answer, context.say), answer.status === 400 ? 2 : 1);
    const result = whatIfIn(answer.json());
    if (result === null) throw new Failed(context.say('advised.foreign', { url: daemon.url }), 1);
    if (values.json) context.terminal.out(jsonText(result));
    else for (const line of shown(context, result)) context.terminal.out(printable(line));
    return 0;
  },
};

function whatIfIn(json: unknown): WhatIf | null {
  const result = (json ?? {}) as Partial<WhatIf>;
  return Array.isArray(result.edited?.members) ? (result as WhatIf) : null;
}

function shown(context: Context, result: WhatIf): readonly string[] {
  const { say } = context;
  const { edited, ecosystem, upstream, client } = result;
  const columns = chainsOf(result, say);
  const head = [
    say('whatif.fieldOf', { client, group: `${ecosystem}/${upstream}` }),
    ...columns.map(({ name }) => name),
  ];
  const rows = rowsOf(say).map(([name, cell]) => [name, ...columns.map(({ outlook }) => cell(outlook))]);
  return [
    ...table(head, rows, new Set(columns.map((_, at) => at + 1))),
    '',
    ...compareWithOthers(result, say),
    '',
    ...edited.members.map((one) => `  ${memberText(one, say)}`),
    '',
    ...notesOf(result).map(({ kind, ...values }) => say(`whatif.note.${kind}`, values)),
    say('whatif.model', { cost: costText(result.failureCostSeconds, say) }),
  ];
}

function rowsOf(say: Say): readonly (readonly [name: string, cell: (one: ChainOutlook) => string])[] {
  const missing = say('rank.unmeasured');
  const range = (low: string, high: string): string => between(low, high, say);
  const share = (value: number): string => percent(value, say);
  const costs = (of: { readonly costSeconds: number; readonly costSecondsMost: number } | null): string =>
    of === null ? missing : range(seconds(of.costSeconds), seconds(of.costSecondsMost));
  return [
    [
      say('whatif.available'),
      ({ availability: found }) => (found === null ? missing : range(share(found.atLeast), share(found.atMost))),
    ],
    [
      `  ${say('whatif.chanceOf')}`,
      ({ availability: found }) => (found === null ? '' : range(share(found.low), share(found.high))),
    ],
    [say('whatif.fetch'), ({ fetch }) => (fetch === null ? missing : seconds(fetch.seconds))],
    [
      `  ${say('whatif.chanceOf')}`,
      ({ fetch }) => (fetch?.low == null || fetch.high === null ? '' : range(seconds(fetch.low), seconds(fetch.high))),
    ],
    [say('whatif.fetchCost'), ({ fetch }) => costs(fetch)],
    [say('whatif.build'), ({ build }) => (build === null ? missing : seconds(build.seconds))],
    [
      say('whatif.buildFails'),
      ({ build }) => (build === null ? missing : range(share(build.failedShare), share(build.failedShareMost))),
    ],
    [say('whatif.buildCost'), ({ build }) => costs(build)],
    [say('whatif.downloads'), (one) => downloadsNoteFor(one, say) ?? missing],
    [say('whatif.rests'), (one) => basisOf(one, windowText(one, say), say)],
  ];
}

/** As in a configuration: in whole minutes if possible. */
function costText(cost: number, say: Say): string {
  return cost % 60 === 0 ? say('unit.min', { count: cost / 60 }) : say('unit.s', { count: cost });
}

function windowText({ windowSeconds }: ChainOutlook, say: Say): string {
  return say('unit.min', { count: Math.round(windowSeconds / 60) });
}

function seconds(value: number): string {
  return duration(value * 1000);
}

function memberText(member: WhatIfMember, say: Say): string {
  const { shown: text, registry } = member;
  return `${registry === null ? text : `${registry} ${text}`}  ${memberNoteFor(member, say)}`;
}
