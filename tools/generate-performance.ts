import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Machine } from '../bench/machine.ts';
import { type Target, target } from '../bench/targets.ts';
import { why } from './performance/why.ts';

// Writes the table of goals of docs/performance.md from the committed results: bench/results (what `npm run bench -- --only PART --json`
// printed) and docs/decisions-quality.md.

const root = join(import.meta.dirname, '..');
const results = join(root, 'bench/results');
/** Where the page lies. */
export const performancePath = join(root, 'docs/performance.md');
const begin = '<!-- goals: npm run generate -->\n';
const end = '<!-- /goals -->';

/** One committed result of the bench. */
interface Result {
  readonly machine: Machine;
  readonly quick: boolean;
  readonly targets: readonly Target[];
}

/** Goals and how they stand, each with the command that shows it. */
export interface Goal extends Target {
  readonly command: string;
}

/** The committed results, by the part of the bench that they are of. */
export function committed(): ReadonlyMap<string, Result> {
  const files = readdirSync(results).filter((name) => name.endsWith('.json'));
  return new Map(
    files.sort().map((name) => [name.slice(0, -'.json'.length), JSON.parse(readFileSync(join(results, name), 'utf8'))]),
  );
}

/** Every goal with a committed result. */
export function goals(): readonly Goal[] {
  const judged = judgedGoals(readFileSync(join(root, 'docs/decisions-quality.md'), 'utf8'));
  const measured = [...committed()].flatMap(([part, { targets }]) =>
    targets.map((one) => ({ ...one, command: `npm run bench -- --only ${part}` })),
  );
  return [...judged.map((one) => ({ ...one, command: 'npm run scenarios' })), ...measured];
}

/** The goals of judgement, as the page of the scenarios has them. @throws Error where it has no row of the daemon */
function judgedGoals(page: string): readonly Target[] {
  const rows = [...page.matchAll(/^\| daemon \|(.*)\|$/gm)].map(([, cells = '']) =>
    cells.split('|').map((cell) => cell.trim()),
  );
  const [wrong, , calm] = rows;
  if (wrong === undefined || calm === undefined) throw new Error('docs/decisions-quality.md has no row of the daemon');
  const number = (cell = ''): number => Number(/[\d.]+/.exec(cell)?.[0]);
  const [, cost, moves, harmful, , missed, , , notices] = wrong;
  const [, , departures, , spikes] = calm;
  const [missedCount, incidents] = (missed ?? '').split(' of ').map(Number);
  const harmfulShare = number(harmful) / number(moves);
  const missedShare = (missedCount ?? Number.NaN) / (incidents ?? Number.NaN);
  const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;
  return [
    target('what clients pay, over an oracle', '≤ 1.15 ×', `${cost} ×`, number(cost) <= 1.15),
    target('harmful moves, of all', '≤ 1 %', percent(harmfulShare), harmfulShare <= 0.01),
    target('missed trouble', '≤ 3 %', percent(missedShare), missedShare <= 0.03),
    target('notices an incident', '≤ 3', `${notices}`, number(notices) <= 3),
    target('false moves in calm, an upstream and year', '≤ 4', `${departures}`, number(departures) <= 4),
    target('spikes in calm, a mirror and month', '≤ 1', `${spikes}`, number(spikes) <= 1),
  ];
}

/** The page with its table of goals as the results have it. */
export function performancePage(page: string): string {
  const [before, rest] = page.split(begin);
  const after = rest?.slice(rest.indexOf(end));
  if (before === undefined || after === undefined) throw new Error('docs/performance.md lacks the marks of the table');
  return `${before}${begin}${table().join('\n')}\n${after}`;
}

function table(): readonly string[] {
  const rows = goals().map(({ what, wanted, got, isMet, command }) => {
    const how = isMet ? 'met' : `missed: ${why[what] ?? ''}`;
    return `| ${what} | ${wanted} | ${got} | ${how} | \`${command}\` |`;
  });
  const taken = [...committed()].map(([part, { machine }]) => {
    const { cores, model, commit, at, load } = machine;
    return `- \`${part}\`: ${cores} cores ${model}, commit ${commit}, ${at.slice(0, 16)}Z, load average before ${load.toFixed(2)}`;
  });
  return [
    '| goal | wanted | got | | command |',
    '| --- | --- | --- | --- | --- |',
    ...rows,
    '',
    'Taken:',
    '',
    ...taken,
  ];
}

if (import.meta.main) writeFileSync(performancePath, performancePage(readFileSync(performancePath, 'utf8')));
