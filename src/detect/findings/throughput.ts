import { limits } from '../../core/limits.ts';
import { isHeavy, seriesId, type Target } from '../../core/target.ts';
import { phrase, told } from '../../words/tell.ts';
import { targetAt } from '../confirm/look.ts';
import { type MirrorMemory, mirrorsOf, primaryConnection, roundKeyOf, seriesStateOf } from '../mirror-memory.ts';
import { medianOf } from '../rules/baseline.ts';
import { type Says, scopeOf, seconds } from '../rules/says.ts';
import type { FindingRule, Request, View } from './rule.ts';

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
export function updateThroughput(
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
function throughputSays(name: string, { isOpen, recent }: ThroughputState): Says {
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

/** What a series moved of its artifact, newest last. */
type Rates = readonly { readonly atMs: number; readonly bytesPerSecond: number }[];

/** A mirror that moves artifacts much slower than the others do, or than it did. */
export const throughput: FindingRule<ThroughputState, Rates> = {
  name: 'throughput',
  kind: 'throughput',
  none: () => noThroughput,
  noneOfSeries: [],
  gravity: 90,
  judge(before, { view, mirror, series, sample, isCold, isPrimary }, rates) {
    const { due, bytes, rttMs, outcome } = sample;
    if (!isPrimary || isCold || !isHeavy(due.target) || outcome.tag !== 'ok' || rttMs === null || rttMs <= 0)
      return null;
    const { target, probeId } = due;
    const siblings = ratesOfSiblings(view, mirror, target);
    const others = siblings.length > 0 ? siblings : rates.map(({ bytesPerSecond }) => bytesPerSecond);
    const scatter = scatterOf(ratesOf(mirror));
    const { state, event } = updateThroughput(before, { target, probeId, bytes, tookMs: rttMs, others, scatter });
    const one = { atMs: view.now.monotonicMs, bytesPerSecond: (1_000 * bytes) / rttMs };
    return {
      mirror: state,
      series: [[series, [...rates, one].slice(-limits.throughputsKept)]],
      // A first slow one is requested once more of each.
      requests: before.slow === 0 && state.slow > 0 && !state.isOpen ? [onceMore(target)] : [],
      says: event === null ? null : throughputSays(mirror.mirror.name, state),
    };
  },
  cites: ({ isOpen, recent }) => (isOpen ? { probeId: recent.at(-1)?.probeId, isTimed: true } : null),
  degrades: ({ isOpen }) => (isOpen ? phrase('why.crawls') : null),
  resume: () => ({ mirror: { ...noThroughput, isOpen: true } }),
};

function onceMore(target: Target): Request {
  const { registry } = target;
  const order = {
    registries: null,
    forMs: 0,
    stepMs: limits.roundStepMs,
    isUrgent: false,
    registry,
    target,
    isPeek: false,
  };
  return { kind: 'order', order };
}

function* ratesOf({ series }: MirrorMemory): Iterable<readonly number[]> {
  for (const one of series.values()) {
    const rates = seriesStateOf(throughput, one);
    if (rates.length > 0) yield rates.map(({ bytesPerSecond }) => bytesPerSecond);
  }
}

/** What each sibling moved of the same artifact within the hour, its median. */
function ratesOfSiblings(view: View, mirror: MirrorMemory, target: Target): readonly number[] {
  const medians: number[] = [];
  for (const other of mirrorsOf(view, roundKeyOf(mirror.mirror))) {
    const own = other === mirror ? null : targetAt(view, other, target);
    const series = own === null ? undefined : other.series.get(seriesId(own, primaryConnection(other.mirror)));
    const rates = series === undefined ? [] : seriesStateOf(throughput, series);
    const recent = rates.filter(({ atMs }) => view.now.monotonicMs - atMs <= limits.throughputAgeMs);
    const usual = medianOf(recent.map(({ bytesPerSecond }) => bytesPerSecond));
    if (usual !== null) medians.push(usual);
  }
  return medians;
}
