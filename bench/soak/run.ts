import { NoFigures } from '../no-figures.ts';
import { startProgress } from '../progress.ts';
import { type SoakOptions, soakOptionsOf, soakUsage } from './options.ts';
import { play } from './play.ts';
import type { SoakEvent } from './script.ts';
import { createVerdicts, type Verdicts } from './watch/verdicts.ts';
import { openWorld, type World } from './world.ts';

// `npm run soak`: a real daemon while everything around it misbehaves, by a script that a seed decides.

const options = soakOptionsOf(process.argv.slice(2));
if (options === null) {
  console.error(soakUsage);
  process.exitCode = 2;
} else {
  // What was mounted and started goes with us.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
  process.exit(await soak(options));
}

/** @returns the exit code: 1 where an invariant was broken */
async function soak({ seed, seconds, log }: SoakOptions): Promise<number> {
  const startedMs = performance.now();
  const nowSeconds = (): number => (performance.now() - startedMs) / 1_000;
  const verdicts = createVerdicts(log, seed, nowSeconds);
  const isTerminal = process.stderr.isTTY === true;
  const { say, end } = startProgress();
  const progress = { say: (what: string) => (isTerminal ? say(what) : undefined), end };
  const world = await openWorld(verdicts);
  console.log(`seed ${seed}, ${seconds} s; what happens is written to ${log}`);
  for (const one of world.leftOut) console.log(`left out: ${one}`);
  try {
    const script = await play(world, verdicts, { seed, seconds, nowSeconds }, progress);
    progress.end();
    console.log(summaryOf(script, world, verdicts, nowSeconds()).join('\n'));
  } catch (error) {
    progress.end();
    verdicts.broken('the soak comes to its end', [
      error instanceof Error ? (error.stack ?? error.message) : String(error),
    ]);
  } finally {
    await world.close();
  }
  if (verdicts.all().length === 0) return 0;
  console.error(`\n${verdicts.all().length} broken; again with: npm run soak -- --seconds ${seconds} --seed ${seed}`);
  return 1;
}

function summaryOf(
  script: readonly SoakEvent[],
  world: World,
  verdicts: Verdicts,
  tookSeconds: number,
): readonly string[] {
  const { watcher } = world;
  if (watcher.looks() === 0) throw new NoFigures('nothing was looked at');
  const counts = new Map<string, number>();
  for (const { what } of script) counts.set(what.kind, (counts.get(what.kind) ?? 0) + 1);
  const { rssBytes, threads, descriptors, sockets } = watcher.most();
  const told = watcher.told();
  return [
    `${script.length} events (${[...counts].map(([kind, count]) => `${kind} ${count}`).join(', ')}) in ${tookSeconds.toFixed(0)} s`,
    `${world.lives()} lives, ${watcher.looks()} looks, ${told.length} notices of ${new Set(told.map(({ subject }) => subject)).size} subjects`,
    `at most ${(rssBytes / 2 ** 20).toFixed(0)} MiB, ${threads} threads, ${descriptors} descriptors, of them ${sockets} sockets`,
    verdicts.all().length === 0 ? 'every invariant held' : `${verdicts.all().length} times an invariant was broken`,
  ];
}
