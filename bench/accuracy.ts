import { limits } from '../src/core/limits.ts';
import type { Workers } from '../src/core/ports.ts';
import type { Sample } from '../src/core/sample.ts';
import { thresholdMs } from '../src/detect/threshold.ts';
import { systemClock } from '../src/io/clock.ts';
import { createLog } from '../src/io/log.ts';
import { systemTimers } from '../src/io/timers.ts';
import { createWorkers } from '../src/io/workers.ts';
import { config } from '../test/unit/export/fixture.ts';
import { baseOf, isLeftOut, type Judged, type Known, type PhaseError, phaseErrors } from './accuracy-error.ts';
import { openApparatus, type Waits } from './apparatus.ts';
import { type Disturbance, watchOthers } from './disturbance.ts';
import type { Progress } from './progress.ts';
import { openScrapeLoad, type ScrapeLoad } from './scrape-load.ts';
import { quantile } from './statistics.ts';
import { coldDue } from './subjects.ts';

/** Errors of one mirror's phases. */
export interface AccuracyRow extends PhaseError {
  /** Where the delay was made: on the link, or in the server. */
  readonly made: 'link' | 'server';
}

/** How exact the phases were. */
export interface AccuracyReport {
  readonly perSecond: number;
  readonly lines: number;
  readonly scrapes: number;
  readonly mainDelayMsMax: number;
  readonly probes: number;
  readonly failed: number;
  /** Share of samples that a warm daemon would not judge, 0 to 1; and of those it would not judge while warming. */
  readonly contaminated: { readonly warm: number; readonly warming: number };
  readonly workerDelayMs: { readonly p99: number; readonly worst: number };
  /** By the rule of a warm daemon, which leaves out least. */
  readonly rows: readonly AccuracyRow[];
  /** By the rule while warming. */
  readonly rowsWarming: readonly AccuracyRow[];
  /** How late the link itself handed packets on, milliseconds. */
  readonly link: { readonly lateMsMean: number; readonly lateMsMax: number };
  readonly apparatusFirst: boolean;
  readonly disturbance: Disturbance;
}

const perSecond = 200;
const scrapeEveryMs = 2_000;
const linesWanted = 150_000;
/** One probe at a time, nothing else going on: what phases take where nothing is delayed. */
const baseProbes = 120;
const blocks: readonly Waits[] = [
  { linkMs: 5, firstMs: 10, lastMs: 5 },
  { linkMs: 20, firstMs: 50, lastMs: 30 },
];
/** Of each loaded block, while threads and connections settle. */
const settleMs = 2_000;

type Made = AccuracyRow['made'];
interface Shot {
  readonly made: Made;
  readonly id: string;
  readonly sample: Sample;
}

const clean = ({ sample }: Shot): boolean => sample.outcome.tag === 'ok';

/** Probes two mirrors of known delay at 200 a second while a large page is rendered every two seconds. */
export async function accuracy(quick: boolean, progress: Progress): Promise<AccuracyReport> {
  progress.say('accuracy: starting link, resolver, servers and page');
  const apparatus = await openApparatus();
  const load = await openScrapeLoad(linesWanted, scrapeEveryMs);
  const log = createLog({ level: 'warn', pretty: false });
  const { book } = apparatus.at({ linkMs: 0, firstMs: 0, lastMs: 0 });
  const workers = createWorkers({ count: limits.workers, book, clock: systemClock, timers: systemTimers, log });
  try {
    const base = await measureBase(workers, apparatus, progress);
    load.start();
    const disturbance = watchOthers();
    const judged: Record<Made, Judged[]> = { link: [], server: [] };
    let failed = 0;
    for (const waits of quick ? blocks.slice(1) : blocks) {
      progress.say(`accuracy: ${perSecond} probes/s, link ${waits.linkMs} ms each way, ${load.lines} lines scraped`);
      await apparatus.set(waits);
      await workers.configure(apparatus.at(waits).book);
      const shots = await fire(workers, load, quick ? 12_000 : 40_000);
      const known = await apparatus.known(waits);
      failed += shots.filter((shot) => !clean(shot)).length;
      for (const made of ['link', 'server'] as const) {
        const mine = shots.filter((shot) => shot.made === made && clean(shot));
        const threshold = warmThreshold(mine);
        for (const { id, sample } of mine) {
          const what: Known | undefined = made === 'link' ? known.link : known.server(id);
          if (what !== undefined) judged[made].push({ sample, known: what, thresholdMs: threshold });
        }
      }
    }
    const all = [...judged.link, ...judged.server];
    const share = (rule: 'warm' | 'warming') => all.filter((one) => isLeftOut(one, rule)).length / all.length;
    const rows = (rule: 'warm' | 'warming') =>
      (['link', 'server'] as const).flatMap((made) =>
        phaseErrors(judged[made], base[made], rule).map((row) => ({ ...row, made })),
      );
    const delays = all.map(({ sample }) => sample.loopDelayMsMax);
    return {
      perSecond,
      lines: load.lines,
      scrapes: load.scrapes(),
      mainDelayMsMax: load.mainDelayMsMax(),
      probes: all.length,
      failed,
      contaminated: { warm: share('warm'), warming: share('warming') },
      workerDelayMs: { p99: quantile(delays, 0.99), worst: quantile(delays, 1) },
      rows: rows('warm'),
      rowsWarming: rows('warming'),
      link: await apparatus.lateness(),
      apparatusFirst: apparatus.isFirst,
      disturbance: disturbance(),
    };
  } finally {
    await workers.close();
    await load.close();
    await apparatus.close();
  }
}

async function measureBase(
  workers: Workers,
  apparatus: Awaited<ReturnType<typeof openApparatus>>,
  progress: Progress,
): Promise<Record<Made, Known>> {
  progress.say('accuracy: what the phases take without delay');
  await apparatus.set({ linkMs: 0, firstMs: 0, lastMs: 0 });
  const shots: Shot[] = [];
  for (let n = 0; n < 2 * baseProbes; n += 1) {
    shots.push(await shoot(workers, `b${n}`, n % 2 === 0 ? 'link' : 'server'));
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  // The first few meet cold code.
  const of = (made: Made): Known =>
    baseOf(
      shots
        .filter((shot) => shot.made === made && clean(shot))
        .map(({ sample }) => sample)
        .slice(20),
    );
  return { link: of('link'), server: of('server') };
}

async function shoot(workers: Workers, id: string, made: Made): Promise<Shot> {
  const module = made === 'link' ? 'github.com/pkg/errors' : `example.com/${id}`;
  const due = coldDue(id, made, module, made === 'link' ? 'v0.9.1' : 'v1.0.0', systemClock.monotonicMs());
  const { sample } = await workers.probe(due);
  return { made, id, sample };
}

/** Starts probes at an even pace; those that a busy main thread let pass start as soon as it is free, as in the daemon. */
async function fire(workers: Workers, load: ScrapeLoad, forMs: number): Promise<readonly Shot[]> {
  const startedMs = systemClock.monotonicMs();
  const flights: Promise<Shot>[] = [];
  let started = 0;
  await new Promise<void>((resolve) => {
    const timer = setInterval(() => {
      const ranMs = systemClock.monotonicMs() - startedMs;
      for (; started < (ranMs / 1_000) * perSecond; started += 1) {
        const shot = shoot(workers, `n${started}x${Math.round(startedMs)}`, started % 2 === 0 ? 'link' : 'server');
        flights.push(shot);
        void shot.then(({ sample }) => load.sample(sample));
      }
      if (ranMs < forMs) return;
      clearInterval(timer);
      resolve();
    }, 1);
  });
  const shots = await Promise.all(flights);
  return shots.slice((settleMs / 1_000) * perSecond);
}

/** The spike threshold that a daemon would have by now, with its default rule. */
function warmThreshold(shots: readonly Shot[]): number {
  const medianMs = quantile(
    shots.map(({ sample }) => sample.rttMs ?? 0),
    0.5,
  );
  const { detect, schedule } = config();
  return thresholdMs(medianMs, detect.spike, schedule.pace.timeoutMs) ?? Number.POSITIVE_INFINITY;
}
