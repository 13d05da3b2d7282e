import type { Config, Pace } from '../core/config.ts';
import type { Connection } from '../core/mirror.ts';
import { paceOf } from '../core/pace.ts';
import type { Calendar, Now } from '../core/ports.ts';
import { isHeavy, seriesId, type Target } from '../core/target.ts';
import type { Host, Series } from './memory.ts';
import { cronPlan, everyPlan, hash32, type Plan } from './plan.ts';

/** Within a round light questions start staggered over this, and artifacts one after the other. Milliseconds. */
const staggerMsMax = { light: 2_000, heavy: 60_000 } as const;
/** Nor over more than this share of the pace. */
const staggerShare = 0.1;

/**
 * One question goes to all mirrors of its upstream at once, so that their answers can be compared: its phase and jitter
 * are the question's; each mirror is a little later by its own name.
 */
function planOf(target: Target, connection: Connection, pace: Pace, means: PlanMeans): Plan {
  const { ecosystem, upstream, registry, module, version, step } = target;
  const question = [ecosystem, upstream, module ?? '', version ?? '', step, connection].join('|');
  const hash = hash32(`${means.seed}\n${question}`);
  const share = hash32(registry) / 2 ** 32;
  const staggerMs = (everyMs: number): number =>
    share * Math.min(staggerMsMax[isHeavy(target) ? 'heavy' : 'light'], staggerShare * everyMs);
  return pace.cadence.kind === 'every'
    ? everyPlan(pace.cadence.everyMs, hash, means.offsetMs + staggerMs(pace.cadence.everyMs))
    : cronPlan(pace.cadence, hash, means.calendar, staggerMs(pace.cadence.spreadMs));
}

/** What plans are made of beside a series and its pace. */
export interface PlanMeans {
  readonly seed: string;
  readonly calendar: Calendar;
  /** Monotonic minus wall time at the scheduler's start. */
  readonly offsetMs: number;
}

/** A new series without a slot yet. */
export function createSeries(
  target: Target,
  connection: Connection,
  config: Config,
  host: Host,
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
    plan: planOf(target, connection, pace, means),
    host,
    slot: { index: 0, atMs: Number.POSITIVE_INFINITY },
    state: 'idle',
    plannedAtMs: 0,
    lastBytes: null,
  };
}

/**
 * Takes on what a reload says of a series. It stays the same object, because probes in flight point to it, and keeps
 * its phase where its cadence stayed.
 */
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
