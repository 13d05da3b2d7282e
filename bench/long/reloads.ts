import { setTimeout as sleep } from 'node:timers/promises';
import { watchOthers } from '../disturbance.ts';
import { NoFigures } from '../no-figures.ts';
import type { Progress } from '../progress.ts';
import { countsOf, scrapeOnce } from '../scale/counts.ts';
import { buildPackage } from '../scale/daemon.ts';
import { inBuiltWorld, type Rig } from '../scale/rig.ts';
import { type Shape, shapeOf } from '../scale/world.ts';
import { type Summary, summaryOf } from '../statistics.ts';

/** Memory at one point, MB (2^20 bytes): of the process, and the heap of its main thread, garbage included. */
export interface Held {
  readonly reloads: number;
  readonly rssMb: number;
  readonly heapMb: number;
}

/** Memory over many reloads of one configuration, a module away and back in turns. */
export interface ReloadsRow {
  readonly targets: number;
  readonly count: number;
  readonly tookMs: Summary;
  /** Before, after every tenth of them, at their end. */
  readonly held: readonly Held[];
  /** A minute after the last one. */
  readonly laterMb: number;
  /** Heap of the main thread that a collection leaves: before, and a minute after the last one. */
  readonly liveMb: { readonly before: number; readonly later: number };
  readonly othersCores: number;
}

export interface ReloadsReport {
  readonly rows: readonly ReloadsRow[];
}

const parts = 10;
const laterMs = 60_000;
/** Before it begins, what is bounded by number has filled: charts, transcripts, the exporter's texts. */
const settleMs = 180_000;

/** Reads the configuration of the built package again so often, for each number of targets. @throws NoFigures where a reload is refused */
export async function reloads(sizes: readonly number[], count: number, progress: Progress): Promise<ReloadsReport> {
  progress.say('reloads: builds the package');
  buildPackage();
  const rows: ReloadsRow[] = [];
  for (const size of sizes) {
    const shape = shapeOf(size);
    const say = (what: string): void => progress.say(`reloads: ${shape.targets} targets, ${what}`);
    rows.push(await inBuiltWorld(shape, say, (rig) => rowOf(rig, shape, count)));
  }
  return { rows };
}

async function rowOf({ daemon, write, say }: Rig, shape: Shape, count: number): Promise<ReloadsRow> {
  const others = watchOthers();
  const settledMs = Math.max(settleMs, 2 * shape.everySeconds * 1_000 + 5_000);
  say(`settles, ${settledMs / 1_000} s`);
  await sleep(settledMs);
  const { series, attempts, failed } = countsOf((await scrapeOnce(daemon)).text);
  if (series !== shape.targets || failed > attempts / 100)
    throw new NoFigures(`${series} targets, ${failed} of ${attempts} probes failed`);
  const heldAt = async (done: number): Promise<Held> => ({
    reloads: done,
    rssMb: daemon.memoryMb().now,
    heapMb: await daemon.heapMb(),
  });
  const held = [await heldAt(0)];
  const before = await daemon.liveHeapMb();
  const tookMs: number[] = [];
  for (let done = 1; done <= count; done += 1) {
    write(done % 2 === 1);
    const { status, body, tookMs: took } = await daemon.ask('/-/reload', { method: 'POST' });
    if (status !== 200) throw new NoFigures(`a reload was answered ${status}: ${body}`);
    tookMs.push(took);
    if (done % Math.ceil(count / parts) !== 0 && done !== count) continue;
    const now = await heldAt(done);
    held.push(now);
    say(`${done} of ${count} reloads, ${now.rssMb.toFixed(0)} MB, heap ${now.heapMb.toFixed(0)}`);
  }
  write(false);
  await daemon.ask('/-/reload', { method: 'POST' });
  await sleep(laterMs);
  const laterMb = daemon.memoryMb().now;
  const liveMb = { before, later: await daemon.liveHeapMb() };
  say(`a minute later ${laterMb.toFixed(0)} MB, live heap ${liveMb.before.toFixed(1)} → ${liveMb.later.toFixed(1)}`);
  const { othersCores } = others();
  return { targets: shape.targets, count, tookMs: summaryOf(tookMs), held, laterMb, liveMb, othersCores };
}
