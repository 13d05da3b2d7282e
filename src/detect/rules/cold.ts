import { limits } from '../../core/limits.ts';
import type { Sample } from '../../core/sample.ts';
import { medianOf } from './baseline.ts';

/** Round trips that the median of one step at one mirror is taken over. */
const stepWindow = 64;

/** The key under which an answer is remembered as given before: (mirror, module, resolved version, step). */
export function seenKey(sample: Pick<Sample, 'due' | 'facts'>): string {
  const { target } = sample.due;
  const version = sample.facts.resolvedVersion ?? target.version ?? '';
  return `${target.registry}|${target.module ?? ''}|${version}|${target.step}`;
}

/**
 * True for the first fetch of a pull-through cache: never answered before, and either a cache header says MISS or it
 * took ten times the median of that step there. Decided on the sample itself; only ok samples can be cold.
 * @param stepMedianMs  median round trip of the step at this mirror, `null` before the first
 * @see design.md section 3, "A cold fetch of a pull-through cache"
 */
export function isColdFetch(
  sample: Pick<Sample, 'outcome' | 'cache' | 'rttMs' | 'loopDelayMsMax'>,
  wasSeen: boolean,
  stepMedianMs: number | null,
): boolean {
  if (wasSeen || sample.outcome.tag !== 'ok') return false;
  if (sample.cache === 'miss') return true;
  if (sample.rttMs === null || stepMedianMs === null) return false;
  // Not by a delay of ours.
  return sample.rttMs - sample.loopDelayMsMax >= limits.coldFactor * stepMedianMs;
}

/** Recent round trips of one step at one mirror, over all its modules. */
export interface StepTimes {
  readonly window: readonly number[];
  readonly medianMs: number | null;
}

export const noStepTimes: StepTimes = { window: [], medianMs: null };

/** The step's times with one more round trip. */
export function withStepTime(times: StepTimes, rttMs: number): StepTimes {
  const window = [...times.window, rttMs].slice(-stepWindow);
  return { window, medianMs: medianOf(window) };
}

/** The place of a mirror's step times, by step and connection. */
export const stepTimes = { name: 'step times', none: () => new Map<string, StepTimes>() };
