import type { Cadence } from '../core/config.ts';
import { getOrMake } from '../core/get-or-make.ts';
import { limits } from '../core/limits.ts';
import type { Calendar, Now } from '../core/ports.ts';

/** One planned start. `index` counts intervals since 1970, or is the wall time that the cron expression names. */
export interface Slot {
  readonly index: number;
  /** Monotonic milliseconds; `Infinity` if this series never starts. */
  readonly atMs: number;
  /** True for a retry of a missed start. */
  readonly isAgain?: true;
}

/** The planned starts of one series. A restart of the daemon does not change them. */
export interface Plan {
  /** The first slot (planned start) at or after now. */
  first(now: Now): Slot;
  next(slot: Slot, now: Now): Slot;
  /**
   * Returns the slot with its start computed from the current clocks. If the wall clock was changed, cron slots move.
   */
  placed(slot: Slot, now: Now): Slot;
  /**
   * Returns the last slot at or before now, or `slot` itself if no later slot has come. `passed` is the number of slots
   * skipped before the returned one.
   */
  latest(slot: Slot, now: Now): { readonly slot: Slot; readonly passed: number };
}

/** The maximum number of skipped cron slots that are counted. */
const cronSlotsCounted = 100;

/** A 32-bit hash of a text (FNV-1a with murmur3's final mix). */
export function hash32(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return mix32(hash);
}

function mix32(word: number): number {
  let mixed = Math.imul(word ^ (word >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

/** The random shift of a slot as a share of the maximum, in [-1, 1). */
function wobble(hash: number, index: number): number {
  return mix32(hash ^ Math.imul((index % 2 ** 32) | 0, 0x9e3779b1)) / 2 ** 31 - 1;
}

/**
 * Plans starts at `n × everyMs + phaseMs` of wall time, for n = 0, 1, 2 … since 1970. Each start is moved by up to
 * `jitterShare` of the interval.
 * @param hash      determines the jitter, and the phase if `phaseMs` is absent
 * @param offsetMs  monotonic minus wall time at the scheduler's start, plus the mirror's delay. A later change of the
 *   wall clock moves no start.
 */
export function makeEveryPlan(
  everyMs: number,
  hash: number,
  offsetMs: number,
  jitterShare: number = limits.jitterShare,
  phaseMs: number = (hash / 2 ** 32) * everyMs,
): Plan {
  const baseMs = offsetMs + phaseMs;
  const slotOf = (index: number): Slot => ({
    index,
    atMs: baseMs + index * everyMs + wobble(hash, index) * jitterShare * everyMs,
  });
  return {
    first(now) {
      let slot = slotOf(Math.floor((now.monotonicMs - baseMs) / everyMs) - 1);
      while (slot.atMs < now.monotonicMs) slot = slotOf(slot.index + 1);
      return slot;
    },
    next: (slot) => slotOf(slot.index + 1),
    placed: (slot) => slot,
    latest(from, now) {
      let slot = slotOf(Math.floor((now.monotonicMs - baseMs) / everyMs) + 2);
      while (slot.atMs > now.monotonicMs && slot.index > from.index) slot = slotOf(slot.index - 1);
      return { slot: slot.index <= from.index ? from : slot, passed: Math.max(0, slot.index - from.index) };
    },
  };
}

/**
 * Plans starts after each time of a cron expression. A hash of the request spreads them over `spreadMs`, with jitter.
 * @param staggerMs  the delay of this mirror after the start that all mirrors share, milliseconds; a part of `spreadMs`
 */
export function makeCronPlan(
  cadence: Extract<Cadence, { kind: 'cron' }>,
  hash: number,
  calendar: Calendar,
  staggerMs = 0,
): Plan {
  const { expression, timeZone, spreadMs } = cadence;
  const slotOf = (namedMs: number, now: Now): Slot => {
    const share = hash / 2 ** 32 + wobble(hash, namedMs / 1_000) * limits.jitterShare;
    const wallMs = namedMs + Math.min(1, Math.max(0, share)) * (spreadMs - staggerMs) + staggerMs;
    return { index: namedMs, atMs: wallMs - now.wallMs + now.monotonicMs };
  };
  const next = (slot: Slot, now: Now) => slotOf(calendar.nextAfter(expression, timeZone, slot.index), now);
  const first = (now: Now): Slot => {
    let slot = slotOf(calendar.nextAfter(expression, timeZone, now.wallMs - spreadMs - 1), now);
    while (slot.atMs < now.monotonicMs) slot = next(slot, now);
    return slot;
  };
  return {
    first,
    next,
    placed: (slot, now) => slotOf(slot.index, now),
    latest(from, now) {
      let slot = from;
      for (let passed = 0; passed < cronSlotsCounted; passed += 1) {
        const following = next(slot, now);
        if (following.atMs > now.monotonicMs) return { slot, passed };
        slot = following;
      }
      return { slot: { index: now.wallMs - spreadMs - 1, atMs: now.monotonicMs }, passed: cronSlotsCounted };
    },
  };
}

/** A calendar that caches results, because thousands of series evaluate the same expression at once. */
export function createRememberingCalendar(calendar: Calendar): Calendar {
  const known = new Map<string, number>();
  return {
    nextAfter(expression, timeZone, wallMs) {
      const key = `${wallMs}|${timeZone ?? ''}|${expression}`;
      return getOrMake(known, key, () => calendar.nextAfter(expression, timeZone, wallMs), 1_000);
    },
  };
}
