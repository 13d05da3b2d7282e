import type { Candidate, Gate } from '../core/advice.ts';
import { limits } from '../core/limits.ts';
import type { Mirror } from '../core/mirror.ts';
import type { Standing } from '../core/standing.ts';
import type { Step } from '../core/target.ts';
import { causeOf, speaksAgainst } from './cause.ts';
import { type Entry, medianMs, recent, type Tally, trouble } from './tally.ts';

/** Behind every more reliable one goes a mirror whose share of failed canary answers lies above this. */
const unreliableShare = 0.1;

/** What a mirror is weighed by. `paceOf` gives milliseconds, `null` for a cron pace. */
export interface Weighing {
  readonly nowMs: number;
  readonly wallMs: number;
  readonly paceOf: (step: Step) => number | null;
  readonly fetch: readonly Step[];
  readonly canaryStep: Step;
  /** detect.spike.consecutive: how many answers speak where a slow mirror's last one was fine. */
  readonly consecutive: number;
}

/** One mirror weighed; `scoreMs` is what a fetch is expected to take. */
export interface Weighed {
  readonly mirror: Mirror;
  readonly gate: Gate;
  readonly scoreMs: number | null;
  readonly failedShare: number;
}

/**
 * The expected time of one client fetch, cold, in milliseconds: the sum over its steps of the median of the last 20
 * paces, for the canary's module. While the mirror is slow (an open spike), of the slow run alone: what counts is what a
 * client meets now. A step not measured in that window is taken to cost what the canary does, one small GET each.
 * @returns `null` where the canary was not measured
 */
export function scoreMs(tally: Tally, slowNow: boolean, by: Weighing): number | null {
  const all = recent(tally.canary, by.nowMs, by.paceOf(by.canaryStep), limits.measuredPaces);
  const run = trouble(all);
  const window = slowNow ? (run.length > 0 ? run : all.slice(-by.consecutive)) : all;
  const canary = medianMs(window);
  if (canary === null) return null;
  const sinceMs = slowNow ? (window[0]?.atMs ?? by.nowMs) : Number.NEGATIVE_INFINITY;
  const beside = by.fetch
    .filter((step) => step !== by.canaryStep)
    .map((step) => {
      const series = recent(tally.series[step] ?? [], by.nowMs, by.paceOf(step), limits.measuredPaces);
      return medianMs(series.filter((entry) => entry.atMs >= sinceMs)) ?? canary;
    });
  return beside.reduce((sum, ms) => sum + ms, canary);
}

/** Whether a mirror was measured well enough: 5 ok canary answers in the last 20 paces, and the last answer ok. */
export function isMeasured(tally: Tally, by: Weighing): boolean {
  return okAnswers(tally, by) >= limits.measuredOk && tally.canary.at(-1)?.tag === 'ok';
}

function okAnswers(tally: Tally, by: Weighing): number {
  const window = recent(tally.canary, by.nowMs, by.paceOf(by.canaryStep), limits.measuredPaces);
  return window.filter((entry) => entry.tag === 'ok').length;
}

/** True where the last two answers both failed: enough to take back a mirror that was proposed already. */
export function isFailing(canary: readonly Entry[]): boolean {
  const last = canary.slice(-2);
  return last.length === 2 && last.every((entry) => entry.tag === 'failed');
}

/**
 * What stands against proposing a mirror, the gravest first; `ok` or, for the mirror in use, `current`.
 * The relay is judged by the chain that would result, so its answer is handed in.
 */
export function gateOf(input: {
  readonly mirror: Mirror;
  readonly standing: Standing | null;
  readonly tally: Tally;
  readonly isCurrent: boolean;
  readonly isWanted: boolean;
  readonly hasRelay: boolean;
  readonly by: Weighing;
}): Gate {
  const { mirror, standing, by } = input;
  const speaking = new Set(standing?.findings.filter(speaksAgainst).map((finding) => finding.kind));
  const lags = standing?.findings.some((finding) => finding.kind === 'lag' && finding.state !== 'closed') ?? false;
  const expired = (standing?.certificate?.expiresAtMs ?? Number.POSITIVE_INFINITY) <= by.wallMs;
  const away = standing?.throttledUntilMs ?? null;
  const checks: readonly (readonly [boolean, Gate])[] = [
    [speaking.has('mismatch'), 'mismatch'],
    [speaking.has('outage') || standing?.state === 'down', 'outage'],
    [speaking.has('certificate') || expired, 'certificate'],
    [speaking.has('refusal') || (away !== null && away > by.wallMs), 'refusal'],
    [lags, 'stale'],
    [speaking.has('spike'), 'spike'],
    [standing?.paused != null, 'paused'],
    [standing?.inMaintenance === true, 'maintenance'],
    [standing?.inDoubt === true, 'in_doubt'],
    [!input.hasRelay, 'no_relay'],
    [mirror.role === 'origin' && !input.isWanted && !input.isCurrent, 'origin'],
    [!input.isCurrent && !isMeasured(input.tally, by), 'unmeasured'],
    [input.isCurrent, 'current'],
  ];
  return checks.find(([holds]) => holds)?.[1] ?? 'ok';
}

/** One mirror with its score and the share of its canary answers that failed in the last 20 paces. */
export function weigh(mirror: Mirror, gate: Gate, standing: Standing | null, tally: Tally, by: Weighing): Weighed {
  const window = recent(tally.canary, by.nowMs, by.paceOf(by.canaryStep), limits.measuredPaces);
  const failed = window.filter((entry) => entry.tag === 'failed').length;
  const kind = causeOf(standing)?.kind;
  const slowNow =
    kind === 'spike' || (standing?.findings.some((f) => f.kind === 'spike' && f.state !== 'closed') ?? false);
  return {
    mirror,
    gate,
    scoreMs: scoreMs(tally, slowNow, by),
    failedShare: window.length === 0 ? 0 : failed / window.length,
  };
}

/** Relative drop from `fromMs` to `toMs`; negative where it rises. */
export function gain(fromMs: number, toMs: number): number {
  return fromMs <= 0 ? 0 : (fromMs - toMs) / fromMs;
}

/** Differences below this are noise of our own, however large their share: people are not moved for them. */
const noiseMs = 10;

/** True where one score is lower than another by `minGain`, and by more than noise. */
export function isFaster(fromMs: number, toMs: number, minGain: number): boolean {
  return gain(fromMs, toMs) >= minGain && fromMs - toMs >= noiseMs;
}

/**
 * Best first: what may be proposed or is in use, then the rest in the order of the file. Among the former reliable ones
 * first, then the faster; scores closer to the fastest left than `minGain` or 10 ms are equal: the greater weight, then the
 * order in the file decides.
 */
export function ranked(all: readonly Weighed[], minGain: number): readonly Weighed[] {
  const usable = all.filter(({ gate }) => gate === 'ok' || gate === 'current');
  const tiers = [
    usable.filter(({ failedShare, scoreMs: score }) => score !== null && failedShare <= unreliableShare),
    usable.filter(({ failedShare, scoreMs: score }) => score !== null && failedShare > unreliableShare),
    usable.filter(({ scoreMs: score }) => score === null),
  ];
  const rest = all.filter((one) => !usable.includes(one));
  return [...tiers.flatMap((tier) => byScore(tier, minGain)), ...rest];
}

function byScore(tier: readonly Weighed[], minGain: number): readonly Weighed[] {
  const fastest = Math.min(...tier.map(scoreOf));
  const equals = tier.filter((one) => scoreOf(one) === fastest || !isFaster(scoreOf(one), fastest, minGain));
  if (equals.length === 0) return tier;
  const first = equals.toSorted((a, b) => (b.mirror.weight ?? 0) - (a.mirror.weight ?? 0));
  return [
    ...first,
    ...byScore(
      tier.filter((one) => !equals.includes(one)),
      minGain,
    ),
  ];
}

function scoreOf(one: Weighed): number {
  return one.scoreMs ?? Number.POSITIVE_INFINITY;
}

/** A weighed mirror as it stands in an advice. */
export function candidate(one: Weighed): Candidate {
  return {
    registry: one.mirror.name,
    scoreSeconds: one.scoreMs === null ? null : round(one.scoreMs / 1000),
    gate: one.gate,
    sum: null,
    bound: null,
  };
}

/** To microseconds: more is noise. */
export function round(seconds: number): number {
  return Math.round(seconds * 1e6) / 1e6;
}
