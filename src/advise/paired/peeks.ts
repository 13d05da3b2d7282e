import type { Odd } from './looks.ts';

/** Good first bytes remembered, and how many are needed before one can be slow. */
const kept = 30;
const keptMin = 8;
/** Slow: so many times the median, and beyond whatever was seen. */
const slowFactor = 3;
const beyond = 1.1;
const stepMs = 1_000;

/** The first bytes of the head's artifacts. Times are monotonic milliseconds. */
export interface Peeks {
  /** Whose they are; `null`: nobody's yet. */
  head: string | null;
  lastMs: number;
  /** Which artifact was asked last. */
  turn: number;
  /** How long the good ones took, milliseconds, oldest first. */
  took: number[];
  /** An artifact whose first bytes were odd; `null`: none, or looked at already. */
  odd: { readonly question: string; readonly hasFailed: boolean } | null;
}

/** Nothing asked of this head yet. */
export function newPeeks(head: string | null): Peeks {
  return { head, lastMs: Number.NEGATIVE_INFINITY, turn: 0, took: [], odd: null };
}

/**
 * Takes in first bytes: failed, or far slower than any before, they are a reason to download the whole.
 * @param tookMs  milliseconds; `null`: failed
 */
export function hearPeek(peeks: Peeks, question: string, tookMs: number | null): void {
  const hasFailed = tookMs === null;
  if (hasFailed || isSlow(peeks.took, tookMs)) peeks.odd = { question, hasFailed };
  if (tookMs === null) return;
  peeks.took.push(tookMs);
  if (peeks.took.length > kept) peeks.took.shift();
}

function isSlow(took: readonly number[], tookMs: number): boolean {
  if (took.length < keptMin) return false;
  const median = took.toSorted((a, b) => a - b)[took.length >> 1] ?? Number.POSITIVE_INFINITY;
  return tookMs > slowFactor * median && tookMs > beyond * Math.max(...took);
}

/**
 * What first bytes ask to have looked at, once: the whole of their artifact; where they failed the canary too, for what is
 * out is often all out.
 * @param canaryOf  gives its question; `null`: not known
 */
export function oddPeek(peeks: Peeks, canaryOf: () => string | null): readonly Odd[] {
  const { odd } = peeks;
  peeks.odd = null;
  if (odd === null) return [];
  const whole = { question: odd.question, forMs: 0, stepMs, isUrgent: false };
  const canary = odd.hasFailed ? canaryOf() : null;
  return canary !== null ? [whole, { ...whole, question: canary, forMs: stepMs }] : [whole];
}
