import type { AdviceCause } from '../core/advice.ts';
import type { Mirror } from '../core/mirror.ts';
import {
  countSince,
  failureSharesOf,
  fetchCostMs,
  fetchTimeMs,
  isFailingAlike,
  recordOf,
  type Shares,
  usualMeans,
} from './comparison/costs.ts';
import { findTroubleStart } from './comparison/failures.ts';
import { lastTroubleOf } from './comparison/home.ts';
import { type Alarm, isOfTime, lightTestOf, type Pair } from './comparison/pair.ts';
import { noiseMs } from './comparison/rank.ts';
import { failedShareOf, type HeadRecord, type MeanTimes, meansFrom } from './comparison/record.ts';
import type { TimeTest } from './comparison/time.ts';
import { timesMsOf } from './obstacles.ts';
import type { View } from './view.ts';

/**
 * What one fetch costs at a mirror, from the evidence of one decision. Times are milliseconds; `null`: not measured.
 */
export interface Price {
  /** The time of a fetch without failures; `null`: light or heavy requests of the fetch were not measured. */
  readonly timeMs: number | null;
  /** The time of a fetch plus the expected cost of failures. */
  readonly costMs: number | null;
  /** The larger share of failed requests, light or heavy, 0 to 1. */
  readonly failedShare: number;
}

export interface Prices {
  readonly from: Price;
  readonly to: Price;
}

/**
 * What a fetch costs at both mirrors of a switch. If a test decided the switch, its evidence is used: means over half
 * an hour hide a change of the last minute, and contain failures that have ended.
 */
export function movePricesOf(view: View, at: Mirror, to: Mirror, cause: AdviceCause, alarm: Alarm | null): Prices {
  const { contest } = view.group;
  const both = [recordOf(contest, at.name), recordOf(contest, to.name)] as const;
  if (cause === 'failback') return pricesBack(view, both);
  const pair = contest.pairs.get(to.name);
  if (pair === undefined || alarm === null) return pricesOf(view, both, asMeasured, usualShares(view));
  return isOfTime(alarm) ? pricesOfTime(view, both, pair) : pricesOfFailures(view, both, pair, alarm);
}

/** True if a fetch at the new mirror costs over `noiseMs` milliseconds more than at the mirror in use. */
export function isDearer({ from, to }: Prices): boolean {
  return from.costMs !== null && to.costMs !== null && to.costMs - from.costMs > noiseMs;
}

/** Of the mirror to leave and of the new one. */
type Records = readonly [HeadRecord, HeadRecord];
type Means = readonly [MeanTimes, MeanTimes];
type SharesOf = (record: HeadRecord) => Shares;

function usualShares({ by }: View): SharesOf {
  return (record) => failureSharesOf(record, by.nowMs);
}

const asMeasured = [usualMeans, usualMeans] as const;

function pricesOf(view: View, [here, there]: Records, [from, to]: Means, sharesOf: SharesOf): Prices {
  const priceOf = (record: HeadRecord, means: MeanTimes): Price => {
    const shares = sharesOf(record);
    return {
      timeMs: fetchTimeMs(record, view.by, means),
      costMs: fetchCostMs(record, view.by, means, shares),
      failedShare: Math.max(shares.light, shares.heavy),
    };
  };
  return { from: priceOf(here, from), to: priceOf(there, to) };
}

/**
 * The costs of a fetch at both mirrors, if a test of times decided the switch. The times are means over the responses
 * that the test compared.
 */
function pricesOfTime(view: View, both: Records, { time }: Pair): Prices {
  const meansOf = (ms: (test: TimeTest) => number): MeanTimes => ({
    light: meanOf(lightTestOf(time), ms),
    heavy: meanOf(time.heavy, ms),
  });
  const means = [meansOf((test) => test.headTookMs), meansOf((test) => test.candidateMs)] as const;
  return pricesOf(view, both, means, sharesAlike(view, both));
}

/**
 * If two mirrors fail about equally often (`isFailingAlike`), both get the mean of their failure shares. Else each
 * mirror gets the failure share that was measured.
 * @param soundMs  responses before this time belong to a trouble that has ended and do not count, monotonic
 * milliseconds; absent: no such time
 */
function sharesAlike({ by }: View, [here, there]: Records, soundMs?: number): SharesOf {
  const sharesOf = (record: HeadRecord): Shares => failureSharesOf(record, by.nowMs, soundMs);
  if (!isFailingAlike(here, there, by.nowMs, soundMs)) return sharesOf;
  const [one, other] = [sharesOf(here), sharesOf(there)];
  const pooled = { light: (one.light + other.light) / 2, heavy: (one.heavy + other.heavy) / 2 };
  return () => pooled;
}

function meanOf(test: TimeTest, ms: (test: TimeTest) => number): number | null {
  return test.sum > 0 && test.rounds > 0 ? ms(test) / test.rounds : null;
}

/**
 * The costs of a fetch at both mirrors, if a test of failures decided the switch. Failures of confirming rounds count
 * too, because they are most of the evidence about the last minute.
 */
function pricesOfFailures(view: View, both: Records, { failures }: Pair, alarm: Alarm): Prices {
  const sinceMs = findTroubleStart(alarm === 'heavy_failures' ? failures.heavy : failures.all);
  const usual = usualShares(view);
  const sharesOf: SharesOf = (record) => {
    const { light, heavy } = usual(record);
    return {
      light: Math.max(light, failedShareOf(countSince(record.light, sinceMs))),
      heavy: Math.max(heavy, failedShareOf(countSince(record.heavy, sinceMs))),
    };
  };
  return pricesOf(view, both, asMeasured, sharesOf);
}

/**
 * The costs of a fetch at both mirrors, for a failback (switch back to home, the first declared mirror). Failures count
 * since home's last trouble. Times count over the period in which both mirrors are compared.
 */
function pricesBack(view: View, both: Records): Prices {
  const fromMs = view.now.monotonicMs - timesMsOf(view);
  const soundMs = lastTroubleOf(both[1]) + 1;
  return pricesOf(view, both, meansBack(view, both, fromMs), sharesAlike(view, both, soundMs));
}

/**
 * The mean times of both mirrors. If the fetch times differ by at most their standard error, both mirrors get the mean
 * of their times.
 */
function meansBack({ by }: View, [here, home]: Records, fromMs: number): Means {
  const timeOf = (record: HeadRecord, errors: number): number | null =>
    fetchTimeMs(record, by, meansFrom(record, fromMs, errors));
  const [from, to] = [meansFrom(here, fromMs), meansFrom(home, fromMs)];
  const [hereMs, homeMs] = [timeOf(here, 0), timeOf(home, 0)];
  if (hereMs === null || homeMs === null) return [from, to];
  const errorMs = Math.hypot((timeOf(here, 1) ?? hereMs) - hereMs, (timeOf(home, 1) ?? homeMs) - homeMs);
  if (Math.abs(homeMs - hereMs) > errorMs) return [from, to];
  const mean = (a: number | null, b: number | null): number | null => (a === null || b === null ? null : (a + b) / 2);
  const both = { light: mean(from.light, to.light), heavy: mean(from.heavy, to.heavy) };
  return [both, both];
}
