import type { Peeks } from './probing.ts';
import { alarmShareOf, timeShareOf } from './tests/choose.ts';
import type { Contest, HeadOutcome } from './tests/contest.ts';
import { meanMsOf, recordOf } from './tests/costs.ts';

/** An outcome of the head to recheck, and how. */
export interface Odd {
  readonly question: string;
  readonly forMs: number;
  readonly stepMs: number;
  /** A decision is near: the recheck may exceed the usual budget. */
  readonly isUrgent: boolean;
}

/** A question to request again from some mirrors, because its response was odd. */
export interface Recheck extends Odd {
  /** The head first. */
  readonly registries: readonly string[];
}

/**
 * The rechecks after odd first bytes, once: the whole artifact, and after a failure the canary too, since the whole
 * mirror may be down.
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

const burstMs = 15_000;
const stepMs = 1_000;
const slowStepMs = 3_000;
/** A failed download of a small artifact is repeated for this long. */
const heavyBurstMs = 5_000;
/** A response this many times slower than usual is odd. */
const oddFactor = 2;
/**
 * Shares of a bound. Above the first an odd response is rechecked, above the second any response, above the third the
 * last odd question.
 */
const oddShare = 0.3;
const anyShare = 0.6;
const nearShare = 0.5;
/** Above this share a test has already triggered; rechecks would not change the outcome. */
const passedShare = 1.5;
/** Siblings included in a recheck, beside the next member of the chain. */
const siblings = 2;

/**
 * The rechecks after the head's outcomes: after a bad response, or one that raises the time test, each second for 15
 * s; while any test is above half of its bound, the last odd question every 3 s; a heavy step once, or for 5 s where
 * it is small and failed.
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
 * The mirrors of a recheck: the head, its best siblings, and the next member of the chain.
 * @param candidates  the best first
 * @param fallback    `null`: no monitored mirror
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
  const usualMs = meanMsOf(recordOf(contest, head), outcome.isHeavy ? 'heavy' : 'light', nowMs, 0);
  return !outcome.bad && usualMs !== null && outcome.tookMs > oddFactor * usualMs;
}

/** How near the tests are to their bounds. A test past its bound needs no more samples. */
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
