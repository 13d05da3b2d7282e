import type { AlertEvidence } from '../core/evidence.ts';
import { limits } from '../core/limits.ts';
import { quantileOf } from '../core/quantile.ts';
import { type Entry, recent } from './tally.ts';
import type { View } from './view.ts';

/** What our own canary says of a mirror in one stretch of time. */
export interface Measured {
  readonly answers: number;
  readonly failed: number;
  /** Of what was answered or timed out, milliseconds; `null` without any. */
  readonly p95Ms: number | null;
}

/** Sums answers up; cold fetches are answers, but no round trips. */
export function measuredOf(entries: readonly Entry[]): Measured {
  const timed = entries.filter((entry) => !entry.cold && (entry.tag === 'ok' || entry.slow));
  return {
    answers: entries.length,
    failed: entries.filter((entry) => entry.tag === 'failed').length,
    p95Ms: quantileOf(
      timed.map((entry) => entry.tookMs),
      0.95,
    ),
  };
}

/** The last 20 paces of a mirror's canary. Confirming answers are not in it. */
export function lately(view: View, registry: string): { readonly now: Measured } {
  const { canary } = view.tallyOf(registry);
  return { now: measuredOf(recent(canary, view.now.monotonicMs, view.by.canaryEveryMs, limits.measuredPaces)) };
}

/** The alert that has fired for the longest against a mirror; `null` without one. */
export function firstAlert(view: View, registry: string): AlertEvidence | null {
  return view.evidenceOf(registry)[0] ?? null;
}
