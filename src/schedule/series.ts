import { type Config, type Pace, paceOf } from '../core/config.ts';
import { limits } from '../core/limits.ts';
import { type Connection, isHeavy, seriesId, type Target, upstreamKeyOf } from '../core/mirror.ts';
import type { Calendar, Now } from '../core/ports.ts';
import { sinceBuildAtFirst } from './build.ts';
import type { Host, Series } from './host.ts';
import { type RepeatedRequest, requestKeyOf, type StartPhases } from './phases.ts';
import { hash32, makeCronPlan, makeEveryPlan, type Plan, type Slot } from './plan.ts';

/**
 * The same request is planned for the same time at all mirrors. Each mirror's probe then starts later by a fixed delay,
 * at most this long. Milliseconds.
 */
const staggerMsMax = { light: 2_000, heavy: 60_000 } as const;
/**
 * The fixed delay of a mirror's probe after the time planned for all mirrors is at most this fraction of the interval.
 */
const staggerShare = 0.1;

/**
 * Downloads of artifacts have no jitter. With jitter, one artifact could be probed twice before another is probed once.
 */
const heavyJitterShare = 0;

/**
 * The jitter of a light probe is at most this fraction of the time to the nearest start of another light probe of its
 * upstream.
 */
const gapShare = 0.1;

/**
 * The plan of a series. The same request is sent to all mirrors at nearly the same times, so that responses can be
 * compared.
 */
function planOf(target: Target, connection: Connection, pace: Pace, phases: StartPhases, means: PlanMeans): Plan {
  const key = requestKeyOf(target, connection);
  const hash = hash32(`${means.seed}\n${key}`);
  const share = hash32(target.registry) / 2 ** 32;
  const staggerMs = (everyMs: number): number =>
    share * Math.min(staggerMsMax[isHeavy(target) ? 'heavy' : 'light'], staggerShare * everyMs);
  if (pace.cadence.kind === 'cron')
    return makeCronPlan(pace.cadence, hash, means.calendar, staggerMs(pace.cadence.spreadMs));
  const { everyMs } = pace.cadence;
  const offsetMs = means.offsetMs + staggerMs(everyMs);
  const phase = phases.get(key);
  if (phase === undefined || isHeavy(target)) return makeEveryPlan(everyMs, hash, offsetMs, heavyJitterShare);
  const jitterShare = Math.min(limits.jitterShare, (gapShare * phase.gapMs) / everyMs);
  return makeEveryPlan(everyMs, hash, offsetMs, jitterShare, phase.atMs);
}

/** The light requests of an upstream that are repeated at an interval, by `requestKeyOf`. */
export type RepeatedRequests = Map<string, RepeatedRequest>;

/**
 * Adds the light requests of a target to those of its upstream. For a new upstream, also adds a request at the canary's
 * interval that is never sent: it reserves time for peeks (probes of an artifact's first bytes).
 */
export function addRepeated(
  all: Map<string, RepeatedRequests>,
  target: Target,
  connections: readonly Connection[],
  config: Config,
): void {
  const { cadence } = paceOf(target, config);
  if (isHeavy(target) || cadence.kind !== 'every') return;
  const upstream = upstreamKeyOf(target);
  const requests = all.get(upstream) ?? peeksOf(upstream, config);
  all.set(upstream, requests);
  for (const connection of connections) {
    const key = requestKeyOf(target, connection);
    requests.set(key, { key, kind: `${target.step}|${connection}`, everyMs: cadence.everyMs });
  }
}

function peeksOf(upstream: string, { schedule: { pace } }: Config): RepeatedRequests {
  const key = `${upstream}|peek`;
  return new Map(pace.cadence.kind === 'every' ? [[key, { key, kind: 'peek', everyMs: pace.cadence.everyMs }]] : []);
}

export interface PlanMeans {
  readonly seed: string;
  readonly calendar: Calendar;
  /** Monotonic minus wall time at the scheduler's start, milliseconds. */
  readonly offsetMs: number;
}

const noSlot: Slot = { index: 0, atMs: Number.POSITIVE_INFINITY };

/**
 * A missed download of an artifact is retried after `againShare` of the time until its next planned start, at least
 * after `againMsMin` (milliseconds).
 */
const againMsMin = 60_000;
const againShare = 0.1;

/**
 * Returns the slot in which a missed download of an artifact is retried; `null`: the series is no download, or its next
 * planned start is too near.
 */
export function againAt({ priority, slot: next }: Series, missed: Slot, now: Now): Slot | null {
  const gapMs = next.atMs - now.monotonicMs;
  const waitMs = Math.max(againMsMin, againShare * gapMs);
  if (priority !== 2 || !Number.isFinite(gapMs) || 2 * waitMs > gapMs) return null;
  return { index: missed.index, atMs: now.monotonicMs + waitMs, isAgain: true };
}

/**
 * Returns the first slot of a series after a start of the daemon. If an artifact's last successful download is older
 * than its last planned start, the download is retried before the next planned start. With a cron schedule there is no
 * such retry.
 * @param lastOkMs  the last success of the series, wall milliseconds; `null`: not known, so nothing is retried
 */
export function firstSlotOf(series: Series, lastOkMs: number | null, now: Now): Slot {
  const first = series.plan.first(now);
  if (series.priority !== 2 || series.pace.cadence.kind !== 'every' || lastOkMs === null) return first;
  const { slot: last } = series.plan.latest({ index: Number.NEGATIVE_INFINITY, atMs: 0 }, now);
  if (lastOkMs >= last.atMs - now.monotonicMs + now.wallMs) return first;
  return againAt({ ...series, slot: first }, last, now) ?? first;
}

/** Creates a series in state `idle`. @param phases  the phases of light requests that are repeated at an interval */
export function createSeries(
  target: Target,
  connection: Connection,
  config: Config,
  host: Host,
  phases: StartPhases,
  means: PlanMeans,
): Series {
  const id = seriesId(target, connection);
  const pace = paceOf(target, config);
  return {
    id,
    target,
    connection,
    pace,
    priority: target.canary ? 0 : isHeavy(target) ? 2 : 1,
    plan: planOf(target, connection, pace, phases, means),
    host,
    slot: noSlot,
    waitsFor: noSlot,
    state: 'idle',
    plannedAtMs: 0,
    startedAtMs: Number.NEGATIVE_INFINITY,
    lastBytes: null,
    protocol: null,
    sinceBuild: sinceBuildAtFirst,
  };
}

/** Updates a series in place, because running probes refer to it. Its slot stays unless the cadence has changed. */
export function renew(series: Series, fresh: Series, now: Now): void {
  const isSamePlan = JSON.stringify(series.pace.cadence) === JSON.stringify(fresh.pace.cadence);
  series.target = fresh.target;
  series.pace = fresh.pace;
  series.priority = fresh.priority;
  series.host = fresh.host;
  if (isSamePlan) return;
  series.plan = fresh.plan;
  series.slot = fresh.plan.first(now);
}
