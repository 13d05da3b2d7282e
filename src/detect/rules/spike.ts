import type { SpikeRule } from '../../core/config.ts';
import { isClear, isSlow } from './threshold.ts';

/** Where one series stands between "as usual" and "in a spike". */
export interface SpikeState {
  /** Slow samples in a row, for as long as they last. */
  readonly slow: number;
  /** Samples below 1.5 × baseline in a row while one is. */
  readonly clear: number;
  /** Monotonic milliseconds since when the series is in a spike; `null`: it is not. */
  readonly sinceMs: number | null;
}

/** A series with nothing against it. */
export const noSpike: SpikeState = { slow: 0, clear: 0, sinceMs: null };

/** What a judged sample says about speed: a round trip, a timeout (slow, as long as its limit), or nothing. */
export type Pace =
  | { readonly kind: 'ok'; readonly rttMs: number }
  | { readonly kind: 'timeout'; readonly limitMs: number }
  | { readonly kind: 'other' };

export type SpikeEvent = 'opened' | 'cleared' | 'relearned' | null;

/**
 * Judges one sample for the spike rule. An outcome of kind `other` holds both streaks, and so does warming.
 * `relearned` comes with an ok sample only: a mirror that answers nothing at all has no new level to learn.
 * @see design.md section 5, Spike and Baseline
 */
export function judgeSpike(
  state: SpikeState,
  pace: Pace,
  context: {
    readonly baselineMs: number | null;
    readonly p99Ms: number | null;
    readonly timeoutMs: number;
    readonly rule: SpikeRule;
    readonly nowMs: number;
  },
): { readonly state: SpikeState; readonly event: SpikeEvent } {
  const { baselineMs, p99Ms, timeoutMs, rule, nowMs } = context;
  if (pace.kind === 'other' || baselineMs === null) return { state, event: null };
  // A timeout is slow whatever the baseline: nothing above 0.9 × timeout is normal.
  const slow = pace.kind === 'timeout' || isSlow(pace.rttMs, baselineMs, rule, timeoutMs, p99Ms) === true;
  const count = slow ? state.slow + 1 : 0;
  if (state.sinceMs === null) {
    if (!slow) return { state: noSpike, event: null };
    if (count < rule.consecutive) return { state: { ...noSpike, slow: count }, event: null };
    return { state: { slow: count, clear: 0, sinceMs: nowMs }, event: 'opened' };
  }
  const clear = pace.kind === 'ok' && isClear(pace.rttMs, baselineMs, rule, timeoutMs, p99Ms) ? state.clear + 1 : 0;
  if (clear >= rule.clear) return { state: noSpike, event: 'cleared' };
  if (pace.kind === 'ok' && nowMs - state.sinceMs >= rule.relearnMs) return { state: noSpike, event: 'relearned' };
  return { state: { ...state, slow: count, clear }, event: null };
}

/**
 * True when a spike is reason enough to leave the mirror: the canary is in it, or half of the judged light targets
 * and at least two.
 */
export function isSpikeActionable(spike: {
  readonly hasCanary: boolean;
  readonly targets: number;
  readonly judged: number;
}): boolean {
  return spike.hasCanary || (spike.targets >= 2 && spike.targets * 2 >= spike.judged);
}
