import type { Due } from '../core/due.ts';
import { phases } from '../core/failure.ts';
import { limits } from '../core/limits.ts';
import { type Connection, seriesId, type Target } from '../core/mirror.ts';
import type { KeptProbe, PhaseTimes, SamplePoint, SeriesNow, SettledSample } from '../core/sample.ts';
import { atOnce, each, type Slices } from '../core/slices.ts';
import { quantile, quantileOf } from '../core/statistics.ts';
import type { Transcript } from '../core/transcript.ts';
import { Points } from './points.ts';

export type SeriesRef = Pick<Due, 'target' | 'connection'>;

interface Series {
  target: Target;
  readonly connection: Connection;
  last: SettledSample | null;
  readonly recent: Points;
  readonly probes: string[];
  /** Ids of unscheduled probes. They have a list of their own, so that they do not displace the scheduled ones. */
  readonly roundProbes: string[];
  /** Ids of probes by histogram bucket, for the exemplars on /metrics. */
  readonly byBucket: Map<number, string>;
  lastOkAtMs: number | null;
}

/**
 * The prepared result of a reload. `targets`: the targets by their ids and by the ids of their series; `fresh`: new
 * series by id.
 */
interface Plan {
  readonly configured: readonly SeriesRef[];
  readonly targets: ReadonlyMap<string, Target>;
  readonly fresh: ReadonlyMap<string, Series>;
}

/**
 * Keeps the current facts and the last probes of each series in memory, within limits.
 * @param bucketEdgesSeconds  upper edges of the round-trip histogram, ascending
 */
export class ProbeStore {
  readonly #edges: readonly number[];
  readonly #all = new Map<string, Series>();
  readonly #byRegistry = new Map<string, Set<Series>>();
  readonly #kept = new KeptProbes();
  readonly #failing: string[] = [];
  /** The first slow probes of each series since its last fast probe. They are kept because a finding may cite them. */
  readonly #streaks = new Map<Series, string[]>();
  #inStreaks = 0;
  #ready: Plan | null = null;
  #known: Plan['targets'] = new Map();

  constructor(bucketEdgesSeconds: readonly number[], configured: readonly SeriesRef[]) {
    this.#edges = bucketEdgesSeconds;
    this.replace(configured);
  }

  take(sample: SettledSample, transcript: Transcript | null): void {
    const { probeId, purpose, target } = sample.due;
    const isScheduled = purpose === 'scheduled';
    if (!this.#known.has(isScheduled ? seriesId(target, sample.due.connection) : target.id)) return;
    // A probe of a build (several probes over one HTTP/2 connection) replaced a cold probe, so it belongs to the cold
    // series.
    const series = this.#seriesFor(target, purpose === 'build' ? 'cold' : sample.due.connection);
    const probe: KeptProbe = { sample, transcript };
    if (sample.outcome.tag === 'failed') {
      this.#kept.hold(probeId, probe);
      for (const gone of pushed(this.#failing, probeId, limits.failingTranscripts)) this.#kept.release(gone);
    }
    this.#kept.hold(probeId, probe);
    const probes = isScheduled ? series.probes : series.roundProbes;
    for (const gone of pushed(probes, probeId, this.#perSeries())) this.#kept.release(gone);
    if (!isScheduled) return;
    this.#keepStreak(series, probe);
    series.last = sample;
    series.recent.push(sample, this.#perSeries());
    if (sample.outcome.tag !== 'ok' || sample.rttMs === null) return;
    series.lastOkAtMs = sample.startedAtMs;
    if (sample.cold) return;
    const bucket = bucketOf(this.#edges, sample.rttMs / 1000);
    this.#kept.hold(probeId, probe);
    this.#kept.release(series.byBucket.get(bucket));
    series.byBucket.set(bucket, probeId);
  }

  /** Takes the series of a new configuration. Series that are not in the list are dropped. */
  replace(wanted: readonly SeriesRef[]): void {
    const { targets, fresh } = this.#ready?.configured === wanted ? this.#ready : atOnce(this.#planning(wanted));
    this.#ready = null;
    this.#known = targets;
    for (const [id, series] of this.#all) {
      const target = targets.get(id);
      if (target === undefined) this.#drop(id, series);
      else series.target = target;
    }
    for (const [id, series] of fresh) if (!this.#all.has(id)) this.#add(id, series);
  }

  /** Prepares a later `replace` with the same list. It works in slices, so that other work can run in between. */
  *preparing(next: readonly SeriesRef[]): Slices<void> {
    this.#ready = yield* this.#planning(next);
  }

  *series(): Iterable<SeriesNow> {
    for (const series of this.#all.values()) yield now(series);
  }

  of(registry: string): readonly SeriesNow[] {
    return [...(this.#byRegistry.get(registry) ?? [])].map(now);
  }

  probe(probeId: string): KeptProbe | null {
    return this.#kept.get(probeId);
  }

  /** Returns the last probes of a mirror, newest first. */
  probesOf(registry: string, limit: number): readonly KeptProbe[] {
    return [...(this.#byRegistry.get(registry) ?? [])]
      .flatMap(heldBy)
      .flatMap((probeId) => this.#kept.get(probeId) ?? [])
      .sort((a, b) => b.sample.startedAtMs - a.sample.startedAtMs)
      .slice(0, limit);
  }

  /** Returns how many transcripts are kept per series. With thousands of series, fewer are kept. */
  #perSeries(): number {
    const share = Math.floor(limits.transcriptsKept / Math.max(1, this.#all.size));
    return Math.max(1, Math.min(limits.transcriptsPerSeries, share));
  }

  #seriesFor(target: Target, connection: Connection): Series {
    const id = seriesId(target, connection);
    const found = this.#all.get(id);
    if (found) return found;
    const fresh = newSeries(target, connection);
    this.#add(id, fresh);
    return fresh;
  }

  #add(id: string, fresh: Series): void {
    this.#all.set(id, fresh);
    const siblings = this.#byRegistry.get(fresh.target.registry) ?? new Set();
    this.#byRegistry.set(fresh.target.registry, siblings.add(fresh));
  }

  #drop(id: string, series: Series): void {
    this.#all.delete(id);
    this.#byRegistry.get(series.target.registry)?.delete(series);
    this.#endStreak(series);
    for (const probeId of heldBy(series)) this.#kept.release(probeId);
    for (const probeId of series.byBucket.values()) this.#kept.release(probeId);
  }

  #keepStreak(series: Series, probe: KeptProbe): void {
    const { outcome, rttMs, thresholdMs, cold, due } = probe.sample;
    if (outcome.tag !== 'ok' || cold || rttMs === null || thresholdMs === null) return;
    if (rttMs <= thresholdMs) return this.#endStreak(series);
    const streak = this.#streaks.get(series) ?? [];
    if (this.#inStreaks >= limits.streakTranscripts || streak.length >= limits.transcriptsPerSeries) return;
    this.#inStreaks += 1;
    this.#streaks.set(series, streak);
    streak.push(due.probeId);
    this.#kept.hold(due.probeId, probe);
  }

  #endStreak(series: Series): void {
    const streak = this.#streaks.get(series) ?? [];
    this.#streaks.delete(series);
    this.#inStreaks -= streak.length;
    for (const probeId of streak) this.#kept.release(probeId);
  }

  *#planning(wanted: readonly SeriesRef[]): Slices<Plan> {
    const targets = new Map<string, Target>();
    const fresh = new Map<string, Series>();
    yield* each(wanted, ({ target, connection }) => {
      const id = seriesId(target, connection);
      targets.set(target.id, target).set(id, target);
      if (!this.#all.has(id)) fresh.set(id, newSeries(target, connection));
    });
    return { configured: wanted, targets, fresh };
  }
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

/**
 * Returns the current facts of a series. Medians are computed at first read, because a list of ten thousand series
 * needs few of them.
 */
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

/**
 * Keeps probes by id, each with the number of its holders (lists that contain it). A probe without a holder is
 * forgotten.
 */
class KeptProbes {
  readonly #kept = new Map<string, { readonly probe: KeptProbe; holders: number }>();

  get(probeId: string): KeptProbe | null {
    return this.#kept.get(probeId)?.probe ?? null;
  }

  hold(probeId: string, probe: KeptProbe): void {
    const entry = this.#kept.get(probeId);
    if (entry) entry.holders += 1;
    else this.#kept.set(probeId, { probe, holders: 1 });
  }

  release(probeId: string | undefined): void {
    if (probeId === undefined) return;
    const entry = this.#kept.get(probeId);
    if (entry && --entry.holders <= 0) this.#kept.delete(probeId);
  }
}
