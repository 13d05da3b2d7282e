import { limits } from '../../core/limits.ts';
import { isHeavy, seriesId, type Target } from '../../core/mirror.ts';
import type { Message } from '../../core/result.ts';
import { isUntimed } from '../../core/sample.ts';
import { messageFor, phrase } from '../../words/tell.ts';
import { targetAt } from '../confirm/look.ts';
import { hasTargets } from '../memory/lookups.ts';
import { type MirrorMemory, mirrorsOf, primaryConnectionOf, seriesStateOf } from '../memory/mirror-memory.ts';
import type { FindingRule, RuleView } from '../memory/rule.ts';
import { type FindingStatement, formatTime, scopeOf, secondsIn } from '../memory/says.ts';
import { medianOf } from '../rules/baseline.ts';
import { isSlowEverywhere } from './vantage.ts';

export interface ThroughputState {
  readonly isOpen: boolean;
  /** Number of slow downloads in a row. A very slow download counts twice. */
  readonly slow: number;
  /**
   * While the finding is open: number of clearly faster downloads since the last slow one. They have at least twice the
   * rate limit of a slow download, or `limits.throughputFast`.
   */
  readonly fast: number;
  /** The last slow downloads. */
  readonly recent: readonly Moved[];
}

export const noThroughput: ThroughputState = { isOpen: false, slow: 0, fast: 0, recent: [] };

export interface Moved {
  readonly target: Target;
  readonly probeId: string;
  readonly bytes: number;
  readonly tookMs: number;
  /** The part of `tookMs` before the first byte of the response, over all its requests; 0: not known. */
  readonly waitMs: number;
  /**
   * Usual rates in bytes per second: the median of each other mirror for this artifact. Without recent downloads from
   * other mirrors: this mirror's own earlier rates.
   */
  readonly others: readonly number[];
  /** How much the rates usually vary: the standard deviation of their logarithms; 0 while it is not known. */
  readonly scatter: number;
}

/** A slow rate is lower than the usual one by more than this many standard deviations (`scatter`). */
const deviations = 2.5;

/**
 * The robust standard deviation of the logarithms of rates, each rate around the median of its series; 0 if there are
 * too few rates.
 */
export function scatterOf(series: Iterable<readonly number[]>): number {
  const apart: number[] = [];
  for (const rates of series) {
    const usual = rates.length < 4 ? null : medianOf(rates);
    if (usual !== null) apart.push(...rates.map((rate) => Math.abs(Math.log(rate / usual))));
  }
  return apart.length < 8 ? 0 : 1.4826 * (medianOf(apart) ?? 0);
}

/**
 * True if the rate is below `limits.throughputShare` of the usual one, outside the usual variation, and below
 * `limits.throughputFast`. `null`: there is no rate to compare with, or the artifact is too small to separate bandwidth
 * from delay.
 */
export function isSlowMove(moved: Moved): boolean | null {
  return isBelow(moved, 1);
}

function isBelow({ bytes, tookMs, others, scatter }: Moved, times: number): boolean | null {
  const usual = medianOf(others);
  if (bytes < limits.throughputBytesMin || usual === null || tookMs <= 0) return null;
  const rate = rateOf({ bytes, tookMs });
  const share = Math.min(limits.throughputShare, Math.exp(-deviations * scatter));
  return rate < times * share * usual && rate < limits.throughputFast;
}

/** The state after one more download. Slow downloads in a row open the finding, clearly faster downloads close it. */
export function updateThroughput(state: ThroughputState, moved: Moved): ThroughputState {
  const isSlow = isSlowMove(moved);
  if (isSlow === null) return state;
  if (!isSlow) {
    if (!state.isOpen) return noThroughput;
    const fast = state.fast + (isBelow(moved, 2) === true ? 0 : 1);
    return fast >= limits.throughputClear ? noThroughput : { ...state, slow: 0, fast };
  }
  const slow = state.slow + (isBelow(moved, 1 / limits.throughputCrawl) === true ? 2 : 1);
  const isOpen = state.isOpen || slow >= limits.throughputRow;
  return { isOpen, slow, fast: 0, recent: [...state.recent, moved].slice(-limits.findingProbes) };
}

function throughputStatement(name: string, { isOpen, recent }: ThroughputState): FindingStatement {
  const last = recent.at(-1);
  if (!isOpen || last === undefined) return { tag: 'well', ...messageFor('found.throughput.well', { name }) };
  const rate = rateOf(last);
  const usual = medianOf(last.others) ?? 0;
  return {
    tag: 'trouble',
    scope: scopeOf(recent.map(({ target }) => target)),
    cause: 'slow',
    evidence: {
      samples: recent.length,
      failures: recent.length,
      observedSeconds: secondsIn(last.tookMs),
      baselineSeconds: secondsIn((last.tookMs * rate) / usual),
      probeIds: recent.map(({ probeId }) => probeId),
    },
    ...troubleText(last, { name, observed: rateText(rate), usual: rateText(usual) }),
  };
}

/** If most of the time passes before the first byte, the text says so, because the bandwidth is not the cause. */
function troubleText(
  { waitMs, tookMs }: Moved,
  rates: Readonly<Record<'name' | 'observed' | 'usual', string>>,
): Message {
  if (waitMs < tookMs / 2) return messageFor('found.throughput', rates);
  const times = { wait: formatTime(waitMs), took: formatTime(tookMs) };
  return messageFor('found.throughput.waits', { ...rates, ...times });
}

/** Bytes per second. */
function rateOf({ bytes, tookMs }: Pick<Moved, 'bytes' | 'tookMs'>): number {
  return (1_000 * bytes) / tookMs;
}

function rateText(bytesPerSecond: number): string {
  const kib = bytesPerSecond / 1_024;
  return kib < 1_024 ? `${Math.round(kib)} KiB/s` : `${(kib / 1_024).toFixed(1)} MiB/s`;
}

/** The rates of the last downloads of a series, the newest last. */
type Rates = readonly { readonly atMs: number; readonly bytesPerSecond: number }[];

/** Finds mirrors with much slower downloads than other mirrors, or than before. */
export const throughput: FindingRule<ThroughputState, Rates> = {
  name: 'throughput',
  kind: 'throughput',
  none: () => noThroughput,
  noneOfSeries: [],
  gravity: 90,
  judge(before, { view, mirror, series, sample, isCold, isPrimary }, rates) {
    const { due, bytes, rttMs, phases, outcome } = sample;
    if (!isPrimary || isCold || !isHeavy(due.target) || isUntimed(sample)) return null;
    if (outcome.tag !== 'ok' || rttMs === null || rttMs <= 0) return null;
    const { target, probeId } = due;
    const siblings = ratesOfSiblings(view, mirror, target);
    const others = siblings.length > 0 ? siblings : rates.map(({ bytesPerSecond }) => bytesPerSecond);
    const scatter = scatterOf(ratesOf(mirror));
    const waitMs = phases.processing ?? 0;
    const next = updateThroughput(before, { target, probeId, bytes, tookMs: rttMs, waitMs, others, scatter });
    // While most other mirrors are slow too, our own network is the cause.
    const isShared = !before.isOpen && next.slow > before.slow && isSlowEverywhere(view, mirror);
    const state = isShared ? before : next;
    const one = { atMs: view.now.monotonicMs, bytesPerSecond: (1_000 * bytes) / rttMs };
    return {
      mirror: state,
      series: [[series, [...rates, one].slice(-limits.throughputsKept)]],
      // The first slow download requests one more download from each mirror.
      requests: before.slow === 0 && state.slow > 0 && !state.isOpen ? [{ kind: 'slow', sample }] : [],
      statement: state.isOpen === before.isOpen ? null : throughputStatement(mirror.mirror.name, state),
    };
  },
  cites: ({ isOpen, recent }) => (isOpen ? { probeId: recent.at(-1)?.probeId, isTimed: true } : null),
  isSure: ({ slow }) => slow >= 2 * limits.throughputRow,
  degrades: ({ isOpen }) => (isOpen ? phrase('why.crawls') : null),
  adopt({ isOpen }, about) {
    if (!isOpen || hasTargets(about, 'heavy')) return null;
    return { mirror: noThroughput, statement: throughputStatement(about.mirror.mirror.name, noThroughput) };
  },
  resume: (_, __, about) => (hasTargets(about, 'heavy') ? { mirror: { ...noThroughput, isOpen: true } } : 'gone'),
};

function* ratesOf({ series }: MirrorMemory): Iterable<readonly number[]> {
  for (const one of series.values()) {
    const rates = seriesStateOf(throughput, one);
    if (rates.length > 0) yield rates.map(({ bytesPerSecond }) => bytesPerSecond);
  }
}

/**
 * The median download rate of this artifact at each other mirror of the upstream, bytes per second. Only downloads
 * within `limits.throughputAgeMs` count.
 */
function ratesOfSiblings(view: RuleView, mirror: MirrorMemory, target: Target): readonly number[] {
  const medians: number[] = [];
  for (const other of mirrorsOf(view, mirror.roundKey)) {
    const own = other === mirror ? null : targetAt(view, other, target);
    const series = own === null ? undefined : other.series.get(seriesId(own, primaryConnectionOf(other.mirror)));
    const rates = series === undefined ? [] : seriesStateOf(throughput, series);
    const recent = rates.filter(({ atMs }) => view.now.monotonicMs - atMs <= limits.throughputAgeMs);
    const usual = medianOf(recent.map(({ bytesPerSecond }) => bytesPerSecond));
    if (usual !== null) medians.push(usual);
  }
  return medians;
}
