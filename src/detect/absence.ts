import { limits } from '../core/limits.ts';
import type { Step } from '../core/mirror.ts';
import type { Now } from '../core/ports.ts';
import type { Sample } from '../core/sample.ts';
import type { Pause } from '../core/standing.ts';

/** Why detect expects no samples of a mirror: a pause, a maintenance window, or a `Retry-After`. */
export class Absence {
  paused: Pause | null = null;
  inMaintenance: boolean = false;
  /** Throttled steps (`Retry-After`, 429), with the end of each wait; monotonic milliseconds. */
  readonly throttled = new Map<Step, number>();
}

/** True while the mirror is paused or in maintenance: its samples are not judged. */
export function isLeftAlone({ absence }: { readonly absence: Absence }): boolean {
  return absence.paused !== null || absence.inMaintenance;
}

/** True where a round may probe a mirror now: a round always probes its canary. */
export function canBeAsked(
  memory: { readonly now: Now },
  mirror: { readonly canary: { readonly step: Step } | null; readonly absence: Absence },
): boolean {
  return mirror.canary !== null && !isLeftAlone(mirror) && !isThrottled(memory, mirror, mirror.canary.step);
}

/** True while a step of the mirror is throttled. */
export function isThrottled(
  memory: { readonly now: Now },
  { absence }: { readonly absence: Absence },
  step: Step,
): boolean {
  return (absence.throttled.get(step) ?? Number.NEGATIVE_INFINITY) > memory.now.monotonicMs;
}

/**
 * When the last of the throttled steps may be requested again, wall-clock milliseconds; `null`: none is throttled. It is
 * computed from the monotonic end, so setting the wall clock does not change the wait.
 */
export function throttleEndMsOf({ throttled }: Absence, now: Now): number | null {
  return throttled.size === 0 ? null : Math.round(now.wallMs - now.monotonicMs + Math.max(...throttled.values()));
}

/** Ends pauses and waits whose time is over. */
export function expireAbsences(memory: {
  readonly now: Now;
  readonly mirrors: ReadonlyMap<string, { readonly absence: Absence }>;
}): void {
  for (const { absence } of memory.mirrors.values()) {
    if (absence.paused !== null && absence.paused.untilMs <= memory.now.wallMs) absence.paused = null;
    for (const [step, untilMs] of absence.throttled)
      if (untilMs <= memory.now.monotonicMs) absence.throttled.delete(step);
  }
}

const minuteMs = 60_000;
/** From this many probes of rounds and builds within a minute, our requests count as dense. */
const extraMin = 3;
/** Our requests are dense only if they also reach this share of the largest rate that the mirror accepted. */
const toleratedShare = 0.9;
/** The longest time for which a `Retry-After` after dense requests is attributed to our own rate. */
const oursMsMax = 20 * minuteMs;
/**
 * After a refusal of our rate, rounds stay below this share of the previous minute's requests, but may send `restMin`.
 */
const restShare = 0.5;
const restMin = 6;

/** The rate of our requests to a mirror, and its refusals of that rate. Monotonic milliseconds. */
export class Density {
  /** When each probe of the last minute started. */
  asks: { readonly atMs: number; readonly isExtra: boolean }[] = [];
  /** The most requests a minute at which rounds may still add one; `null`: the mirror never refused our rate. */
  most: number | null = null;
  /** The most requests within a minute after which the mirror still succeeded. */
  tolerated: number = 0;
  /** Until when the mirror's 429s are attributed to our rate. */
  oursUntilMs: number = Number.NEGATIVE_INFINITY;
  /** True if the mirror's last 429 was attributed to our rate. */
  isOurs: boolean = false;
}

interface Counted {
  readonly density: Density;
}

/** Counts a probe of the mirror, of any purpose. */
export function recordRequest({ density }: Counted, { due, outcome, startedMonotonicMs }: Sample): void {
  density.asks = density.asks.filter(({ atMs }) => atMs > startedMonotonicMs - minuteMs);
  if (outcome.tag === 'ok') density.tolerated = Math.max(density.tolerated, density.asks.length);
  density.asks.push({ atMs: startedMonotonicMs, isExtra: due.purpose === 'confirm' || due.purpose === 'build' });
}

/** False where another unplanned request would reach the rate that the mirror refused before. */
export function mayBeAskedMore({ density }: Counted, nowMs: number): boolean {
  const { most, asks } = density;
  return most === null || asks.filter(({ atMs }) => atMs > nowMs - minuteMs).length < most;
}

/**
 * Judges a settled sample. A 429 with a wait above `limits.refusalWishMs` is attributed to our rate, and not to the mirror,
 * if our requests were dense within the minute before it. Until that wait (at most `oursMsMax`) is over, any further 429 is
 * attributed to our rate too.
 * @returns true if the sample is a 429 that is attributed to our rate
 * @see design.md section 5.2, Refusal
 */
export function isRefusedForPace({ density }: Counted, sample: Sample, nowMs: number): boolean {
  const { outcome, startedMonotonicMs } = sample;
  if (outcome.tag !== 'failed' || outcome.failure.kind !== 'throttled') {
    if (outcome.tag === 'ok' && !isWaiting(density, nowMs)) density.isOurs = false;
    return false;
  }
  if (isWaiting(density, nowMs)) return true;
  const waitMs = outcome.failure.retryAfterMs ?? 0;
  const before = density.asks.filter(({ atMs }) => atMs > startedMonotonicMs - minuteMs && atMs < startedMonotonicMs);
  const isDense = before.filter(({ isExtra }) => isExtra).length >= extraMin;
  // A rate limit refuses above the rates that succeeded before. Below them our rate is not the reason.
  const isMore = before.length >= toleratedShare * density.tolerated;
  density.isOurs = waitMs > limits.refusalWishMs && isDense && isMore;
  if (!density.isOurs) return false;
  density.oursUntilMs = nowMs + Math.min(waitMs, oursMsMax);
  density.most = Math.max(restMin, Math.floor(restShare * before.length));
  density.tolerated = 0;
  return true;
}

/** From now on refusals count against the mirror: a real client was refused too, or the mirror was configured anew. */
export function clearPaceWait({ density }: Counted): void {
  density.isOurs = false;
  density.oursUntilMs = Number.NEGATIVE_INFINITY;
}

function isWaiting({ oursUntilMs }: Density, nowMs: number): boolean {
  return nowMs < oursUntilMs;
}
