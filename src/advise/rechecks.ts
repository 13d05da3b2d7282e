import type { Peeks } from './first-bytes.ts';
import { alarmShareOf, timeShareOf } from './tests/choose.ts';
import type { Contest, HeadOutcome } from './tests/contest.ts';
import { meanMs, recordOf } from './tests/costs.ts';

/**
 * What first bytes ask to have looked at, once: the whole of their artifact; where they failed the canary too, for what is
 * out is often all out.
 * @param canaryOf  gives its question; `null`: not known
 */
export function oddPeekOf(peeks: Peeks, canaryOf: () => string | null): readonly Odd[] {
  const { odd } = peeks;
  peeks.odd = null;
  if (odd === null) return [];
  const whole = { question: odd.question, forMs: 0, stepMs, isUrgent: false };
  const canary = odd.hasFailed ? canaryOf() : null;
  return canary !== null ? [whole, { ...whole, question: canary, forMs: stepMs }] : [whole];
}

/** A question to be asked again of some mirrors, because its answer was odd. */
export interface Recheck {
  readonly question: string;
  /** The head first. */
  readonly registries: readonly string[];
  readonly forMs: number;
  readonly stepMs: number;
  /** A decision is near: may cost more than the usual budget. */
  readonly isUrgent: boolean;
}

const burstMs = 15_000;
const stepMs = 1_000;
const slowStepMs = 3_000;
/** A download that failed, where it is small enough. */
const heavyBurstMs = 5_000;
/** An answer so many times the usual is odd. */
const oddFactor = 2;
/** Shares of a bound from which an odd answer, or any answer, is asked again; and from which each answer is. */
const oddShare = 0.3;
const anyShare = 0.6;
const nearShare = 0.5;
/** From here on a test has spoken; that nothing came of it has other reasons. */
const passedShare = 1.5;
/** Siblings asked along, beside the next in the chain. */
const siblings = 2;

/** What the head did that is worth asking again, and how. */
export interface Odd {
  readonly question: string;
  readonly forMs: number;
  readonly stepMs: number;
  readonly isUrgent: boolean;
}

/**
 * What to ask again after what the head did: after a bad answer, or one that brings the time test on, each second for
 * 15 s; while any test is above half of its bound what was odd last each 3 s; a heavy step once, or for 5 s where it is
 * small and failed.
 */
export function oddOf(contest: Contest, heard: readonly HeadOutcome[], nowMs: number): readonly Odd[] {
  const { head } = contest;
  if (head === null || heard.length === 0) return [];
  const near = nearness(contest);
  const isUrgent = near.any > anyShare;
  const found: Odd[] = [];
  for (const one of heard) {
    const { question, outcome } = one;
    const isOdd = isOddAnswer(contest, head, one, nowMs);
    if (outcome.bad || isOdd) contest.odd = { question, isHeavy: outcome.isHeavy };
    if (outcome.isHeavy) {
      if (outcome.bad || isOdd) found.push({ question, forMs: outcome.bad ? heavyBurstMs : 0, stepMs, isUrgent });
    } else if (outcome.bad || (near.time > oddShare && isOdd) || near.time > anyShare)
      found.push({ question, forMs: burstMs, stepMs, isUrgent });
  }
  if (found.length > 0 || near.any <= nearShare || contest.odd === null) return found;
  const { question, isHeavy } = contest.odd;
  return [
    isHeavy ? { question, forMs: 0, stepMs, isUrgent } : { question, forMs: slowStepMs, stepMs: slowStepMs, isUrgent },
  ];
}

/**
 * Who is asked along: the head, its best siblings, and who stands behind it in the chain.
 * @param candidates  the best first
 * @param fallback    `null`: nobody that is watched
 */
export function rechecksOf(
  contest: Contest,
  odd: readonly Odd[],
  candidates: readonly string[],
  fallback: string | null,
): readonly Recheck[] {
  const { head } = contest;
  if (head === null || candidates.length === 0) return [];
  const registries = [...new Set([head, ...candidates.slice(0, siblings), ...(fallback === null ? [] : [fallback])])];
  return odd.map((one) => ({ ...one, registries }));
}

function isOddAnswer(contest: Contest, head: string, { outcome }: HeadOutcome, nowMs: number): boolean {
  const usualMs = meanMs(recordOf(contest, head), outcome.isHeavy ? 'heavy' : 'light', nowMs, 0);
  return !outcome.bad && usualMs !== null && outcome.tookMs > oddFactor * usualMs;
}

/** How near the tests are to their bounds; one that has passed its bound has nothing more to learn. */
function nearness(contest: Contest): { readonly any: number; readonly time: number } {
  let any = 0;
  let time = 0;
  for (const pair of contest.pairs.values()) {
    const [failures, light] = [alarmShareOf(pair), timeShareOf(pair)];
    if (failures < passedShare) any = Math.max(any, failures);
    if (light < passedShare) time = Math.max(time, light);
  }
  return { any, time };
}
