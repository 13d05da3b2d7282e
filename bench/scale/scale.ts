import { setTimeout as sleep } from 'node:timers/promises';
import { watchOthers } from '../disturbance.ts';
import { NoFigures } from '../no-figures.ts';
import type { Progress } from '../progress.ts';
import { quantile, type Summary, summaryOf } from '../statistics.ts';
import { type Counts, countsOf, scrapeOnce } from './counts.ts';
import { type BuiltDaemon, buildPackage } from './daemon.ts';
import { inBuiltWorld } from './rig.ts';
import { type Shape, shapeOf } from './world.ts';

/** What one daemon with so many targets takes. Memory in MB (2^20 bytes), times in milliseconds. */
export interface ScaleRow extends Shape {
  readonly probesPerSecond: number;
  readonly startMs: number;
  /** After the measured time and its scrapes, before any reload; and the most so far. */
  readonly rssMb: number;
  readonly rssMbMost: number;
  /** CPU time over the measured time: of a core; and of it for each probe, scrapes included. */
  readonly cpuCores: number;
  readonly cpuMsPerProbe: number;
  /** Probes that began later than planned by more than 5 ms, and by more than 100 ms: shares of all. */
  readonly lateShare: number;
  readonly veryLateShare: number;
  readonly scrape: {
    readonly lines: number;
    readonly bytes: number;
    readonly zippedBytes: number;
    readonly tookMs: Summary;
    /** Main thread, while it was scraped. */
    readonly longestTurnMs: number;
  };
  readonly pages: readonly { readonly path: string; readonly tookMs: Summary }[];
  readonly state: { readonly bytes: number };
  readonly reloads: {
    readonly count: number;
    readonly tookMs: Summary;
    /** After every tenth of them. */
    readonly rssMb: readonly number[];
    readonly longestTurnMs: number;
  };
  /** Cores that others used meanwhile. */
  readonly othersCores: number;
}

export interface ScaleReport {
  readonly rows: readonly ScaleRow[];
}

const scrapeEveryMs = 15_000;
const paths = ['/', '/mirrors/m0', '/api/v1/mirrors', '/api/v1/targets?limit=500', '/api/v1/findings'] as const;
const timesEach = 7;

/** Runs the built package with each number of targets in turn. */
export async function scale(
  sizes: readonly number[],
  reloads: number,
  quick: boolean,
  progress: Progress,
): Promise<ScaleReport> {
  progress.say('scale: builds the package');
  buildPackage();
  const rows: ScaleRow[] = [];
  for (const size of sizes) rows.push(await rowOf(shapeOf(size), reloads, quick, progress));
  return { rows };
}

function rowOf(shape: Shape, reloads: number, quick: boolean, progress: Progress): Promise<ScaleRow> {
  return inBuiltWorld(
    shape,
    (what) => progress.say(`scale: ${shape.targets} targets, ${what}`),
    async ({ daemon, write, say }) => {
      const others = watchOthers();
      say(`every light target is asked once, ${shape.everySeconds} s`);
      await sleep(shape.everySeconds * 1_000 + 5_000);
      say('measures');
      const measured = await measure(daemon, shape, (quick ? 15 : 60) * 1_000);
      say('pages');
      const pages = await timedPages(daemon);
      say(`${reloads} reloads`);
      const reloaded = await reloadOften(daemon, reloads, write, say);
      const { othersCores } = others();
      return { ...shape, startMs: daemon.startedMs, ...measured, pages, reloads: reloaded, othersCores };
    },
  );
}

/** @throws NoFigures where probes fail, or the page has other targets than were configured */
function held(before: Counts, after: Counts, targets: number): void {
  if (after.series !== targets) throw new NoFigures(`${after.series} targets are on the page, not ${targets}`);
  const [probes, failed] = [after.attempts - before.attempts, after.failed - before.failed];
  if (probes === 0 || failed > probes / 100) throw new NoFigures(`${failed} of ${probes} probes failed`);
}

async function measure(
  daemon: BuiltDaemon,
  { targets }: Shape,
  forMs: number,
): Promise<Omit<ScaleRow, keyof Shape | 'startMs' | 'pages' | 'reloads' | 'othersCores'>> {
  const first = await scrapeOnce(daemon);
  const before = countsOf(first.text);
  const [cpuMs, begunMs] = [daemon.cpuMs(), performance.now()];
  const tookMs: number[] = [];
  let last = first;
  while (performance.now() - begunMs < forMs) {
    await sleep(Math.min(scrapeEveryMs, forMs / 3));
    last = await scrapeOnce(daemon);
    tookMs.push(last.tookMs);
  }
  const spentMs = performance.now() - begunMs;
  const after = countsOf(last.text);
  held(before, after, targets);
  const cpuSpentMs = daemon.cpuMs() - cpuMs;
  const probes = after.attempts - before.attempts;
  const starts = after.starts - before.starts;
  const longestTurnMs = await daemon.longestTurnMs(async () => {
    for (let n = 0; n < 3; n += 1) tookMs.push((await scrapeOnce(daemon)).tookMs);
  });
  const memory = daemon.memoryMb();
  return {
    probesPerSecond: (probes * 1_000) / spentMs,
    rssMb: memory.now,
    rssMbMost: memory.most,
    cpuCores: cpuSpentMs / spentMs,
    cpuMsPerProbe: cpuSpentMs / probes,
    lateShare: 1 - (after.within5 - before.within5) / starts,
    veryLateShare: 1 - (after.within100 - before.within100) / starts,
    scrape: {
      lines: last.text.split('\n').length - 1,
      bytes: Buffer.byteLength(last.text),
      zippedBytes: last.zippedBytes,
      tookMs: summaryOf(tookMs),
      longestTurnMs,
    },
    state: { bytes: daemon.stateBytes() },
  };
}

async function timedPages(daemon: BuiltDaemon): Promise<ScaleRow['pages']> {
  const pages: { path: string; tookMs: Summary }[] = [];
  for (const path of paths) {
    const times: number[] = [];
    for (let n = 0; n < timesEach; n += 1) {
      const { status, tookMs } = await daemon.ask(path);
      if (status !== 200) throw new NoFigures(`${path} was answered ${status}`);
      times.push(tookMs);
    }
    pages.push({ path, tookMs: summaryOf(times) });
  }
  return pages;
}

/** Takes one module away and brings it back, in turns. */
async function reloadOften(
  daemon: BuiltDaemon,
  count: number,
  write: (drop: boolean) => void,
  say: (what: string) => void,
): Promise<ScaleRow['reloads']> {
  const tookMs: number[] = [];
  const rssMb: number[] = [daemon.memoryMb().now];
  const longestTurnMs = await daemon.longestTurnMs(async () => {
    for (let n = 1; n <= count; n += 1) {
      write(n % 2 === 1);
      const answer = await daemon.ask('/-/reload', { method: 'POST' });
      if (answer.status !== 200) throw new NoFigures(`a reload was answered ${answer.status}: ${answer.body}`);
      tookMs.push(answer.tookMs);
      if (n % 10 !== 0) continue;
      rssMb.push(daemon.memoryMb().now);
      say(`${n} of ${count} reloads, ${rssMb.at(-1)?.toFixed(0)} MB`);
    }
  });
  return { count, tookMs: summaryOf(tookMs), rssMb, longestTurnMs };
}

/** The memory that a row ends with: the median of what reloads left, of the last half of them. */
export function settledMb({ reloads }: Pick<ScaleRow, 'reloads'>): number {
  const { rssMb } = reloads;
  return quantile(rssMb.slice(Math.floor(rssMb.length / 2)), 0.5);
}
