import type { Workers } from '../src/core/ports.ts';
import type { Sample } from '../src/core/sample.ts';
import { thresholdMsOf } from '../src/detect/rules/threshold.ts';
import { systemClock } from '../src/io/clock.ts';
import { createLog } from '../src/io/log.ts';
import { countProbingThreads } from '../src/io/machine.ts';
import { systemTimers } from '../src/io/timers.ts';
import { createWorkers } from '../src/io/workers.ts';
import { config } from '../test/unit/export/fixture.ts';
import { baseOf, isLeftOut, type Judged, type Known, type PhaseError, phaseErrors } from './accuracy-error.ts';
import { type Apparatus, openApparatus, type Waits } from './apparatus.ts';
import { isCalmBetween, type Stretch, watchStretches } from './disturbance.ts';
import { answered } from './no-figures.ts';
import { atPace } from './pace.ts';
import { asDaemon } from './priority.ts';
import type { Progress } from './progress.ts';
import { openScrapeLoad, type ScrapeLoad } from './scrape-load.ts';
import { mean, quantile } from './statistics.ts';
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
  /** The same pace without scrapes: what is ours to lose. */
  readonly rowsQuiet: readonly AccuracyRow[];
  /** How late the link itself handed packets on, milliseconds. */
  readonly link: { readonly lateMsMean: number; readonly lateMsMax: number };
  readonly apparatusFirst: boolean;
  /** Cores that others used, second by second: mean. */
  readonly othersCores: number;
  /** Probes left out of every figure because others were at work in their second. */
  readonly disturbed: number;
  /** Whether the probes that count are undisturbed ones. */
  readonly calm: boolean;
}

const perSecond = 200;
const scrapeEveryMs = 2_000;
const linesWanted = 150_000;
/** Nothing delayed, nothing scraped: what the phases take of their own. At the same pace, since an idle core wakes slower. */
const baseMs = 5_000;
const still: Waits = { linkMs: 0, firstMs: 0, lastMs: 0 };
const blocks: readonly Waits[] = [
  { linkMs: 5, firstMs: 10, lastMs: 5 },
  { linkMs: 20, firstMs: 50, lastMs: 30 },
];
/** Left out at the start of each block, while threads and code settle. */
const settleMs = 2_000;
/** With fewer undisturbed probes in a block than this, all of them count. */
const calmMin = 400;

const made = ['link', 'server'] as const;
type Made = (typeof made)[number];
type Rule = 'warm' | 'warming';
interface Shot {
  readonly made: Made;
  readonly id: string;
  readonly sample: Sample;
}

const isClean = ({ sample }: Shot): boolean => sample.outcome.tag === 'ok';

/** Probes two mirrors of known delay at 200 a second, first undisturbed, then while a large page is rendered again and again. */
export async function accuracy(quick: boolean, progress: Progress): Promise<AccuracyReport> {
  progress.say('accuracy: starting link, resolver, servers and page');
  const apparatus = await openApparatus();
  const load = await openScrapeLoad(linesWanted, scrapeEveryMs);
  const log = createLog({ level: 'warn', pretty: false });
  const { book } = apparatus.at(still);
  const workers = createWorkers({ count: countProbingThreads(), book, clock: systemClock, timers: systemTimers, log });
  const run = { workers, apparatus, load };
  try {
    progress.say('accuracy: what the phases take without delay');
    const base = baseOfShots(await fire(run, still, baseMs));
    progress.say(`accuracy: ${perSecond} probes/s, nothing scraped`);
    const quiet = await take(run, blocks.slice(-1), quick ? 8_000 : 20_000, () => undefined);
    load.start();
    const loaded = await take(run, quick ? blocks.slice(-1) : blocks, quick ? 12_000 : 40_000, ({ linkMs }) =>
      progress.say(`accuracy: ${perSecond} probes/s, link ${linkMs} ms each way, ${load.lines} lines scraped`),
    );
    for (const [when, { judged, failed }] of Object.entries({ quiet, loaded }))
      answered(`accuracy, ${when}`, { ok: judged.link.length + judged.server.length, failed });
    const all = [...loaded.judged.link, ...loaded.judged.server];
    const share = (rule: Rule) => all.filter((one) => isLeftOut(one, rule)).length / all.length;
    const rows = ({ judged }: Taken, rule: Rule): AccuracyRow[] =>
      made.flatMap((where) => phaseErrors(judged[where], base[where], rule).map((row) => ({ ...row, made: where })));
    const delays = all.map(({ sample }) => sample.loopDelayMsMax);
    return {
      perSecond,
      lines: load.lines,
      scrapes: load.scrapes(),
      mainDelayMsMax: load.mainDelayMsMax(),
      probes: all.length,
      failed: quiet.failed + loaded.failed,
      contaminated: { warm: share('warm'), warming: share('warming') },
      workerDelayMs: { p99: quantile(delays, 0.99), worst: quantile(delays, 1) },
      rows: rows(loaded, 'warm'),
      rowsWarming: rows(loaded, 'warming'),
      rowsQuiet: rows(quiet, 'warm'),
      link: await apparatus.lateness(),
      apparatusFirst: apparatus.isFirst,
      othersCores: mean([...quiet.stretches, ...loaded.stretches].map(({ othersCores }) => othersCores)),
      disturbed: quiet.disturbed + loaded.disturbed,
      calm: quiet.calm && loaded.calm,
    };
  } finally {
    await workers.close();
    await load.close();
    await apparatus.close();
  }
}

/** Everything that a block of probes needs. */
interface Run {
  readonly workers: Workers;
  readonly apparatus: Apparatus;
  readonly load: ScrapeLoad;
}

interface Taken {
  readonly judged: Readonly<Record<Made, Judged[]>>;
  readonly failed: number;
  readonly disturbed: number;
  readonly calm: boolean;
  readonly stretches: readonly Stretch[];
}

/** Fires one block after the other and joins each probe with what is known of it. */
async function take(run: Run, waitsOf: readonly Waits[], forMs: number, tell: (waits: Waits) => void): Promise<Taken> {
  const judged: Record<Made, Judged[]> = { link: [], server: [] };
  let failed = 0;
  let disturbed = 0;
  let allCalm = true;
  const stretches: Stretch[] = [];
  for (const waits of waitsOf) {
    tell(waits);
    const watched = watchStretches();
    const fired = await asDaemon(() => fire(run, waits, forMs));
    const seen = watched();
    stretches.push(...seen);
    const calm = fired.filter(({ sample }) => isCalmBetween(sample.startedMonotonicMs, sample.endedMonotonicMs, seen));
    const shots = calm.length >= calmMin ? calm : fired;
    allCalm &&= shots.length === calm.length;
    disturbed += fired.length - shots.length;
    const known = await run.apparatus.known(waits);
    failed += shots.filter((shot) => !isClean(shot)).length;
    for (const where of made) {
      const mine = shots.filter((shot) => shot.made === where && isClean(shot));
      const threshold = warmThreshold(mine);
      for (const { id, sample } of mine) {
        const what: Known | undefined = where === 'link' ? known.link : known.server(id);
        if (what !== undefined) judged[where].push({ sample, known: what, thresholdMs: threshold });
      }
    }
  }
  return { judged, failed, disturbed, calm: allCalm, stretches };
}

function baseOfShots(shots: readonly Shot[]): Record<Made, Known> {
  const of = (where: Made): Known =>
    baseOf(shots.filter((shot) => shot.made === where && isClean(shot)).map(({ sample }) => sample));
  return { link: of('link'), server: of('server') };
}

async function shoot(workers: Workers, id: string, where: Made): Promise<Shot> {
  const module = where === 'link' ? 'github.com/pkg/errors' : `example.com/${id}`;
  const due = coldDue(id, where, module, where === 'link' ? 'v0.9.1' : 'v1.0.0', systemClock.monotonicMs());
  const { sample } = await workers.probe(due);
  return { made: where, id, sample };
}

/** Sets the delays and starts probes at an even pace. */
async function fire({ workers, apparatus, load }: Run, waits: Waits, forMs: number): Promise<readonly Shot[]> {
  await apparatus.set(waits);
  await workers.configure(apparatus.at(waits).book);
  const startedMs = Math.round(systemClock.monotonicMs());
  const flights: Promise<Shot>[] = [];
  await atPace(perSecond, forMs, (number) => {
    const shot = shoot(workers, `n${number}x${startedMs}`, number % 2 === 0 ? 'link' : 'server');
    flights.push(shot);
    void shot.then(({ sample }) => load.sample(sample));
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
  return thresholdMsOf({ medianMs }, detect.spike, schedule.pace.timeoutMs) ?? Number.POSITIVE_INFINITY;
}
