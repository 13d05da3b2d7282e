import type { SpikeRule } from '../../core/config.ts';
import { timeoutMsOf } from '../../core/failure.ts';
import type { Finding } from '../../core/finding.ts';
import { limits } from '../../core/limits.ts';
import { isHeavy } from '../../core/mirror.ts';
import { isDisturbed, type Sample } from '../../core/sample.ts';
import { type SeriesMemory, seriesStateOf } from '../memory/mirror-memory.ts';
import { slowerOf } from '../memory/says.ts';
import { type Baseline, emptyBaseline, learn } from './baseline.ts';
import { boundsMsOf, isClear, isSlow, thresholdMsOf } from './threshold.ts';

type Timed = Pick<Sample, 'outcome' | 'rttMs' | 'loopDelayMsMax' | 'due'>;

export interface SpikeState {
  /** The number of slow samples in a row. */
  readonly slow: number;
  /** Number of samples in a row that count for the end of a spike (see `isClear`). */
  readonly clear: number;
  /** When the spike opened, monotonic milliseconds; `null`: none is open. */
  readonly sinceMs: number | null;
}

export const noSpike: SpikeState = { slow: 0, clear: 0, sinceMs: null };

type SpikeEvent = 'opened' | 'cleared' | 'relearned' | null;

/**
 * Judges one sample for the spike rule. A sample that is neither ok nor a timeout changes no count of samples in a row,
 * but ends an old spike.
 * @see docs/detection.md#rules-of-findings
 */
function judgeSpike(
  state: SpikeState,
  pace: Pace,
  rule: SpikeRule,
  nowMs: number,
): { readonly spike: SpikeState; readonly event: SpikeEvent } {
  if (pace.observedMs === null) {
    const isOld = state.sinceMs !== null && nowMs - state.sinceMs >= Math.max(rule.relearnMs, limits.baselineAgeMsMax);
    return isOld ? { spike: noSpike, event: 'cleared' } : { spike: state, event: null };
  }
  const slow = pace.isSlow ? state.slow + 1 : 0;
  if (state.sinceMs === null) {
    if (slow < rule.consecutive) return { spike: { ...noSpike, slow }, event: null };
    return { spike: { slow, clear: 0, sinceMs: nowMs }, event: 'opened' };
  }
  const clear = pace.isClear ? state.clear + 1 : 0;
  if (clear >= rule.clear) return { spike: noSpike, event: 'cleared' };
  if (pace.rttMs !== null && nowMs - state.sinceMs >= rule.relearnMs) return { spike: noSpike, event: 'relearned' };
  return { spike: { ...state, slow, clear }, event: null };
}

/** A usual latency, milliseconds; `p99Ms` is `null` if only the median is known. */
export interface Usual {
  readonly medianMs: number;
  readonly p99Ms: number | null;
}

export class SpeedState {
  readonly baseline: Baseline = emptyBaseline;
  /**
   * While the baseline warms up and samples are slow: the usual latency by the first samples and the peers
   * (`usualByPeers`). `null`: the baseline decides.
   */
  readonly byPeers: Usual | null = null;
  /** True if the series had a baseline before: its first samples now are no samples of a start. */
  readonly wasWarm: boolean = false;
  readonly spike: SpikeState = noSpike;
  /** Counts over the samples since the first of the current slow samples in a row, or over the samples of the spike. */
  readonly slow: {
    readonly samples: number;
    readonly slowSamples: number;
    readonly observedMs: number | null;
    readonly probeIds: readonly string[];
    readonly slowest?: Finding['evidence']['slowest'];
    /** `slowSamples` at the last time when most other mirrors were slow too; absent: they were not. */
    readonly sharedSamples?: number;
  } = { samples: 0, slowSamples: 0, observedMs: null, probeIds: [] };
  /** Slow round trips in a row, milliseconds. If no spike follows, they are added to the baseline. */
  readonly pending: readonly number[] = [];
  /** True if the last sample was ok and slow, judged by the median alone (without the p99). */
  readonly isLastSlow: boolean = false;
  /** True if the sample before the last one was slow in the same way. */
  readonly wasLastSlow: boolean = false;
  /**
   * A level shift: its start (monotonic milliseconds), the median before it, and how many samples in a row are near
   * that median.
   */
  readonly shift: {
    readonly sinceMs: number;
    readonly fromMs: number;
    readonly clear: number;
    /** The baseline before the shift, which counts again if the old level is back; absent: not known after a restart. */
    readonly before?: Baseline;
    /** True if it is not reported, because most other mirrors were slow too when it began. */
    readonly isShared?: boolean;
  } | null = null;
}

export const noSpeed = new SpeedState();

export const speedPlace = { name: 'speed', noneOfSeries: noSpeed };

export function isSpikingOrShifted({ spike: { sinceMs }, shift }: SpeedState): boolean {
  return sinceMs !== null || shift !== null;
}

/** The usual latency that slow samples are compared with; `medianMs` is `null`: none is known yet. */
export function usualOf({ baseline, byPeers }: SpeedState): Usual | Baseline {
  return baseline.medianMs === null ? (byPeers ?? baseline) : baseline;
}

export function speedOf(series: SeriesMemory): SpeedState {
  return seriesStateOf(speedPlace, series);
}

/**
 * The round trip above which a sample of the series is slow, milliseconds; `null` while the baseline warms up, and for
 * heavy steps (downloads).
 */
export function thresholdFor(rule: SpikeRule, series: SeriesMemory, timeoutMs: number): number | null {
  if (isHeavy(series.target)) return null;
  return thresholdMsOf(usualOf(speedOf(series)), rule, timeoutMs);
}

/**
 * The round trips near which a delay of this process makes the verdict on speed uncertain (see `isContaminated`),
 * milliseconds; `null` for heavy steps (downloads).
 */
export function boundsFor(rule: SpikeRule, series: SeriesMemory, timeoutMs: number): readonly number[] | null {
  if (isHeavy(series.target)) return null;
  const speed = speedOf(series);
  return boundsMsOf(usualOf(speed), rule, timeoutMs, speed.spike.sinceMs !== null);
}

/** How a sample counts for the speed of its series. Times are milliseconds. */
interface Pace {
  /** The round trip of an ok sample; `null`: it is not ok. */
  readonly rttMs: number | null;
  /** The round trip, or the timeout that was exceeded; `null`: neither. */
  readonly observedMs: number | null;
  readonly isSlow: boolean;
  readonly isClear: boolean;
}

function paceOf(sample: Timed, usual: Usual | Baseline, rule: SpikeRule): Pace {
  const { timeoutMs } = sample.due;
  const rttMs = sample.outcome.tag === 'ok' ? sample.rttMs : null;
  const limitMs = timeoutMsOf(sample.outcome);
  const isSlowOne = rttMs !== null && isSlow(rttMs, usual, rule, timeoutMs) === true;
  const isClearOne = rttMs !== null && isClear(rttMs, usual, rule, timeoutMs);
  return { rttMs, observedMs: rttMs ?? limitMs, isSlow: limitMs !== null || isSlowOne, isClear: isClearOne };
}

export function clearSpeed(state: SpeedState): SpeedState {
  return { ...noSpeed, baseline: state.baseline, wasWarm: state.wasWarm };
}

/**
 * Judges one scheduled sample of a light series for spike and level shift, and learns from it. `isChange`: a spike or a
 * level shift started or ended.
 * @param context.byPeers  the usual latency while the baseline warms up; an open spike keeps that of its start
 * @see docs/detection.md#rules-of-findings
 */
export function updateSpeed(
  known: SpeedState,
  sample: Timed,
  context: { readonly rule: SpikeRule; readonly nowMs: number; readonly byPeers?: Usual | null },
): { readonly state: SpeedState; readonly isChange: boolean } {
  const { rule, nowMs } = context;
  const { timeoutMs, probeId } = sample.due;
  const before = withUsual(known, context.byPeers ?? null);
  const usual = usualOf(before);
  const pace = paceOf(sample, usual, rule);
  // The first samples know little of a mirror's latency, so a spike by the peers needs twice as many slow samples.
  const strict = before.byPeers === null ? rule : { ...rule, consecutive: 2 * rule.consecutive };
  const isUnjudged = usual.medianMs === null;
  const { spike, event } = isUnjudged
    ? { spike: before.spike, event: null }
    : judgeSpike(before.spike, pace, strict, nowMs);
  const byMedian = { medianMs: before.baseline.medianMs };
  const isLastSlow = pace.rttMs !== null && isSlow(pace.rttMs, byMedian, rule, timeoutMs) === true;
  const wasWarm = before.wasWarm || event === 'relearned' || before.baseline.medianMs !== null;
  let state: SpeedState = { ...before, wasWarm, spike, isLastSlow, wasLastSlow: before.isLastSlow };
  if (spike.sinceMs !== null || spike.slow > 0) state = { ...state, slow: noteSlow(state.slow, pace, probeId) };
  else if (event === null || event === 'cleared') state = { ...state, slow: noSpeed.slow };
  if (event === 'relearned') {
    const { resolvedVersion } = before.baseline;
    const shift = { sinceMs: nowMs, fromMs: usual.medianMs ?? 0, clear: 0, before: before.baseline };
    state = { ...state, baseline: { ...emptyBaseline, resolvedVersion }, shift };
  }
  const shift = judgeShift(state.shift, pace, timeoutMs, context);
  const isChange = event !== null || (shift === null) !== (state.shift === null);
  state = { ...state, shift, baseline: baselineAfter(state, shift, nowMs) };
  const isUsed = spike.sinceMs !== null || spike.slow > 0;
  state = learned(state, pace, rule, !isDisturbed(sample));
  return { state: isUsed ? state : { ...state, byPeers: null }, isChange };
}

/** The state with the usual latency by the peers. Without any usual latency, no streak of slow samples goes on. */
function withUsual(state: SpeedState, byPeers: Usual | null): SpeedState {
  if (state.spike.sinceMs !== null) return state;
  const next = { ...state, byPeers: state.baseline.medianMs === null ? byPeers : null };
  return usualOf(next).medianMs === null ? { ...next, spike: noSpike } : next;
}

/** The baseline of the old level if a level shift ends because this level is back; else the present baseline. */
function baselineAfter({ baseline, shift }: SpeedState, next: SpeedState['shift'], nowMs: number): Baseline {
  const isBack = next === null && shift !== null && nowMs - shift.sinceMs < limits.baselineAgeMsMax;
  return isBack ? (shift.before ?? baseline) : baseline;
}

/**
 * Returns the state with the sample's round trip learnt. Slow round trips are added to the baseline only when their
 * streak ends without a spike. Round trips of a spike are not added.
 */
function learned(state: SpeedState, pace: Pace, rule: SpikeRule, isTimed: boolean): SpeedState {
  const { spike, pending, baseline } = state;
  if (spike.sinceMs !== null) return { ...state, pending: [] };
  if (pace.rttMs === null) return state;
  const rtts = isTimed ? [...pending, pace.rttMs] : pending;
  if (spike.slow > 0) return { ...state, pending: rtts };
  return { ...state, pending: [], baseline: rtts.reduce((next, rttMs) => learn(next, rttMs, rule), baseline) };
}

function noteSlow(slow: SpeedState['slow'], { observedMs, isSlow }: Pace, probeId: string): SpeedState['slow'] {
  if (observedMs === null) return slow;
  const counted = { ...slow, samples: slow.samples + 1, observedMs };
  if (!isSlow) return counted;
  return {
    ...counted,
    slowSamples: slow.slowSamples + 1,
    probeIds: [...slow.probeIds, probeId].slice(-limits.findingProbes),
    slowest: slowerOf(slow.slowest, { probeId, ms: observedMs }),
  };
}

/**
 * Returns the level shift after one more sample. `null`: it ended, because the old level is back or after
 * `limits.baselineAgeMsMax`; or there is none.
 */
function judgeShift(
  shift: SpeedState['shift'],
  pace: Pace,
  timeoutMs: number,
  { rule, nowMs }: { readonly rule: SpikeRule; readonly nowMs: number },
): SpeedState['shift'] {
  if (shift === null || nowMs - shift.sinceMs >= limits.baselineAgeMsMax) return null;
  if (pace.observedMs === null) return shift;
  const before = { medianMs: shift.fromMs };
  const clear = pace.rttMs !== null && isClear(pace.rttMs, before, rule, timeoutMs) ? shift.clear + 1 : 0;
  return clear >= rule.clear ? null : { ...shift, clear };
}
