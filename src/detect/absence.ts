import { limits } from '../core/limits.ts';
import type { Now } from '../core/ports.ts';
import type { Sample } from '../core/sample.ts';
import type { Step } from '../core/target.ts';

/** Why a mirror is left alone: a person, a plan, or the mirror itself wants it. All that detect knows of it is here. */
export interface Absence {
  paused: { readonly untilMs: number; readonly reason: string } | null;
  inMaintenance: boolean;
  /** Until when steps of it are not requested because it asked for that (`Retry-After`, 429); wall milliseconds. */
  readonly throttled: Map<Step, number>;
}

/** A mirror that is asked as planned. */
export function newAbsence(): Absence {
  return { paused: null, inMaintenance: false, throttled: new Map() };
}

/** True while a person or a plan wants the mirror left alone: nothing it says is judged. */
export function isLeftAlone({ absence }: { readonly absence: Absence }): boolean {
  return absence.paused !== null || absence.inMaintenance;
}

/** True where a mirror may be asked in a round now: a round always asks its canary. */
export function canBeAsked(
  memory: { readonly now: Now },
  mirror: { readonly canary: { readonly step: Step } | null; readonly absence: Absence },
): boolean {
  return mirror.canary !== null && !isLeftAlone(mirror) && !isThrottled(memory, mirror, mirror.canary.step);
}

/** True while a step of the mirror is not requested because it asked for that. */
export function isThrottled(
  memory: { readonly now: Now },
  { absence }: { readonly absence: Absence },
  step: Step,
): boolean {
  return (absence.throttled.get(step) ?? Number.NEGATIVE_INFINITY) > memory.now.wallMs;
}

/** Until when at least one step of it is not requested because it asked for that; wall milliseconds, `null`: all are. */
export function throttledUntilMs({ throttled }: Absence): number | null {
  return throttled.size === 0 ? null : Math.max(...throttled.values());
}

/** Ends what has lasted long enough. */
export function expireAbsences(memory: {
  readonly now: Now;
  readonly mirrors: ReadonlyMap<string, { readonly absence: Absence }>;
}): void {
  for (const { absence } of memory.mirrors.values()) {
    if (absence.paused !== null && absence.paused.untilMs <= memory.now.wallMs) absence.paused = null;
    for (const [step, untilMs] of absence.throttled) if (untilMs <= memory.now.wallMs) absence.throttled.delete(step);
  }
}

const minuteMs = 60_000;
/** From so many probes of rounds and builds within a minute on we request densely. */
const extraMin = 3;
/** And as many requests, by this share, as it ever answered well within a minute. */
const toleratedShare = 0.9;
/** A wait that was asked for after that is believed to be about our pace for so long at most. */
const oursMsMax = 20 * minuteMs;
/** After a refusal rounds keep to this share of what the minute before it had, but to no less than a few. */
const restShare = 0.5;
const restMin = 6;

/** How densely we requested something of a mirror of late, and what it said to that. Monotonic milliseconds. */
export interface Density {
  /** When each probe of the last minute began. */
  asks: readonly { readonly atMs: number; readonly isExtra: boolean }[];
  /** With how many requests a minute rounds leave it alone; `null`: it never refused our pace. */
  most: number | null;
  /** The most requests of a minute after which it still answered well. */
  tolerated: number;
  /** Until when its 429s are news about our pace. */
  oursUntilMs: number;
  /** Its last 429 was. */
  isOurs: boolean;
}

interface Counted {
  readonly density: Density;
}

/** A mirror that never refused our pace. */
export function newDensity(): Density {
  return { asks: [], most: null, tolerated: 0, oursUntilMs: Number.NEGATIVE_INFINITY, isOurs: false };
}

/** Notes a probe of the mirror, of any purpose. */
export function recordRequest({ density }: Counted, { due, outcome, startedMonotonicMs }: Sample): void {
  const kept = density.asks.filter(({ atMs }) => atMs > startedMonotonicMs - minuteMs);
  if (outcome.tag === 'ok') density.tolerated = Math.max(density.tolerated, kept.length);
  density.asks = [...kept, { atMs: startedMonotonicMs, isExtra: due.purpose === 'confirm' || due.purpose === 'build' }];
}

/** False where another request out of plan would be as dense as what the mirror refused before. */
export function mayBeAskedMore({ density }: Counted, nowMs: number): boolean {
  const { most, asks } = density;
  return most === null || asks.filter(({ atMs }) => atMs > nowMs - minuteMs).length < most;
}

/**
 * Hears a settled sample. A 429 that asks for more than a minute is news about our pace, and none about the mirror, where
 * dense requests of ours came within the minute before; and so is any other until that wait, twenty minutes at most, is over.
 * @returns true where the sample is that
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
  // Who counts refuses at more than ever before: what was answered well before is no reason for it.
  const isMore = before.length >= toleratedShare * density.tolerated;
  density.isOurs = waitMs > limits.refusalWishMs && isDense && isMore;
  if (!density.isOurs) return false;
  density.oursUntilMs = nowMs + Math.min(waitMs, oursMsMax);
  density.most = Math.max(restMin, Math.floor(restShare * before.length));
  density.tolerated = 0;
  return true;
}

/** A real client was refused as well, or nothing is known any more: what the mirror says from now on is about itself. */
export function clearPaceWait({ density }: Counted): void {
  density.isOurs = false;
  density.oursUntilMs = Number.NEGATIVE_INFINITY;
}

function isWaiting({ oursUntilMs }: Density, nowMs: number): boolean {
  return nowMs < oursUntilMs;
}
