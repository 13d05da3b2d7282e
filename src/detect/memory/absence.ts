import { limits } from '../../core/limits.ts';
import type { Step } from '../../core/mirror.ts';
import type { Now } from '../../core/ports.ts';
import type { Sample } from '../../core/sample.ts';
import type { Pause } from '../../core/standing.ts';

/** Why a mirror, or a step of it, is not probed: a pause, a maintenance window, or throttling. */
export class Absence {
  paused: Pause | null = null;
  inMaintenance: boolean = false;
  /** When each throttled step may be probed again; monotonic milliseconds. */
  readonly throttled = new Map<Step, number>();
}

interface Away {
  readonly absence: Absence;
}

export function isLeftAlone({ absence }: Away): boolean {
  return absence.paused !== null || absence.inMaintenance;
}

export function canBeProbed(
  memory: { readonly now: Now },
  mirror: Away & { readonly canary: { readonly step: Step } | null },
): boolean {
  return mirror.canary !== null && !isLeftAlone(mirror) && !isThrottled(memory, mirror, mirror.canary.step);
}

export function isThrottled(memory: { readonly now: Now }, { absence }: Away, step: Step): boolean {
  return (absence.throttled.get(step) ?? Number.NEGATIVE_INFINITY) > memory.now.monotonicMs;
}

/** The latest time at which a throttled step may be probed again, wall milliseconds; `null`: no step is throttled. */
export function throttleEndMsOf({ throttled }: Absence, now: Now): number | null {
  return throttled.size === 0 ? null : Math.round(now.wallMs - now.monotonicMs + Math.max(...throttled.values()));
}

export function expireAbsences(memory: { readonly now: Now; readonly mirrors: ReadonlyMap<string, Away> }): void {
  for (const { absence } of memory.mirrors.values()) {
    if (absence.paused !== null && absence.paused.untilMs <= memory.now.wallMs) absence.paused = null;
    for (const [step, untilMs] of absence.throttled)
      if (untilMs <= memory.now.monotonicMs) absence.throttled.delete(step);
  }
}

/** `null`: probed again; the waits of its steps end too. */
export function pauseMirror({ absence }: Away, pause: Pause | null): void {
  absence.paused = pause;
  if (pause === null) absence.throttled.clear();
}

export function restorePause({ absence }: Away, pause: Pause | null): void {
  absence.paused = pause;
}

export function recordMaintenance({ absence }: Away, inMaintenance: boolean): void {
  absence.inMaintenance = inMaintenance;
}

/** @param untilMs  monotonic; `null`: no longer throttled */
export function recordThrottle({ absence }: Away, step: Step, untilMs: number | null): void {
  if (untilMs === null) absence.throttled.delete(step);
  else absence.throttled.set(step, untilMs);
}

/** Ends the waits of the schedule, and the time in which any 429 counts as one for our rate. */
export function clearAbsenceWaits(mirror: Away & Counted): void {
  mirror.absence.throttled.clear();
  clearPaceWait(mirror);
}

const minuteMs = 60_000;
/** At least this many probes of rounds and builds within a minute make our requests dense. */
const extraMin = 3;
const toleratedShare = 0.9;
/** After a 429 for our rate, later 429s count as ours for at most this long. */
const oursMsMax = 20 * minuteMs;
/**
 * After a 429 for our rate: the new limit of rounds, as a share of the requests in the minute before; at least
 * `restMin`.
 */
const restShare = 0.5;
const restMin = 6;

/** The rate of our requests to a mirror, and the 429s for that rate. Times are monotonic milliseconds. */
export class Density {
  /** Probes by start; those over a minute old go with the next one. `isExtra`: of a round or build. */
  requests: { readonly atMs: number; readonly isExtra: boolean }[] = [];
  /** Rounds probe the mirror only below this many probes a minute; `null`: no 429 was for our rate yet. */
  most: number | null = null;
  /** The most requests in the minute before a success, since the last 429 for our rate. */
  tolerated: number = 0;
  /** The end of the last wait that the mirror named, as far as it is obeyed. */
  waitUntilMs: number = Number.NEGATIVE_INFINITY;
  /** A 429 before this time counts as one for our rate. */
  oursUntilMs: number = Number.NEGATIVE_INFINITY;
  /** The last 429 was for our rate, and no ok response came after its wait. */
  isOurs: boolean = false;
}

interface Counted {
  readonly density: Density;
}

export function recordRequest({ density }: Counted, { due, outcome, startedMonotonicMs }: Sample): void {
  density.requests = density.requests.filter(({ atMs }) => atMs > startedMonotonicMs - minuteMs);
  if (outcome.tag === 'ok') density.tolerated = Math.max(density.tolerated, density.requests.length);
  density.requests.push({ atMs: startedMonotonicMs, isExtra: due.purpose === 'confirm' || due.purpose === 'build' });
}

export function mayBeProbedMore({ density }: Counted, nowMs: number): boolean {
  const { most, requests } = density;
  return most === null || requests.filter(({ atMs }) => atMs > nowMs - minuteMs).length < most;
}

/**
 * True for a 429 that our own dense requests explain; updates the density.
 * @see docs/detection.md#rules-of-findings
 */
export function isRefusedForPace({ density }: Counted, sample: Sample, nowMs: number): boolean {
  const { outcome, startedMonotonicMs } = sample;
  if (outcome.tag !== 'failed' || outcome.failure.kind !== 'throttled') {
    if (outcome.tag === 'ok' && !isWaiting(density, nowMs)) density.isOurs = false;
    return false;
  }
  if (isWaiting(density, nowMs)) return true;
  const waitMs = outcome.failure.retryAfterMs ?? 0;
  // Requests before a wait are no reason for a 429 after it: the mirror knew of them when it named the wait.
  const fromMs = Math.max(startedMonotonicMs - minuteMs, density.waitUntilMs);
  density.waitUntilMs = Math.max(density.waitUntilMs, nowMs + Math.min(waitMs, limits.throttleMsMax));
  const before = density.requests.filter(({ atMs }) => atMs >= fromMs && atMs < startedMonotonicMs);
  const isDense = before.filter(({ isExtra }) => isExtra).length >= extraMin;
  // Below a rate that the mirror accepted before, our rate is not the reason.
  const isMore = before.length >= toleratedShare * density.tolerated;
  density.isOurs = waitMs > 0 && isDense && isMore;
  if (!density.isOurs) return false;
  density.oursUntilMs = nowMs + Math.min(waitMs, oursMsMax);
  density.most = Math.max(restMin, Math.floor(restShare * before.length));
  density.tolerated = 0;
  return true;
}

/** Ends the time in which any 429 counts as one for our rate. */
export function clearPaceWait({ density }: Counted): void {
  density.isOurs = false;
  density.oursUntilMs = Number.NEGATIVE_INFINITY;
}

function isWaiting({ oursUntilMs }: Density, nowMs: number): boolean {
  return nowMs < oursUntilMs;
}
