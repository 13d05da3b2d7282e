import { getOrMake } from '../../core/get-or-make.ts';
import type { Weight } from '../../core/mirror.ts';
import { type Counts, compareRates, quantileOf } from '../../core/statistics.ts';
import { rateBound } from './failures.ts';
import {
  byQuestion,
  countsOf,
  failedShareOf,
  HeadRecord,
  lateMax,
  type MeanTimes,
  meanMsFrom,
  type RecordOutcome,
  windowMs,
} from './record.ts';

export interface Records {
  readonly records: Map<string, HeadRecord>;
}

export function recordOf({ records }: Records, registry: string): HeadRecord {
  return getOrMake(records, registry, () => new HeadRecord());
}

const burstWindowMs = 3 * 60_000;
const minuteMs = 60_000;
/** The default number of standard errors that are added to a mean time, as a safety margin of costs. */
const margin = 1.3;

/** The number of bad outcomes (failed or late responses) and of all outcomes since `fromMs`. */
export function countSinceOf(record: HeadRecord, fromMs: number): Counts {
  const [light, heavy] = [countSince(record.light, fromMs), countSince(record.heavy, fromMs)];
  return { bad: light.bad + heavy.bad, all: light.all + heavy.all };
}

/**
 * True if at least the last `count` outcomes were bad, and one or more of them are of light requests (not of
 * downloads).
 */
export function hasFailedLast({ light, heavy }: HeadRecord, count: number): boolean {
  const goodMs = [light, heavy].map(
    (outcomes) => outcomes.findLast((one) => !one.bad)?.atMs ?? Number.NEGATIVE_INFINITY,
  );
  const isSince = (one: RecordOutcome): boolean => one.bad && one.atMs > Math.max(...goodMs);
  const lightBad = light.filter(isSince).length;
  return lightBad > 0 && lightBad + heavy.filter(isSince).length >= count;
}

export function countLastMinute(record: HeadRecord, nowMs: number): Counts {
  return countSinceOf(record, nowMs - minuteMs);
}

/** Shares of failed light and heavy requests, 0 to 1. */
export type Shares = Readonly<Record<Weight, number>>;

/**
 * Each light request counts as if it also had `questionPrior` responses with the average failure share. Downloads count
 * as if there were `heavyPrior` more good ones. So the first responses change a failure share little.
 */
const questionPrior = 3;
const heavyPrior = 4;

/**
 * The shares of failed requests. All distinct light requests weigh the same, because one missing module of twenty fails
 * one fetch in twenty.
 * @param soundMs  responses before this time belong to a trouble that has ended and do not count, monotonic
 * milliseconds; absent: no such time
 */
export function failureSharesOf(record: HeadRecord, nowMs: number, soundMs: number = Number.NEGATIVE_INFINITY): Shares {
  const fromMs = Math.max(nowMs - windowMs, soundMs);
  let [bad, all] = [0, 0];
  const counts: Counts[] = [];
  for (const outcomes of byQuestion(record, fromMs).values()) {
    const one = countSince(outcomes, fromMs);
    if (one.all === 0) continue;
    counts.push(one);
    bad += one.bad;
    all += one.all;
  }
  const pooled = failedShareOf({ bad, all });
  const sum = counts.reduce((total, one) => total + (one.bad + questionPrior * pooled) / (one.all + questionPrior), 0);
  const heavy = countSince(record.heavy, soundMs);
  return { light: bad === 0 ? 0 : sum / counts.length, heavy: heavy.bad / (heavy.all + heavyPrior) };
}

/** A candidate fails rarely if at most this share of its light requests fails. */
const chanceShare = 0.03;

/**
 * True if the candidate fails rarely, and about as often as the head.
 * @param soundMs  responses before this time do not count; monotonic milliseconds
 */
export function isFailingAlike(
  head: HeadRecord,
  candidate: HeadRecord,
  nowMs: number,
  soundMs: number = Number.NEGATIVE_INFINITY,
): boolean {
  const fromMs = Math.max(nowMs - windowMs, soundMs);
  const [here, there] = [countSince(head.light, fromMs), countSince(candidate.light, fromMs)];
  return (
    there.bad <= chanceShare * there.all &&
    compareRates(here, there) < rateBound.all &&
    compareRates(countSince(head.heavy, soundMs), countSince(candidate.heavy, soundMs)) < rateBound.heavy
  );
}

function failureBounds(record: HeadRecord, nowMs: number): Shares {
  const shares = failureSharesOf(record, nowMs);
  const long = countSinceOf(record, nowMs - windowMs);
  const short = countSinceOf(record, nowMs - burstWindowMs);
  const usual = (long.bad + 0.5 + margin * Math.sqrt(long.bad)) / (long.all + 100);
  const burst = short.bad >= 2 ? short.bad / (short.all + 5) : 0;
  const least = Math.min(1, Math.max(usual, burst, record.hourly.usualShare));
  return { light: Math.max(shares.light, least), heavy: Math.max(shares.heavy, least) };
}

/** The upper bound of the failure share of a mirror, 0 to 1: the larger one of light and of heavy requests. */
export function failureShareOf(record: HeadRecord, nowMs: number): number {
  const { light, heavy } = failureBounds(record, nowMs);
  return Math.max(light, heavy);
}

/**
 * The numbers of bad and of all outcomes in a list since `fromMs`. Probes that may only have been late are left out.
 */
export function countSince(outcomes: readonly RecordOutcome[], fromMs: number): Counts {
  let [bad, all] = [0, 0];
  for (let i = outcomes.length - 1; i >= 0; i -= 1) {
    const one = outcomes[i];
    if (one === undefined || one.atMs < fromMs) break;
    if (one.late > lateMax) continue;
    all += 1;
    if (one.bad) bad += 1;
  }
  return { bad, all };
}

/**
 * The mean time of good outcomes over the last `windowMs`, plus `errors` standard errors. Heavy outcomes (downloads)
 * count at any age. Milliseconds; `null`: no good outcome.
 */
export function meanMsOf(record: HeadRecord, weight: Weight, nowMs: number, errors = margin): number | null {
  return meanMsFrom(record, weight, nowMs - windowMs, errors);
}

/**
 * A download counts as at most this many times the median of the last downloads, so that a single slow download does
 * not decide.
 */
const tamedFactor = 4;

/**
 * Mean of the last good downloads, each limited by `tamedFactor`, milliseconds; `null`: no good download.
 * @param fullFromMs  downloads since then are not limited; monotonic milliseconds
 */
export function tamedHeavyMsOf({ heavy }: HeadRecord, fullFromMs: number = Number.POSITIVE_INFINITY): number | null {
  const good = heavy.filter((one) => !one.bad);
  const times = good.map(({ tookMs }) => tookMs);
  const usual = quantileOf(times, 0.5);
  if (usual === null) return null;
  const counted = ({ atMs, tookMs }: RecordOutcome): number =>
    atMs >= fullFromMs ? tookMs : Math.min(tookMs, tamedFactor * usual);
  return good.reduce((sum, one) => sum + counted(one), 0) / good.length;
}

/** The assumed requests of one build, over parallel connections. */
const perBuild = { light: 10, heavy: 5, connections: 3 } as const;

/** The time of one build without failures, milliseconds. */
export function buildMsOf(lightMs: number, heavyMs: number): number {
  return (perBuild.light * lightMs + perBuild.heavy * heavyMs) / perBuild.connections;
}

export interface FetchRule {
  readonly nowMs: number;
  /** For each step of one fetch: whether it is light or heavy. */
  readonly fetch: readonly Weight[];
  readonly failureCostMs: number;
}

/** The measured mean times are used. */
export const usualMeans: MeanTimes = { light: null, heavy: null };

function meansOf(record: HeadRecord, nowMs: number, { light, heavy }: MeanTimes): MeanTimes {
  return {
    light: light ?? meanMsOf(record, 'light', nowMs, 0),
    heavy: heavy ?? meanMsOf(record, 'heavy', nowMs, 0),
  };
}

/**
 * The cost of one client fetch with this mirror as the head, milliseconds: its time, and the expected cost of failures.
 * @param lately  mean times to use instead of the measured ones; `null`: the measured ones
 * @returns       `null` without a mean time of light steps
 */
export function fetchCostMs(record: HeadRecord, by: FetchRule, lately: MeanTimes, shares: Shares): number | null {
  const { light, heavy } = meansOf(record, by.nowMs, lately);
  if (light === null) return null;
  return by.fetch.reduce((sum, weight) => {
    const ms = weight === 'heavy' ? (heavy ?? light) : light;
    return sum + ms + (shares[weight] / by.fetch.length) * by.failureCostMs;
  }, 0);
}

/** `fetchCostMs` by all that was measured of a mirror; `null` too without a record. */
export function usualCostMs(record: HeadRecord | undefined, by: FetchRule): number | null {
  return record === undefined ? null : fetchCostMs(record, by, usualMeans, failureSharesOf(record, by.nowMs));
}

/**
 * The time of one client fetch with this mirror as the head, milliseconds; `null` if light or heavy steps of the fetch
 * were not measured.
 */
export function fetchTimeMs(record: HeadRecord | undefined, by: FetchRule, lately: MeanTimes): number | null {
  if (record === undefined) return null;
  const means = meansOf(record, by.nowMs, lately);
  if (by.fetch.some((weight) => means[weight] === null)) return null;
  return by.fetch.reduce((sum, weight) => sum + (means[weight] ?? 0), 0);
}

export interface BuildRule {
  readonly nowMs: number;
  readonly failureCostMs: number;
  /** The share of the head's failures after which no later member of the chain serves the client, 0 to 1. */
  readonly uncaught: number;
  /** True: the failure share of each mirror is that of its last day, whatever it was in the last minutes. */
  readonly isOfDay?: boolean;
}

/**
 * The cost of a build with a mirror as the head, seconds, as an upper bound; `null` without a mean time of light steps.
 * @param rule.errors  standard errors on top of mean times; absent: `margin`
 */
export function costOf(contest: Records, name: string, rule: BuildRule & { readonly errors?: number }): number | null {
  const record = recordOf(contest, name);
  const lightMs = meanMsOf(record, 'light', rule.nowMs, rule.errors);
  if (lightMs === null) return null;
  // A mirror without downloads gets a larger margin than one with a single download.
  const heavyMs =
    meanMsOf(record, 'heavy', rule.nowMs, rule.errors) ??
    usualHeavyMsOf(contest, rule.nowMs) * (1 + (rule.errors ?? margin));
  const { failed, waitedMs } = buildBoundOf(record, { ...rule, lightMs, heavyMs });
  return (failed * rule.failureCostMs + waitedMs) / 1_000;
}

/**
 * The time of one build, milliseconds, and the upper bound of the share of builds that fail.
 * @param by.lightMs   the mean time of light steps, milliseconds; `by.heavyMs`: of heavy ones
 * @param by.uncaught  the share of the head's failures after which no later member of the chain serves the client, 0 to
 * 1
 */
export function buildBoundOf(
  record: HeadRecord,
  by: Pick<BuildRule, 'nowMs' | 'uncaught' | 'isOfDay'> & { readonly lightMs: number; readonly heavyMs: number },
): { readonly waitedMs: number; readonly failed: number } {
  const { light, heavy } = by.isOfDay ? sharesOfDay(record) : failureBounds(record, by.nowMs);
  return {
    failed: 1 - (1 - light * by.uncaught) ** perBuild.light * (1 - heavy * by.uncaught) ** perBuild.heavy,
    waitedMs: buildMsOf(by.lightMs, by.heavyMs),
  };
}

function sharesOfDay({ hourly }: HeadRecord): Shares {
  const share = failedShareOf(countsOf(hourly.hours));
  return { light: share, heavy: share };
}

/** The mean download time over the mirrors, milliseconds; 0 if no download was measured. */
export function usualHeavyMsOf(contest: Records, nowMs: number): number {
  const means = [...contest.records.values()].flatMap((record) => meanMsOf(record, 'heavy', nowMs, 0) ?? []);
  return means.length === 0 ? 0 : means.reduce((sum, one) => sum + one, 0) / means.length;
}
