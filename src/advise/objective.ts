import type { AlertEvidence } from '../core/evidence.ts';
import { limits } from '../core/limits.ts';
import type { Cause } from './cause.ts';
import type { View } from './group.ts';
import { gain } from './rank.ts';
import { type Entry, quantileMs, recent } from './tally.ts';

/** Failures in one window below which they are chance. */
const failuresMin = 2;

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
    p95Ms: quantileMs(
      timed.map((entry) => entry.tookMs),
      0.95,
    ),
  };
}

/** The last 20 paces of a mirror's canary, and what is remembered from before. Confirming answers are in neither. */
export function lately(view: View, registry: string): { readonly now: Measured; readonly before: Measured } {
  const { canary } = view.tallyOf(registry);
  const window = recent(canary, view.now.monotonicMs, view.by.paceOf(view.by.canaryStep), limits.measuredPaces);
  const older = canary.filter((entry) => entry.round === null && !window.includes(entry));
  return { now: measuredOf(window), before: measuredOf(older) };
}

/** True where a stretch holds enough answers to say anything. */
export function saysEnough(measured: Measured): boolean {
  return measured.answers >= limits.measuredOk;
}

/**
 * Whether the trouble that others tell of is over by our own measure: p95 has dropped by `minGain` against what is
 * remembered, and failures have not risen; or failures have ceased, and p95 has not risen. Alerts look back an hour, we
 * look at what a client meets now.
 */
export function isOver(now: Measured, before: Measured, minGain: number): boolean {
  if (!saysEnough(now) || !saysEnough(before)) return false;
  const dropped = now.p95Ms === null || before.p95Ms === null ? 0 : gain(before.p95Ms, now.p95Ms);
  const shareRose = now.failed / now.answers > before.failed / before.answers;
  if (dropped >= minGain) return !shareRose;
  return before.failed >= failuresMin && now.failed === 0 && dropped > -minGain;
}

/** True where moving from one mirror to another relieves what an objective is about: p95 by `minGain`, or failures. */
export function relieves(from: Measured, to: Measured, minGain: number): boolean {
  if (!saysEnough(from) || !saysEnough(to)) return false;
  const isFaster = from.p95Ms !== null && to.p95Ms !== null && gain(from.p95Ms, to.p95Ms) >= minGain;
  const failsLess = to.failed / to.answers < from.failed / from.answers;
  return isFaster || (from.failed >= failuresMin && failsLess);
}

/**
 * The cause that alerts of others give for leaving a mirror: they fire, and our own measure does not say that it is
 * over. Whether moving helps is weighed afterwards, as for every voluntary move. `null`: none.
 * @see docs/decisions/0005-alert-evidence.md
 */
export function objectiveCause(view: View, registry: string): Cause | null {
  if (view.evidenceOf(registry).length === 0) return null;
  const { now, before } = lately(view, registry);
  return isOver(now, before, view.config.advise.minGain) ? null : { kind: 'slo', findings: [] };
}

/** The alert that has fired for the longest against a mirror; `null` without one. */
export function firstAlert(view: View, registry: string): AlertEvidence | null {
  return view.evidenceOf(registry)[0] ?? null;
}
