import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { startProgress } from '../progress.ts';
import { playAll } from './crew.ts';
import { type ScenarioOptions, scenarioOptionsOf, scenariosUsage, seedsOf } from './options.ts';
import { type Task, traceTask } from './play.ts';
import { baselines } from './players/registry.ts';
import { guard } from './report/guard.ts';
import { reportOf } from './report/markdown.ts';
import { merge, unplayed } from './report/merge.ts';
import type { Score } from './report/score.ts';
import type { Family } from './world.ts';
import { otherGroup } from './worlds/families/others.ts';
import { families } from './worlds/families.ts';
import { recordedGroup, recordedNames } from './worlds/recorded/families.ts';
import { familiesFrom } from './worlds/recorded/file.ts';

const options = scenarioOptionsOf(process.argv.slice(2));
const known = [...families.map(({ name }) => name), ...recordedNames];
if (!options || !(options.families ?? []).every((name) => known.includes(name))) {
  process.stderr.write(`${scenariosUsage}\nfamilies: ${known.join(' ')}\n`);
  process.exitCode = 2;
} else await run(options);

async function run(options: ScenarioOptions): Promise<void> {
  const { seeds, players, calmDays, recorded } = options;
  const outages = familiesFrom(recorded);
  const wanted = [
    ...families.filter(({ name }) => options.families?.includes(name) ?? true),
    ...outages.filter(({ name }) => options.families?.includes(name) ?? false),
  ];
  const tasksOf = (those: readonly Family[], of: readonly number[]): readonly Task[] =>
    those.flatMap(({ name: family }) => of.map((seed) => ({ family, seed, players, calmDays, recorded })));
  // Recorded outages are always reported on even seeds, whatever seeds the other families use.
  const all = [...tasksOf(wanted, seeds), ...tasksOf(outages, seedsOf('even', options.windows))];
  const { resumed } = options;
  let kept = resumed !== null && existsSync(resumed) ? scoresIn(resumed) : [];
  const tasks = unplayed(all, kept);
  if (options.trace) {
    for (const task of tasks) process.stdout.write(`${(await traceTask(task)).join('\n')}\n`);
    return;
  }
  const progress = startProgress();
  const everyShare = Math.max(1, Math.floor(tasks.length / 20));
  const isTerminal = process.stderr.isTTY === true;
  const played = await playAll(tasks, options.workers, (done, fresh) => {
    if (resumed !== null) {
      kept = merge(kept, fresh);
      writeFileSync(resumed, `${JSON.stringify(kept)}\n`);
    }
    if (isTerminal || done % everyShare === 0)
      progress.say(`${bar(done / tasks.length)} ${done} of ${tasks.length} worlds`);
  });
  progress.end();
  const scores = merge(merge(kept, played), options.merged.flatMap(scoresIn));
  const report = reportOf(scores, {
    seeds: `${options.half === 'one' ? 'seed' : `${options.half} seeds`} ${seeds[0]}${seeds.length > 1 ? ` to ${seeds.at(-1)}` : ''}`,
    command: ['npm run scenarios', process.argv.slice(2).join(' ')].join(' -- ').replace(/ -- $/, ''),
    baselines: baselines.map(({ name }) => name),
    what: new Map([...wanted, ...outages].map(({ name, what }) => [name, what])),
  });
  if (options.json) writeFileSync(options.json, `${JSON.stringify(scores)}\n`);
  if (options.out) writeFileSync(options.out, report);
  else process.stdout.write(report);
  if (!options.isGuarded) return;
  const broken = guard(scores.filter(({ group }) => group !== recordedGroup && group !== otherGroup));
  for (const line of broken) process.stderr.write(`guard: ${line}\n`);
  process.stderr.write(broken.length === 0 ? 'guard: the totals hold\n' : '');
  process.exitCode = broken.length === 0 ? 0 : 1;
}

function scoresIn(path: string): readonly Score[] {
  return JSON.parse(readFileSync(path, 'utf8')) as readonly Score[];
}

function bar(share: number): string {
  const full = Math.round(share * 20);
  return `[${'#'.repeat(full)}${'.'.repeat(20 - full)}]`;
}
