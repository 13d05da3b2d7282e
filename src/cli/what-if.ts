import { printable } from '../core/printable.ts';
import { bareChainOf } from '../core/secret.ts';
import { notesOf, type WhatIf, type WhatIfMember } from '../core/what-if.ts';
import type { Command, Context, ExitCode } from '../terminal/context.ts';
import { duration, jsonText, table } from '../terminal/terminal.ts';
import { Failed, optionsOf, UsageError, words } from '../terminal/usage.ts';
import { between, chainsOf, compareWithOthers, memberNoteFor, rowsOf } from '../words/what-if.ts';
import { percent, type Say } from '../words/words.ts';
import { daemonAt, daemonOptions, formatProblem } from './daemon-client.ts';

const options = {
  ...daemonOptions,
  ...optionsOf('boolean', 'json'),
  ...optionsOf('string', 'ecosystem', 'upstream', 'client'),
};

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
  const units = { share: (value: number) => percent(value, say), seconds: (value: number) => duration(value * 1000) };
  const span = (window: number) => say('unit.min', { count: Math.round(window / 60) });
  const rows = rowsOf(say, units, span).flatMap(({ key, cell }) => {
    const cells = columns.map(({ outlook }) => cell(outlook) ?? [say('rank.unmeasured')]);
    const row = [say(`whatif.${key}`), ...cells.map(([value]) => value)];
    if (key !== 'available' && key !== 'fetch') return [row];
    const chances = cells.map(([, low = '', high = '']) => between(low, high, say));
    return [row, [`  ${say('whatif.chanceOf')}`, ...chances]];
  });
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

function costText(cost: number, say: Say): string {
  return cost % 60 === 0 ? say('unit.min', { count: cost / 60 }) : say('unit.s', { count: cost });
}

function memberText(member: WhatIfMember, say: Say): string {
  const { shown: text, registry } = member;
  return `${registry === null ? text : `${registry} ${text}`}  ${memberNoteFor(member, say)}`;
}
