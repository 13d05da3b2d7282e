import { limits } from '../../core/limits.ts';
import type { Target } from '../../core/target.ts';
import { told } from '../../words/tell.ts';
import { medianOf } from './baseline.ts';
import { type Says, scopeOf, seconds } from './says.ts';

/** How often in a row a mirror moved an artifact slowly, over all its heavy targets. */
export interface ThroughputState {
  readonly isOpen: boolean;
  readonly slow: number;
  readonly fast: number;
  /** The slow ones of the row, oldest first. */
  readonly recent: readonly {
    readonly target: Target;
    readonly probeId: string;
    readonly bytesPerSecond: number;
    readonly tookMs: number;
    readonly usual: number;
  }[];
}

/** A mirror that moves artifacts as others do. */
export const noThroughput: ThroughputState = { isOpen: false, slow: 0, fast: 0, recent: [] };

/** One artifact that was moved. */
export interface Moved {
  readonly target: Target;
  readonly probeId: string;
  readonly bytes: number;
  readonly tookMs: number;
  /** What each sibling moved of the same in the last hour, bytes per second, its median; without any, the mirror's own rates of before. */
  readonly others: readonly number[];
  /** How far its rates scatter by themselves: a standard deviation of their logarithms, 0 while not known. */
  readonly scatter: number;
}

/** How far below what is usual chance alone leads no more than once in a hundred answers and more. */
const deviations = 2.5;

/** How far rates scatter around those usual for their artifact: of their logarithms, robustly; 0 of fewer than eight. */
export function scatterOf(series: Iterable<readonly number[]>): number {
  const apart: number[] = [];
  for (const rates of series) {
    const usual = rates.length < 4 ? null : medianOf(rates);
    if (usual !== null) apart.push(...rates.map((rate) => Math.abs(Math.log(rate / usual))));
  }
  return apart.length < 8 ? 0 : 1.4826 * (medianOf(apart) ?? 0);
}

/**
 * True for a rate below a quarter of what is usual, or as far below as its own scatter does not explain, and below 1 MiB/s:
 * faster is fast enough. `null`: too small to tell
 * bandwidth from delay, or nothing to compare with.
 */
export function isSlowMove(moved: Moved): boolean | null {
  return isBelow(moved, 1);
}

/** Whether a rate lies below so many times what is slow. */
function isBelow({ bytes, tookMs, others, scatter }: Moved, times: number): boolean | null {
  const usual = medianOf(others);
  if (bytes < limits.throughputBytesMin || usual === null || tookMs <= 0) return null;
  const rate = (1_000 * bytes) / tookMs;
  const share = Math.min(limits.throughputShare, Math.exp(-deviations * scatter));
  return rate < times * share * usual && rate < limits.throughputFast;
}

/**
 * Judges one artifact: opens at four slow ones in a row, or at two that
 * crawl, closes after so many that were twice as fast as what is slow; what
 * lies between says nothing, so that a rate near the edge is one story.
 */
export function hearMove(
  state: ThroughputState,
  moved: Moved,
): { readonly state: ThroughputState; readonly event: 'opened' | 'closed' | null } {
  const isSlow = isSlowMove(moved);
  if (isSlow === null) return { state, event: null };
  if (!isSlow) {
    if (!state.isOpen) return { state: noThroughput, event: null };
    if (isBelow(moved, 2) === true) return { state: { ...state, slow: 0 }, event: null };
    const fast = state.fast + 1;
    return fast >= limits.throughputClear
      ? { state: noThroughput, event: 'closed' }
      : { state: { ...state, slow: 0, fast }, event: null };
  }
  const { target, probeId, bytes, tookMs, others } = moved;
  const one = { target, probeId, bytesPerSecond: (1_000 * bytes) / tookMs, tookMs, usual: medianOf(others) ?? 0 };
  const slow = state.slow + (isBelow(moved, 1 / limits.throughputCrawl) === true ? 2 : 1);
  const next = { ...state, slow, fast: 0, recent: [...state.recent, one].slice(-limits.findingProbes) };
  if (state.isOpen || slow < limits.throughputRow) return { state: next, event: null };
  return { state: { ...next, isOpen: true }, event: 'opened' };
}

/** What the slow artifacts of one mirror come to. */
export function throughputSays(name: string, { isOpen, recent }: ThroughputState): Says {
  const last = recent.at(-1);
  if (!isOpen || last === undefined) return { tag: 'well', ...told('found.throughput.well', { name }) };
  return {
    tag: 'trouble',
    scope: scopeOf(recent.map(({ target }) => target)),
    cause: 'slow',
    evidence: {
      samples: recent.length,
      failures: recent.length,
      observedSeconds: seconds(last.tookMs),
      baselineSeconds: seconds((last.tookMs * last.bytesPerSecond) / last.usual),
      probeIds: recent.map(({ probeId }) => probeId),
    },
    actionable: false,
    ...told('found.throughput', { name, observed: rateText(last.bytesPerSecond), usual: rateText(last.usual) }),
  };
}

function rateText(bytesPerSecond: number): string {
  const kib = bytesPerSecond / 1_024;
  return kib < 1_024 ? `${Math.round(kib)} KiB/s` : `${(kib / 1_024).toFixed(1)} MiB/s`;
}
