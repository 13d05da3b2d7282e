import type { Candidate, Gate } from '../core/advice.ts';
import { saysBehind } from '../core/finding.ts';
import { limits } from '../core/limits.ts';
import type { Mirror } from '../core/mirror.ts';
import type { Standing } from '../core/standing.ts';
import type { Weight } from '../core/target.ts';
import { speaksAgainst } from './cause.ts';
import type { Contest } from './paired/contest.ts';
import { failureShare, failureShares, type HeadRecord, meanMs, type Shares } from './paired/record.ts';
import type { Tally } from './tally.ts';

/** Behind every more reliable one goes a mirror whose failures, as an upper bound, lie above this share. */
const unreliableShare = 0.1;

/** What a mirror is weighed by. */
export interface Weighing {
  readonly nowMs: number;
  readonly wallMs: number;
  readonly canaryEveryMs: number;
  /** The weights of the steps of one fetch. */
  readonly fetch: readonly Weight[];
  readonly failureCostMs: number;
  readonly contest: Contest;
}

/** One mirror weighed; `scoreMs` is what a fetch costs there. */
export interface Weighed {
  readonly mirror: Mirror;
  readonly gate: Gate;
  readonly scoreMs: number | null;
  /** Share of failed answers, as an upper bound for comparing. */
  readonly failedShare: number;
}

/**
 * What one client fetch through a mirror at the head costs, cold, in milliseconds: the mean time of each of its steps,
 * and what a failed build costs a person for the share that failed. Steps not measured cost what the light ones do.
 * @param lately  mean times of light and heavy steps that stand for those of the last half hour; `null`: none do
 * @returns `null` where no light step was answered well within half an hour
 */
export function fetchCostMs(
  record: HeadRecord | undefined,
  by: Pick<Weighing, 'nowMs' | 'fetch' | 'failureCostMs'>,
  lately: { readonly light: number | null; readonly heavy: number | null } = { light: null, heavy: null },
): number | null {
  if (record === undefined) return null;
  const light = lately.light ?? meanMs(record, 'light', by.nowMs, 0);
  if (light === null) return null;
  const heavy = lately.heavy ?? meanMs(record, 'heavy', by.nowMs, 0) ?? light;
  return fetchCostOf({ light, heavy, shares: failureShares(record, by.nowMs) }, by);
}

/** The same of known times of light and heavy steps, milliseconds, and shares of each that fail. */
export function fetchCostOf(
  { light, heavy, shares }: { readonly light: number; readonly heavy: number; readonly shares: Shares },
  by: Pick<Weighing, 'fetch' | 'failureCostMs'>,
): number {
  return by.fetch.reduce((sum, weight) => {
    const [ms, share] = weight === 'heavy' ? [heavy, shares.heavy] : [light, shares.light];
    return sum + ms + (share / by.fetch.length) * by.failureCostMs;
  }, 0);
}

/** Whether a mirror was measured well enough: 5 ok canary answers in the last 20 paces, and the last answer ok. */
function isMeasured(tally: Tally, by: Weighing): boolean {
  return okAnswers(tally, by) >= limits.measuredOk && tally.canary.at(-1)?.tag === 'ok';
}

function okAnswers(tally: Tally, by: Weighing): number {
  let count = 0;
  const fromMs = by.nowMs - limits.measuredPaces * by.canaryEveryMs;
  for (let i = tally.canary.length - 1; i >= 0; i -= 1) {
    const entry = tally.canary[i];
    if (entry === undefined || entry.atMs <= fromMs || count >= limits.measuredOk) break;
    if (entry.tag === 'ok') count += 1;
  }
  return count;
}

/** Gates that put candidates in order and never keep clients on what is down. */
const orderingGates: ReadonlySet<Gate> = new Set(['ok', 'unreliable', 'spike', 'throughput']);

/** True where a mirror may be proposed, the reliable and fast ones first. */
export function mayBeProposed(gate: Gate): boolean {
  return orderingGates.has(gate);
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
  const { mirror, standing, by, isCurrent } = input;
  const findings = standing?.findings ?? [];
  const speaks = (kind: string): boolean => findings.some((finding) => finding.kind === kind && speaksAgainst(finding));
  const isOpen = (kind: string): boolean =>
    findings.some((finding) => finding.kind === kind && finding.state !== 'closed');
  if (speaks('mismatch')) return 'mismatch';
  if (speaks('outage') || standing?.state === 'down') return 'outage';
  if (speaks('certificate') || (standing?.certificate?.expiresAtMs ?? Number.POSITIVE_INFINITY) <= by.wallMs)
    return 'certificate';
  if (speaks('refusal') || (standing?.throttledUntilMs ?? Number.NEGATIVE_INFINITY) > by.wallMs) return 'refusal';
  if (findings.some((finding) => finding.state !== 'closed' && saysBehind(finding))) return 'stale';
  if (standing?.paused != null) return 'paused';
  if (standing?.inMaintenance === true) return 'maintenance';
  if (standing?.inDoubt === true && !isCurrent) return 'in_doubt';
  if (!input.hasRelay) return 'no_relay';
  if (mirror.role === 'origin' && !input.isWanted && !isCurrent) return 'origin';
  if (!isCurrent && !isMeasured(input.tally, by)) return 'unmeasured';
  if (isOpen('unreliable')) return 'unreliable';
  if (speaks('spike')) return 'spike';
  if (isOpen('throughput')) return 'throughput';
  return isCurrent ? 'current' : 'ok';
}

/** One mirror with what a fetch costs there and how often it fails. */
export function weigh(mirror: Mirror, gate: Gate, by: Weighing): Weighed {
  const record = by.contest.records.get(mirror.name);
  return {
    mirror,
    gate,
    scoreMs: fetchCostMs(record, by),
    failedShare: record === undefined ? 0 : failureShare(record, by.nowMs),
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
 * first, then the cheaper; scores closer to the cheapest left than `minGain` or 10 ms are equal: the greater weight, then
 * the order in the file decides.
 */
export function ranked(all: readonly Weighed[], minGain: number): readonly Weighed[] {
  const usable = all.filter(({ gate }) => mayBeProposed(gate) || gate === 'current');
  const tiers = [
    usable.filter(({ failedShare, scoreMs: score }) => score !== null && failedShare <= unreliableShare),
    usable.filter(({ failedShare, scoreMs: score }) => score !== null && failedShare > unreliableShare),
    usable.filter(({ scoreMs: score }) => score === null),
  ];
  const rest = all.filter((one) => !usable.includes(one));
  return [...tiers.flatMap((tier) => byScore(tier, minGain)), ...rest];
}

function byScore(tier: readonly Weighed[], minGain: number): readonly Weighed[] {
  const byWeight = (a: Weighed, b: Weighed): number => (b.mirror.weight ?? 0) - (a.mirror.weight ?? 0);
  return equalsTogether(tier, scoreOf, minGain, byWeight);
}

/**
 * The cheapest first, and with it whoever is equal to it, in the order that people want; then the rest in the same way.
 * @param scoreOf  milliseconds, Infinity where not measured
 * @param inOrder  of equals; where it is 0, as they stand in `all`
 */
export function equalsTogether<T>(
  all: readonly T[],
  scoreOf: (one: T) => number,
  minGain: number,
  inOrder: (a: T, b: T) => number,
): readonly T[] {
  const fastest = Math.min(...all.map(scoreOf));
  const isEqual = (one: T): boolean => scoreOf(one) === fastest || !isFaster(scoreOf(one), fastest, minGain);
  const equals = all.filter(isEqual);
  if (equals.length === 0) return all;
  const rest = all.filter((one) => !equals.includes(one));
  return [...equals.toSorted(inOrder), ...equalsTogether(rest, scoreOf, minGain, inOrder)];
}

function scoreOf(one: Weighed): number {
  return one.scoreMs ?? Number.POSITIVE_INFINITY;
}

/** A weighed mirror as it stands in an advice, with the test that is nearest to its bound; `null`: nothing is weighed. */
export function candidate(one: Weighed, running: { readonly sum: number; readonly bound: number } | null): Candidate {
  return {
    registry: one.mirror.name,
    scoreSeconds: one.scoreMs === null ? null : round(one.scoreMs / 1000),
    gate: one.gate,
    sum: running === null ? null : round(running.sum),
    bound: running === null ? null : round(running.bound),
  };
}

/** To microseconds: more is noise. */
export function round(seconds: number): number {
  return Math.round(seconds * 1e6) / 1e6;
}
