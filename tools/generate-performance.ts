import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Target, target } from '../bench/targets.ts';
import { commandOf, committed, figuresOf, goalsOf } from './performance/results.ts';
import { why } from './performance/why.ts';

// Writes the generated parts of docs/performance.md: the figures of record and the table of goals. They come from
// bench/results (the output of `npm run -s bench -- --only PART --json`) and docs/decisions-quality.md.

const root = join(import.meta.dirname, '..');
/** The path of the page. */
export const performancePath = join(root, 'docs/performance.md');

/** A goal with its measured value, and the command that measures it. */
export interface Goal extends Target {
  readonly command: string;
}

/** Every goal with a committed result. */
export function goals(): readonly Goal[] {
  const judged = judgedGoals(readFileSync(join(root, 'docs/decisions-quality.md'), 'utf8'));
  const measured = [...committed()].flatMap(([part, result]) =>
    goalsOf(part, result).map((one) => ({ ...one, command: commandOf(part) })),
  );
  return [...judged.map((one) => ({ ...one, command: 'npm run scenarios' })), ...measured];
}

/**
 * The goals of decisions, with the values of docs/decisions-quality.md.
 * @throws Error if a table of that page has no row of the daemon
 */
function judgedGoals(page: string): readonly Target[] {
  const rows = [...page.matchAll(/^\| daemon \|(.*)\|$/gm)].map(([, cells = '']) =>
    cells.split('|').map((cell) => cell.trim()),
  );
  const [wrong, ours, calm, others, hard, share] = rows;
  if (wrong === undefined || ours === undefined || calm === undefined || share === undefined)
    throw new Error('docs/decisions-quality.md lacks a row of the daemon');
  const number = (cell = ''): number => Number(/[\d.]+/.exec(cell)?.[0]);
  const [, cost, moves, harmful, , missed, , , notices] = wrong;
  const [, , movesOfOurs, harmfulOfOurs] = ours;
  const [, median] = /\(([\d.]+)\)/.exec(notices ?? '') ?? [];
  const [, , harmfulInCalm, spikes, , , departures = ''] = calm;
  const [, rate = '', upperEnd = ''] = /^([\d.]+) \([\d.]+ to ([\d.]+)\)$/.exec(departures) ?? [];
  const [missedCount, incidents] = (missed ?? '').split(' of ').map(Number);
  const harmfulShare = (number(harmful) + number(harmfulOfOurs)) / (number(moves) + number(movesOfOurs));
  const harmfulFalse = number(harmfulOfOurs) + number(harmfulInCalm);
  const missedShare = (missedCount ?? Number.NaN) / (incidents ?? Number.NaN);
  const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;
  const costs = [
    ['mean cost of a build, over that of an oracle', cost, 1.08],
    ['the same, npm and pip', others?.[1], 1.2],
    ['the same, recorded outages in which all requests fail', hard?.[1], 1.05],
    ['the same, recorded outages in which some requests fail', share[1], 1.2],
  ] as const;
  return [
    ...costs.map(([what, got, most]) => target(what, `≤ ${most} ×`, `${got} ×`, number(got) <= most)),
    target(
      'harmful switches, of all switches outside calm worlds',
      '≤ 1 %',
      percent(harmfulShare),
      harmfulShare <= 0.01,
    ),
    target(
      'harmful switches in calm worlds, or where the trouble is ours',
      '0',
      `${harmfulInCalm} and ${number(harmfulOfOurs)}`,
      harmfulFalse === 0,
    ),
    target('missed incidents', '≤ 2 %', percent(missedShare), missedShare <= 0.02),
    target(
      'notices per incident',
      '≤ 2 in the median',
      median === undefined ? `${notices}` : `mean ${number(notices)}, median ${median}`,
      number(median ?? notices) <= 2,
    ),
    target('false switches in calm worlds, per upstream and year', '≤ 4', rate, number(rate) <= 4),
    target('false switches in calm worlds, upper end of the 90 % interval', '≤ 10', upperEnd, number(upperEnd) <= 10),
    target('spikes in calm worlds, per mirror and month', '≤ 1', `${spikes}`, number(spikes) <= 1),
  ];
}

/** The page, with figures and table of goals updated from the results. */
export function performancePage(page: string): string {
  return between(between(page, 'record', record()), 'goals', table());
}

/**
 * Replaces the lines between the two marks of a generated part.
 * @throws Error if the page has no such marks
 */
function between(page: string, mark: string, lines: readonly string[]): string {
  const [begin, end] = [`<!-- ${mark}: npm run generate -->\n`, `<!-- /${mark} -->`];
  const [before, rest] = page.split(begin);
  const after = rest?.slice(rest.indexOf(end));
  if (before === undefined || after === undefined) throw new Error(`docs/performance.md lacks the marks of ${mark}`);
  return `${before}${begin}${lines.join('\n')}\n${after}`;
}

/** The figures of record: the output of the bench, part by part. */
function record(): readonly string[] {
  return [...committed()].flatMap(([part, result]) => {
    const { cores, model, commit, at, load } = result.machine;
    const when = `commit ${commit}, ${at.slice(0, 16)}Z, load average before the run ${load.toFixed(2)}`;
    return [
      `\`${commandOf(part)}\`: ${cores} cores ${model}, ${when}`,
      '',
      '```text',
      ...figuresOf(part, result),
      '```',
      '',
    ];
  });
}

function table(): readonly string[] {
  const rows = goals().map(({ what, wanted, got, verdict, command }) => {
    const how = {
      met: 'met',
      missed: `missed: ${why[what] ?? ''}`,
      disturbed: 'disturbed: other programs used the CPU',
    }[verdict];
    return `| ${what} | ${wanted} | ${got} | ${how} | \`${command}\` |`;
  });
  return ['| goal | target | measured | result | command |', '| --- | --- | --- | --- | --- |', ...rows];
}

if (import.meta.main) writeFileSync(performancePath, performancePage(readFileSync(performancePath, 'utf8')));
