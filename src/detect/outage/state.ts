import type { OutageRule } from '../../core/config.ts';
import { isNamedBefore, isOutageReason, type Reason } from '../../core/failure.ts';
import { limits } from '../../core/limits.ts';
import type { Target } from '../../core/mirror.ts';
import { failureFromMs, type Sample } from '../../core/sample.ts';
import { type MirrorMemory, type SeriesMemory, seriesStateOf, stateOf } from '../memory/mirror-memory.ts';
import { Families } from './families.ts';
import type { ProtocolFault } from './http-versions.ts';

const recentSamples = 10;

/** The outage state of one target, from samples over cold connections only. */
export class OutageState {
  readonly isOut: boolean = false;
  /**
   * The last result. `never`: there was none since the daemon started, or since counts of failures in a row were reset.
   */
  readonly last: 'never' | 'passed' | 'failed' = 'never';
  /** Number of failures in a row whose reason counts as an outage. */
  readonly failures: number = 0;
  /**
   * `fromMs`: when the first of the failures in a row, or of the outage, began to count. `lastEndedMs`: end of the last
   * judged sample. Monotonic milliseconds.
   */
  readonly fromMs: number | null = null;
  readonly lastEndedMs: number | null = null;
  /** Judged samples, oldest first, at most `recentSamples`. */
  readonly recent: readonly { readonly failed: boolean; readonly endedMs: number }[] = [];
  /** Number of ok samples in a row during the outage. */
  readonly oks: number = 0;
  /** End of the first ok sample of `oks`, monotonic milliseconds; `null`: none. */
  readonly okFromMs: number | null = null;
  /**
   * The state before the failures in a row, if the mirror served again before them. It is restored if our own network
   * caused them. `null`: it did not serve, or the failures are confirmed.
   */
  readonly sound: OutageState | null = null;
  /** True if the outage opened by its fraction of failed samples, or if the mirror was unreliable already. */
  readonly isByShare: boolean = false;
  /** The number of recent openings. Each counts 1 at first, and half as much after every `limits.outageHalfLifeMs`. */
  readonly penalty: number = 0;
  readonly penaltyAtMs: number = 0;
  /** The reason of the failure that names the trouble, and its HTTP status; `null`: none. */
  readonly reason: Reason | null = null;
  readonly status: number | null = null;
  /** Number of samples since the first of the failures in a row, or of the outage. */
  readonly samples: number = 0;
  readonly failed: number = 0;
  readonly probeIds: readonly string[] = [];
}

export const noOutage = new OutageState();

/** The state without its failures and outage. `lastEndedMs` and the penalty (for recent outages) stay. */
export function removeRow({ penalty, penaltyAtMs, lastEndedMs }: OutageState): OutageState {
  return { ...noOutage, penalty, penaltyAtMs, lastEndedMs };
}

/** One judged sample. `other`: a failure that does not count as an outage (refusal, content). */
export interface TargetResult {
  readonly outcome: 'ok' | 'failed' | 'other';
  readonly reason: Reason | null;
  /** The HTTP status of the response; `null`: no response. */
  readonly status: number | null;
  /** From when the failure counts, monotonic milliseconds. */
  readonly fromMs: number;
  readonly endedMs: number;
  readonly probeId: string;
  /** True for a confirming probe, whose timeout is short. */
  readonly isConfirm: boolean;
}

/** The state after one more judged sample. A sample that ended before the last judged sample changes nothing. */
export function updateOutage(state: OutageState, result: TargetResult): OutageState {
  if (state.lastEndedMs !== null && result.endedMs < state.lastEndedMs) return state;
  const failed = result.outcome === 'failed';
  const recent = [...state.recent, { failed, endedMs: result.endedMs }].slice(-recentSamples);
  const base = { ...state, recent, lastEndedMs: result.endedMs, last: failed ? 'failed' : 'passed' } as const;
  if (!failed && !state.isOut) {
    return { ...removeRow(state), recent, lastEndedMs: result.endedMs, last: 'passed' };
  }
  const seen = {
    samples: state.samples + 1,
    failed: state.failed + (failed ? 1 : 0),
    probeIds: [...state.probeIds, result.probeId].slice(-limits.findingProbes),
  };
  if (!failed) {
    const isOk = result.outcome === 'ok';
    const okFromMs = isOk ? (state.okFromMs ?? result.endedMs) : null;
    return { ...base, ...seen, failures: 0, oks: isOk ? state.oks + 1 : 0, okFromMs, sound: null };
  }
  const { reason, status } = state.failures > 0 && isNamedBefore(state.reason, result) ? state : result;
  return {
    ...base,
    ...seen,
    failures: state.failures + 1,
    fromMs: state.fromMs ?? result.fromMs,
    oks: 0,
    okFromMs: null,
    sound: state.isOut && state.oks > 0 ? state : state.sound,
    reason,
    status,
  };
}

/**
 * Decides whether the failures make an outage. `row`: enough failures in a row. `share`: too large a share of the
 * recent samples failed. The failures must span at least `rule.overMs`. `null`: no outage, or one is open already.
 * @see docs/detection.md#rules-of-findings
 */
export function decideOpening(state: OutageState, rule: OutageRule): 'row' | 'share' | null {
  if (state.isOut || state.last !== 'failed' || state.fromMs === null || state.lastEndedMs === null) return null;
  if (state.failures >= rule.open && state.lastEndedMs - state.fromMs >= rule.overMs) return 'row';
  const failed = state.recent.filter((one) => one.failed);
  const spannedMs = state.lastEndedMs - (failed[0]?.endedMs ?? state.lastEndedMs);
  const isShare = state.recent.length === recentSamples && failed.length >= rule.share * recentSamples;
  return isShare && spannedMs >= rule.overMs ? 'share' : null;
}

export function openOutage(state: OutageState, rule: OutageRule, nowMs: number, isUnreliable: boolean): OutageState {
  const by = decideOpening(state, rule);
  const isByShare = isUnreliable || by === 'share';
  const penalty = penaltyAt(state, nowMs) + 1;
  const failed = state.recent.filter((one) => one.failed);
  const counted = { samples: state.recent.length, failed: failed.length, fromMs: failed[0]?.endedMs ?? null };
  const counts = by === 'share' ? counted : {};
  return { ...state, ...counts, isOut: true, oks: 0, okFromMs: null, isByShare, penalty, penaltyAtMs: nowMs };
}

export function penaltyAt({ penalty, penaltyAtMs }: OutageState, nowMs: number): number {
  return penalty * 0.5 ** (Math.max(0, nowMs - penaltyAtMs) / limits.outageHalfLifeMs);
}

/**
 * True for an outage that needs more evidence to end, because it opened by its fraction of failed samples (not by
 * failures in a row), at an unreliable mirror, or soon after an earlier outage.
 */
export function isDamped({ isByShare, penalty }: OutageState): boolean {
  return isByShare || penalty >= limits.outageDampedFrom;
}

/**
 * True if an outage is over: after `rule.close` ok samples in a row. A damped outage also needs at most one failure in
 * the last `recentSamples`, and a time without failures.
 * @see docs/detection.md#rules-of-findings; RFC 2439
 */
export function isOutageOver(state: OutageState, rule: OutageRule): boolean {
  if (!state.isOut || state.oks < rule.close) return false;
  if (!isDamped(state)) return true;
  const failed = state.recent.filter((one) => one.failed).length;
  if (state.recent.length < recentSamples || failed > 1) return false;
  const quietMs = (state.lastEndedMs ?? 0) - (state.okFromMs ?? state.lastEndedMs ?? 0);
  const { outageQuietMsMin, outageQuietMsMax, outageQuietFactor } = limits;
  return quietMs >= Math.min(outageQuietMsMax, outageQuietMsMin * outageQuietFactor ** Math.max(0, state.penalty - 1));
}

/** The result of a sample for the outage rule; `null`: the sample's outcome is unknown. */
export function targetResultOf(sample: Sample): TargetResult | null {
  const { outcome } = sample;
  if (outcome.tag === 'unknown') return null;
  const reason = outcome.tag === 'failed' ? outcome.failure.kind : null;
  const counts = reason !== null && isOutageReason(reason);
  return {
    outcome: reason === null ? 'ok' : counts ? 'failed' : 'other',
    reason: counts ? reason : null,
    status: sample.status,
    fromMs: failureFromMs(sample),
    endedMs: sample.endedMonotonicMs,
    probeId: sample.due.probeId,
    isConfirm: sample.due.purpose === 'confirm',
  };
}

export interface OutageOwn {
  readonly out: ReadonlySet<SeriesMemory>;
  /** End of the canary's last outage, monotonic milliseconds; `null`: none since the daemon started. */
  readonly backMs: number | null;
  readonly families: Families;
  readonly fault: ProtocolFault | null;
}

export const outagePlace = {
  name: 'outage',
  none: (): OutageOwn => ({ out: new Set(), backMs: null, families: new Families(), fault: null }),
  noneOfSeries: noOutage,
};

export function outagesOf(mirror: MirrorMemory): OutageOwn {
  return stateOf(outagePlace, mirror);
}

export function outageOf(series: SeriesMemory): OutageState {
  return seriesStateOf(outagePlace, series);
}

export function isCanaryOut(mirror: MirrorMemory): boolean {
  for (const { target } of outagesOf(mirror).out) if (target.canary) return true;
  return false;
}

/** True if the outage is open, but the last `rule.close` samples were ok: a damped outage ends later. */
export function isBack({ isOut, oks }: OutageState, rule: OutageRule): boolean {
  return isOut && oks >= rule.close;
}

/** True if the canary responds again although its outage is open (`isBack`). */
export function isCanaryBack(mirror: MirrorMemory, rule: OutageRule): boolean {
  for (const one of outagesOf(mirror).out) if (one.target.canary && isBack(outageOf(one), rule)) return true;
  return false;
}

type TargetsOut = readonly { readonly target: Target }[];

/** The number of modules whose canary step is in outage. Each client fetch needs that step. */
export function modulesOutOf(out: TargetsOut, { canary }: Pick<MirrorMemory, 'canary'>): number {
  const ofStep = out.filter(({ target }) => target.module !== null && target.step === canary?.step);
  return new Set(ofStep.map(({ target }) => target.module)).size;
}

/**
 * True if the series in outage mean that the mirror is down: its canary is in outage, or the canary step is in outage
 * for at least two modules and for at least half of all modules. If the canary is among them, it must be the first.
 */
export function isDownBy(out: TargetsOut, mirror: Pick<MirrorMemory, 'canary' | 'modules'>): boolean {
  const modulesOut = modulesOutOf(out, mirror);
  return out[0]?.target.canary === true || (modulesOut >= 2 && modulesOut * 2 >= mirror.modules);
}
