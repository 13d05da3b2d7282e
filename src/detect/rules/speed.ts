import type { SpikeRule } from '../../core/config.ts';
import { isTimeout } from '../../core/failure.ts';
import type { Finding } from '../../core/finding.ts';
import { limits } from '../../core/limits.ts';
import type { Sample } from '../../core/sample.ts';
import type { Target } from '../../core/target.ts';
import { told } from '../../words/tell.ts';
import { type Baseline, emptyBaseline, learn } from './baseline.ts';
import { chosen, slowerOf } from './cites.ts';
import { isDisturbed } from './contaminated.ts';
import { type OtherSpeed, otherProtocol } from './protocol.ts';
import { canaryFirst, type Says, scopeOf, seconds, spokenTime } from './says.ts';
import { isSpikeActionable, judgeSpike, noSpike, type Pace, type SpikeState } from './spike.ts';
import { isClear, isSlow, thresholdMs } from './threshold.ts';

/** What one series' round trips have come to: what is usual, and what speaks against it now. */
export interface SpeedState {
  readonly baseline: Baseline;
  readonly spike: SpikeState;
  /** The slow samples of the current streak or spike. */
  readonly slow: {
    readonly samples: number;
    readonly slowSamples: number;
    readonly observedMs: number | null;
    /** Of the slow ones alone: the last of them, and the slowest. */
    readonly probeIds: readonly string[];
    readonly slowest?: Finding['evidence']['slowest'];
  };
  /** Slow round trips of the streak under way, learned once it has ended without a spike. Milliseconds. */
  readonly pending: readonly number[];
  /** The last round trip was slow by its baseline and the floor, whatever its tail. */
  readonly isLastSlow: boolean;
  /** Since when a level shift holds, and the level it left; `null` without one. Monotonic and plain milliseconds. */
  readonly shift: { readonly sinceMs: number; readonly fromMs: number; readonly clear: number } | null;
}

const noSlow: SpeedState['slow'] = { samples: 0, slowSamples: 0, observedMs: null, probeIds: [] };

/** A series that has taken no time yet. */
export const noSpeed: SpeedState = {
  baseline: emptyBaseline,
  spike: noSpike,
  slow: noSlow,
  pending: [],
  isLastSlow: false,
  shift: null,
};

/** What a judged sample says about speed. */
function paceOf({ outcome, rttMs }: Pick<Sample, 'outcome' | 'rttMs'>): Pace {
  if (outcome.tag === 'ok' && rttMs !== null) return { kind: 'ok', rttMs };
  if (outcome.tag !== 'failed') return { kind: 'other' };
  const { failure } = outcome;
  return isTimeout(failure.kind) && 'limitMs' in failure
    ? { kind: 'timeout', limitMs: failure.limitMs }
    : { kind: 'other' };
}

/** The state with the same baseline and nothing against it. */
export function forgetSpeed(state: SpeedState): SpeedState {
  return { ...noSpeed, baseline: state.baseline };
}

/**
 * Judges one due sample of a light series for spike and level shift, and learns from it. Cold fetches never come here.
 * `isNews`: a spike or a level shift began or ended.
 * @see design.md section 5.2, Spike and Baseline
 */
export function hearSpeed(
  before: SpeedState,
  sample: Pick<Sample, 'outcome' | 'rttMs' | 'loopDelayMsMax' | 'due'>,
  context: { readonly rule: SpikeRule; readonly nowMs: number },
): { readonly state: SpeedState; readonly isNews: boolean } {
  const { rule, nowMs } = context;
  const pace = paceOf(sample);
  const { timeoutMs } = sample.due;
  const { medianMs: baselineMs, p99Ms } = before.baseline;
  const { state: spike, event } = judgeSpike(before.spike, pace, { baselineMs, p99Ms, timeoutMs, rule, nowMs });
  const isLastSlow = pace.kind === 'ok' && isSlow(pace.rttMs, baselineMs, rule, timeoutMs) === true;
  let state: SpeedState = { ...before, spike, isLastSlow };
  if (spike.sinceMs !== null || spike.slow > 0) state = { ...state, slow: noteSlow(state, pace, sample, rule) };
  else if (event === null || event === 'cleared') state = { ...state, slow: noSlow };
  if (event === 'relearned') {
    const { resolvedVersion } = before.baseline;
    const shift = { sinceMs: nowMs, fromMs: baselineMs ?? 0, clear: 0 };
    state = { ...state, baseline: { ...emptyBaseline, resolvedVersion }, shift, slow: state.slow };
  }
  const shift = judgeShift(state.shift, pace, timeoutMs, context);
  const isNews = event !== null || (shift === null) !== (state.shift === null);
  state = { ...state, shift };
  return { state: learned(state, pace, rule, !isDisturbed(sample)), isNews };
}

/**
 * Learns a round trip, but no disturbed one; those of a streak wait for its end: a spike's belong to no baseline, a lone
 * one's do.
 */
function learned(state: SpeedState, pace: Pace, rule: SpikeRule, isTimed: boolean): SpeedState {
  const { spike, pending, baseline } = state;
  if (spike.sinceMs !== null) return { ...state, pending: [] };
  if (pace.kind !== 'ok') return state;
  const rtts = isTimed ? [...pending, pace.rttMs] : pending;
  if (spike.slow > 0) return { ...state, pending: rtts };
  return { ...state, pending: [], baseline: rtts.reduce((next, rttMs) => learn(next, rttMs, rule), baseline) };
}

function noteSlow(
  { slow, baseline }: SpeedState,
  pace: Pace,
  { due }: Pick<Sample, 'due'>,
  rule: SpikeRule,
): SpeedState['slow'] {
  if (pace.kind === 'other') return slow;
  const observedMs = pace.kind === 'ok' ? pace.rttMs : pace.limitMs;
  const { medianMs, p99Ms } = baseline;
  const isSlowOne = pace.kind === 'timeout' || isSlow(observedMs, medianMs, rule, due.timeoutMs, p99Ms) === true;
  const counted = { ...slow, samples: slow.samples + 1, observedMs };
  if (!isSlowOne) return counted;
  return {
    ...counted,
    slowSamples: slow.slowSamples + 1,
    probeIds: [...slow.probeIds, due.probeId].slice(-limits.findingProbes),
    slowest: slowerOf(slow.slowest, { probeId: due.probeId, ms: observedMs }),
  };
}

/** A level shift ends when the old level is back, or after a day: by then the new one simply is the level. */
function judgeShift(
  shift: SpeedState['shift'],
  pace: Pace,
  timeoutMs: number,
  { rule, nowMs }: { readonly rule: SpikeRule; readonly nowMs: number },
): SpeedState['shift'] {
  if (shift === null || pace.kind === 'other') return shift;
  const clear = pace.kind === 'ok' && isClear(pace.rttMs, shift.fromMs, rule, timeoutMs) ? shift.clear + 1 : 0;
  return clear >= rule.clear || nowMs - shift.sinceMs >= limits.baselineAgeMsMax ? null : { ...shift, clear };
}

/** One series as the findings about speed see it; `isJudge`: the spike rule judges the mirror by it. */
export interface SpeedSeries extends SpeedState {
  readonly target: Target;
  readonly isJudge: boolean;
}

/** The other HTTP version of a slow target, over which it is as fast as usual; `null`: it is slow there too, or not known. */
function otherOf(series: SpeedSeries, rule: SpikeRule, timeoutMs: number, other: OtherSpeed | null): OtherSpeed | null {
  const { target, baseline } = series;
  if (other === null || other.targetId !== target.id) return null;
  return isSlow(other.rttMs, baseline.medianMs, rule, timeoutMs) === false ? other : null;
}

/**
 * What the spikes of one mirror's series come to.
 * @param context.timeoutOf  the deadline of a target's step, milliseconds
 * @param context.other      what its canary took over the other HTTP version meanwhile
 */
export function spikeSays(
  name: string,
  series: readonly SpeedSeries[],
  rule: SpikeRule,
  { timeoutOf, other: asked }: { readonly timeoutOf: (target: Target) => number; readonly other: OtherSpeed | null },
): Says {
  const all = canaryFirst(series.filter(({ spike }) => spike.sinceMs !== null));
  const [first] = all;
  if (first === undefined) return { tag: 'well', ...told('found.slow.well', { name }) };
  const spiking = all.filter((one) => one.isJudge);
  const baselineMs = first.baseline.medianMs;
  const { observedMs } = first.slow;
  const other = otherOf(first, rule, timeoutOf(first.target), asked);
  const broken = other === null ? null : otherProtocol(other.protocol);
  const said = {
    name,
    observed: spokenTime(observedMs),
    step: first.target.step,
    usual: spokenTime(baselineMs),
  };
  return {
    tag: 'trouble',
    scope: scopeOf(all.map(({ target }) => target)).map((item) =>
      broken === null ? item : { ...item, protocol: broken },
    ),
    cause: 'slow',
    evidence: {
      samples: all.reduce((sum, { slow }) => sum + slow.samples, 0),
      failures: all.reduce((sum, { slow }) => sum + slow.slowSamples, 0),
      observedSeconds: seconds(observedMs),
      baselineSeconds: seconds(baselineMs),
      thresholdSeconds: seconds(thresholdMs(baselineMs, rule, timeoutOf(first.target), first.baseline.p99Ms)),
      ...slowOnes(all.map(({ slow }) => slow)),
    },
    actionable: isSpikeActionable({
      hasCanary: spiking.some(({ target }) => target.canary),
      targets: spiking.length,
      judged: series.filter((one) => one.isJudge && one.baseline.medianMs !== null).length,
    }),
    ...(other === null || broken === null
      ? told('found.slow', said)
      : told('found.slowProtocol', { ...said, broken, other: other.protocol, there: spokenTime(other.rttMs) })),
  };
}

/** The slow probes of these series, and the slowest of all. */
function slowOnes(
  series: readonly { readonly probeIds: readonly string[]; readonly slowest?: Finding['evidence']['slowest'] }[],
): Pick<Finding['evidence'], 'probeIds' | 'slowest'> {
  const slowest = series.reduce<Finding['evidence']['slowest']>((most, one) => slowerOf(most, one.slowest), undefined);
  const probeIds = chosen(
    series.flatMap((one) => one.probeIds),
    slowest?.probeId ?? null,
  );
  return slowest === undefined ? { probeIds } : { probeIds, slowest };
}

/**
 * What the level shifts of one mirror's series come to.
 * @param known  the evidence it opened with, which stays: it says what the shift was; `null` where none is open
 * @param spike  that of the spike it comes of: the shift names its probes; `null` where none was told
 */
export function shiftSays(
  name: string,
  series: readonly SpeedSeries[],
  { known, spike }: { readonly known: Finding['evidence'] | null; readonly spike: Finding['evidence'] | null },
): Says {
  const all = canaryFirst(series.filter(({ shift }) => shift !== null));
  const [first] = all;
  if (first === undefined) return { tag: 'well', ...told('found.shift.well', { name }) };
  const shifted = all.filter((one) => one.isJudge);
  const { slow } = first;
  const fromMs = first.shift?.fromMs ?? null;
  return {
    tag: 'trouble',
    scope: scopeOf(all.map(({ target }) => target)),
    cause: 'relearned',
    evidence: known ?? {
      samples: slow.samples,
      failures: slow.slowSamples,
      observedSeconds: seconds(slow.observedMs),
      baselineSeconds: seconds(fromMs),
      ...slowOnes([spike ?? slow]),
    },
    actionable: isSpikeActionable({
      hasCanary: shifted.some(({ target }) => target.canary),
      targets: shifted.length,
      judged: series.filter((one) => one.isJudge && (one.baseline.medianMs !== null || one.shift !== null)).length,
    }),
    ...told('found.shift', { name, observed: spokenTime(slow.observedMs), usual: spokenTime(fromMs) }),
  };
}
