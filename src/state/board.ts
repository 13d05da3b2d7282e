import { phases } from '../core/failure.ts';
import { limits } from '../core/limits.ts';
import { type Connection, seriesId, type Target } from '../core/mirror.ts';
import type { KeptProbe, PhaseTimes, SamplePoint, SeriesNow, SettledSample } from '../core/sample.ts';
import { atOnce, each, type Slices } from '../core/slices.ts';
import { quantile, quantileOf } from '../core/statistics.ts';
import type { Transcript } from '../core/transcript.ts';
import { Points } from './points.ts';

export interface SeriesRef {
  readonly target: Target;
  readonly connection: Connection;
}

interface Series {
  target: Target;
  readonly connection: Connection;
  last: SettledSample | null;
  readonly recent: Points;
  readonly probes: string[];
  /** Unscheduled probes, kept apart so that they do not displace the scheduled ones. */
  readonly roundProbes: string[];
  /** For the exemplars on /metrics. */
  readonly byBucket: Map<number, string>;
  lastOkAtMs: number | null;
}

/** `targets`: by the ids of targets and of series; `fresh`: new series. */
interface Plan {
  readonly configured: readonly SeriesRef[];
  readonly targets: ReadonlyMap<string, Target>;
  readonly fresh: ReadonlyMap<string, Series>;
}

export type Board = ReturnType<typeof createBoard>;

/**
 * Keeps current facts and the last probes of each series, within bounds.
 * @param bucketEdgesSeconds  upper edges of the round-trip histogram, ascending
 */
export function createBoard(bucketEdgesSeconds: readonly number[], configured: readonly SeriesRef[]) {
  const all = new Map<string, Series>();
  const byRegistry = new Map<string, Set<Series>>();
  const kept = new Map<string, { probe: KeptProbe; holders: number }>();
  const failing: string[] = [];
  /** The first slow probes of a series since its last fast one: a finding may cite them. */
  const streaks = new Map<Series, string[]>();
  let inStreaks = 0;
  let ready: Plan | null = null;
  let known: Plan['targets'] = new Map();

  const hold = (probeId: string, probe: KeptProbe): void => {
    const entry = kept.get(probeId);
    if (entry) entry.holders += 1;
    else kept.set(probeId, { probe, holders: 1 });
  };
  const release = (probeId: string | undefined): void => {
    if (probeId === undefined) return;
    const entry = kept.get(probeId);
    if (entry && --entry.holders <= 0) kept.delete(probeId);
  };
  /** How many transcripts of a series are kept: fewer if there are thousands of series. */
  const perSeries = (): number =>
    Math.max(1, Math.min(limits.transcriptsPerSeries, Math.floor(limits.transcriptsKept / Math.max(1, all.size))));
  const add = (id: string, fresh: Series): void => {
    all.set(id, fresh);
    const siblings = byRegistry.get(fresh.target.registry) ?? new Set();
    byRegistry.set(fresh.target.registry, siblings.add(fresh));
  };
  const seriesFor = (target: Target, connection: Connection): Series => {
    const id = seriesId(target, connection);
    const found = all.get(id);
    if (found) return found;
    const fresh = newSeries(target, connection);
    add(id, fresh);
    return fresh;
  };
  const keepStreak = (series: Series, probe: KeptProbe): void => {
    const { outcome, rttMs, thresholdMs, cold, due } = probe.sample;
    if (outcome.tag !== 'ok' || cold || rttMs === null || thresholdMs === null) return;
    if (rttMs <= thresholdMs) return endStreak(series);
    const streak = streaks.get(series) ?? [];
    if (inStreaks >= limits.streakTranscripts || streak.length >= limits.transcriptsPerSeries) return;
    inStreaks += 1;
    streaks.set(series, streak);
    streak.push(due.probeId);
    hold(due.probeId, probe);
  };
  const endStreak = (series: Series): void => {
    const streak = streaks.get(series) ?? [];
    streaks.delete(series);
    inStreaks -= streak.length;
    for (const probeId of streak) release(probeId);
  };
  const planning = function* (wanted: readonly SeriesRef[]): Slices<Plan> {
    const targets = new Map<string, Target>();
    const fresh = new Map<string, Series>();
    yield* each(wanted, ({ target, connection }) => {
      const id = seriesId(target, connection);
      targets.set(target.id, target).set(id, target);
      if (!all.has(id)) fresh.set(id, newSeries(target, connection));
    });
    return { configured: wanted, targets, fresh };
  };
  const begin = (wanted: readonly SeriesRef[]): void => {
    const { targets, fresh } = ready?.configured === wanted ? ready : atOnce(planning(wanted));
    ready = null;
    known = targets;
    for (const [id, series] of all) {
      const target = targets.get(id);
      if (target === undefined) drop(id, series);
      else series.target = target;
    }
    for (const [id, series] of fresh) if (!all.has(id)) add(id, series);
  };
  const drop = (id: string, series: Series): void => {
    all.delete(id);
    byRegistry.get(series.target.registry)?.delete(series);
    endStreak(series);
    for (const probeId of heldBy(series)) release(probeId);
    for (const probeId of series.byBucket.values()) release(probeId);
  };
  begin(configured);

  return {
    take(sample: SettledSample, transcript: Transcript | null): void {
      const isScheduled = sample.due.purpose === 'scheduled';
      if (!known.has(isScheduled ? seriesId(sample.due.target, sample.due.connection) : sample.due.target.id)) return;
      // A request of a build is kept in the series whose probe it replaced.
      const connection = sample.due.purpose === 'build' ? 'cold' : sample.due.connection;
      const series = seriesFor(sample.due.target, connection);
      const { probeId } = sample.due;
      const probe: KeptProbe = { sample, transcript };
      if (sample.outcome.tag === 'failed') {
        hold(probeId, probe);
        for (const gone of pushed(failing, probeId, limits.failingTranscripts)) release(gone);
      }
      hold(probeId, probe);
      for (const gone of pushed(isScheduled ? series.probes : series.roundProbes, probeId, perSeries())) release(gone);
      if (!isScheduled) return;
      keepStreak(series, probe);
      series.last = sample;
      series.recent.push(sample, perSeries());
      if (sample.outcome.tag !== 'ok' || sample.rttMs === null) return;
      series.lastOkAtMs = sample.startedAtMs;
      if (sample.cold) return;
      const bucket = bucketOf(bucketEdgesSeconds, sample.rttMs / 1000);
      hold(probeId, probe);
      release(series.byBucket.get(bucket));
      series.byBucket.set(bucket, probeId);
    },
    /** Drops series that are not in the list. */
    replace: begin,
    /** Prepares, in slices, a `replace` with the same list. */
    *preparing(next: readonly SeriesRef[]): Slices<void> {
      ready = yield* planning(next);
    },
    *series(): Iterable<SeriesNow> {
      for (const series of all.values()) yield now(series);
    },
    of: (registry: string): readonly SeriesNow[] => [...(byRegistry.get(registry) ?? [])].map(now),
    probe: (probeId: string): KeptProbe | null => kept.get(probeId)?.probe ?? null,
    /** Newest first. */
    probesOf: (registry: string, limit: number): readonly KeptProbe[] =>
      [...(byRegistry.get(registry) ?? [])]
        .flatMap(heldBy)
        .flatMap((probeId) => kept.get(probeId)?.probe ?? [])
        .sort((a, b) => b.sample.startedAtMs - a.sample.startedAtMs)
        .slice(0, limit),
  };
}

function newSeries(target: Target, connection: Connection): Series {
  return {
    target,
    connection,
    last: null,
    recent: new Points(limits.chartSamples),
    probes: [],
    roundProbes: [],
    byBucket: new Map(),
    lastOkAtMs: null,
  };
}

function pushed(probeIds: string[], probeId: string, room: number): readonly string[] {
  probeIds.push(probeId);
  return probeIds.splice(0, Math.max(0, probeIds.length - room));
}

function heldBy({ probes, roundProbes }: Series): readonly string[] {
  return [...probes, ...roundProbes];
}

function bucketOf(edges: readonly number[], seconds: number): number {
  const index = edges.findIndex((edge) => seconds <= edge);
  return index === -1 ? edges.length : index;
}

/** Medians are computed on first read: a list of ten thousand series needs few. */
function now(series: Series): SeriesNow {
  let recent: readonly SamplePoint[] | null = null;
  let timed: readonly SamplePoint[] | null = null;
  let sorted: readonly number[] | null = null;
  const recentOnes = (): readonly SamplePoint[] => {
    recent ??= series.recent.items();
    return recent;
  };
  const timedOnes = (): readonly SamplePoint[] => {
    timed ??= recentOnes().filter((sample) => sample.outcome.tag === 'ok' && !sample.cold && sample.rttMs !== null);
    return timed;
  };
  const sortedMs = (): readonly number[] => {
    sorted ??= timedOnes()
      .map((sample) => sample.rttMs ?? 0)
      .sort((a, b) => a - b);
    return sorted;
  };
  return {
    target: series.target,
    connection: series.connection,
    get p50Ms() {
      return quantile(sortedMs(), 0.5);
    },
    get p95Ms() {
      return quantile(sortedMs(), 0.95);
    },
    last: series.last,
    lastOkAtMs: series.lastOkAtMs,
    get phases() {
      return medianPhases(timedOnes());
    },
    get recent() {
      return recentOnes();
    },
    lastBy: (wallMs) => series.recent.lastBy(wallMs),
  };
}

function medianPhases(samples: readonly SamplePoint[]): PhaseTimes {
  return Object.fromEntries(
    phases.flatMap((name) => {
      const times = samples.flatMap((sample) => sample.phases[name] ?? []);
      const ms = quantileOf(times, 0.5);
      return ms === null ? [] : [[name, ms]];
    }),
  );
}
