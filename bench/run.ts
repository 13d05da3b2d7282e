import { setEngine } from '../src/cli/engine.ts';
import { accuracy } from './accuracy.ts';
import { cpu } from './cpu.ts';
import { door } from './door.ts';
import { doorMatrix } from './door-matrix/matrix.ts';
import { fleet } from './fleet/fleet.ts';
import { hash } from './hash.ts';
import { indexes } from './indexes.ts';
import { lines } from './lines.ts';
import { days } from './long/days.ts';
import { hour } from './long/hour.ts';
import { reloads } from './long/reloads.ts';
import { machineNow } from './machine.ts';
import { memory } from './memory.ts';
import { finite, moduleTree, NoFigures } from './no-figures.ts';
import { type Options, optionsOf, type Part, usage } from './options.ts';
import { peers } from './peers/peers.ts';
import { profile } from './profile.ts';
import { type Progress, startProgress } from './progress.ts';
import { reaction } from './reaction.ts';
import { machineLines, profileLines, targetLines } from './report.ts';
import { linesOf, type Reports, targetsOf } from './reports.ts';
import { scale } from './scale/scale.ts';
import { shards } from './shards.ts';
import type { Target } from './targets.ts';
import { written } from './written.ts';

// `npm run bench`: how exact, how dear and how quick we are, and how we hash what is large. See docs/performance.md.

/** A run that takes longer has lost a part: it ends rather than hangs. Long: a thousand reloads of 15 000 targets take half an hour. */
const runMsMax = { usual: 900_000, long: 3_600_000 };
const long: readonly Part[] = ['scale', 'reloads', 'days', 'written'];

const runs: { readonly [P in Part]: (options: Options, progress: Progress) => Promise<Reports[P]> } = {
  accuracy: ({ quick }, progress) => accuracy(quick, progress),
  peers: ({ quick }, progress) => peers(quick, progress),
  cpu: ({ quick }, progress) => cpu(quick, progress),
  memory: ({ quick }, progress) => memory(quick, progress),
  reaction: ({ quick }, progress) => reaction(quick, progress),
  hash: ({ quick }, progress) => hash(quick, progress),
  lines: (_, progress) => lines(progress),
  indexes: ({ quick }, progress) => indexes(quick, progress),
  door: ({ quick }, progress) => door(quick, progress),
  'door-matrix': ({ quick }, progress) => doorMatrix(quick, progress),
  fleet: ({ quick }, progress) => fleet(quick, progress),
  shards: ({ quick }, progress) => shards(quick, progress),
  scale: ({ targets, reloads: often, quick }, progress) => scale(targets.scale, often.scale, quick, progress),
  reloads: ({ targets, reloads: often }, progress) => reloads(targets.reloads, often.reloads, progress),
  days: (options, progress) => days(options.days, progress),
  hour: ({ minutes }, progress) => hour(minutes, progress),
  written: ({ quick }, progress) => written(quick, progress),
};

/** What came of one part. */
interface Played<P extends Part> {
  readonly report: Reports[P];
  readonly lines: readonly string[];
  readonly targets: readonly Target[];
}

async function play<P extends Part>(part: P, options: Options, progress: Progress): Promise<Played<P>> {
  const report = finite(part, await runs[part](options, progress));
  return { report, lines: linesOf[part](report), targets: targetsOf[part](report) };
}

async function bench(options: Options): Promise<void> {
  moduleTree();
  // As the daemon's first line does: the parts that probe in this process probe as it does.
  setEngine('run');
  const machine = machineNow();
  const progress = startProgress();
  const results: Record<string, unknown> = {};
  const targets: Target[] = [];
  const blocks: (readonly string[])[] = [machineLines(machine)];
  for (const part of options.parts) {
    const played = await play(part, options, progress);
    results[part] = played.report;
    blocks.push(played.lines);
    targets.push(...played.targets);
  }
  if (options.profile) {
    const report = finite('profile', await profile(options.quick, progress));
    results['profile'] = report;
    blocks.push(profileLines(report));
  }
  progress.end();
  blocks.push(targetLines(targets));
  if (options.json) console.log(JSON.stringify({ machine, quick: options.quick, ...results, targets }, null, 2));
  else console.log(blocks.map((lines) => lines.join('\n')).join('\n\n'));
}

function runMsMaxOf({ parts, minutes }: Options): number {
  const usual = parts.some((part) => long.includes(part)) ? runMsMax.long : runMsMax.usual;
  return parts.includes('hour') ? usual + minutes * 60_000 : usual;
}

const options = optionsOf(process.argv.slice(2));
if (options === null) {
  console.error(usage);
  process.exitCode = 2;
} else {
  setTimeout(() => {
    console.error('bench: not done in time');
    process.exit(1);
  }, runMsMaxOf(options)).unref();
  await bench(options).catch((cause: unknown) => {
    if (!(cause instanceof NoFigures)) throw cause;
    console.error(`\nbench: ${cause.message}`);
    process.exit(1);
  });
  process.exit();
}
