import { compareRates } from '../../core/statistics.ts';
import type { failedSharesOf, RecordOutcome } from './record.ts';

/**
 * The bound that a sum of log-likelihood ratios must reach for an alarm. For each tested rate it is multiplied by a
 * factor.
 */
export const failureBound = 8;
/**
 * The failure rates that are tested, each with the factor of its bound. `noisyShare`: the share by which the bound is
 * raised if the other mirrors have a failure share of `noisyRate`, or if this share of good responses is as late as the
 * failed ones. If the head only fails as often as assumed of the candidate, a sum passes 8 by chance within days, but 14
 * only within years. If the head is dead, the sum passes 14 before the failures span `detect.outage.over`.
 * @see docs/decisions/0021-what-chance-explains.md
 */
const tested = [
  { rate: 0.05, boundFactor: 1.25, noisyShare: 0.4 },
  { rate: 0.2, boundFactor: 1, noisyShare: 0.75 },
  { rate: 0.9, boundFactor: 1, noisyShare: 0.75 },
] as const;
/** The maximum factor of a bound. */
const boundFactorMost = 2.35;
const noisyRate = 0.01;
/**
 * The lowest failure rate that is assumed of a candidate, and the highest failure rate for which the head is tested.
 */
const leastRate = 0.005;
const mostRate = 0.97;
/**
 * A sum (accumulated evidence) is limited to this multiple of its bound, so that it falls below the bound soon after
 * the trouble. More than 2, because twice the bound raises the confidence (`isTwiceOver`).
 */
const mostOfBound = 2.5;
/**
 * The minimum of `compareRates` for an alarm. Twice this log-likelihood ratio has a χ² distribution with one degree of
 * freedom (Wilks). So, of two equal mirrors, the head seems worse by 1.6 or more with a probability of 3.7 %, and by
 * 0.8 or more with 10 %.
 * @see docs/decisions/0021-what-chance-explains.md
 */
export const rateBound = { all: 1.6, heavy: 0.8 } as const;
/**
 * Added to `rateBound` while a third mirror fails too, because the trouble may be shared. Of two equal mirrors, the
 * head reaches the raised bounds with a probability of 0.5 % (`all`) and 0.9 % (`heavy`).
 */
const sharedRateBound = { all: 1.75, heavy: 2 } as const;
/**
 * If the failures span more than `longMs` milliseconds, `longRateBound` is added to `rateBound.all`. Of two equal
 * mirrors, the head then reaches the bound with a probability of 0.7 %.
 */
const longMs = 120_000;
const longRateBound = 1.4;
/**
 * If more than this many good responses of the head follow its last failure, a test triggers only together with an
 * alert of another system.
 */
const goodsMost = 3;

/**
 * When failures are an alarm: at least `failuresMin` failures of the head, at which the candidate succeeded, over at
 * least `spanMs` milliseconds.
 */
interface FailureRule {
  readonly failuresMin: number;
  readonly spanMs: number;
  readonly requests: keyof typeof rateBound;
  readonly ease: number;
}

/** The test for one failure rate, with its evidence since the sum was last zero. Times are monotonic milliseconds. */
class Run {
  sum = 0;
  boundFactor = 1;
  failures = 0;
  /** The sum of `late` over the failures. */
  lateSum = 0;
  goods = 0;
  firstMs = 0;
  lastMs = 0;
  head = { bad: 0, all: 0 };
  candidate = { bad: 0, all: 0 };
}

export type FailureTest = readonly Run[];

export function newFailureTest(): FailureTest {
  return tested.map(({ boundFactor }) => Object.assign(new Run(), { boundFactor }));
}

/**
 * The failure rate assumed of a candidate: the highest of its usual rate, its recent rate, and the rate of all mirrors
 * but the head (`everybody`). It is at least `leastRate`.
 */
export function usualRateOf(shares: ReturnType<typeof failedSharesOf>, everybody: number): number {
  const { usual, recent } = shares;
  return Math.max(leastRate, usual, recent, everybody);
}

/**
 * Adds one comparison of head and candidate to the sums. For each tested rate p₁, the sum is a CUSUM of the
 * log-likelihood ratio of "the head fails with p₁" against "with p₀". p₁ is the tested rate, or p₀ + 0.6 × the tested
 * rate if that is higher. If both mirrors fail, the sum does not change.
 * @param usual.p0         the failure rate assumed of the candidate, by `usualRateOf`
 * @param usual.everybody  the long-run failure share of all mirrors but the head
 * @see Page, Continuous inspection schemes, Biometrika 41 (1954); Wald, Sequential Analysis (1947)
 */
export function updateFailureTest(
  test: FailureTest,
  head: Pick<RecordOutcome, 'bad' | 'late' | 'atMs' | 'fromMs'>,
  candidateBad: boolean,
  usual: { readonly p0: number; readonly everybody: number },
): void {
  const { bad, late, atMs, fromMs } = head;
  const { everybody } = usual;
  // A head cannot be shown to fail more often than a candidate that fails nearly always.
  const p0 = Math.min(mostRate, usual.p0);
  for (const [place, { rate, boundFactor, noisyShare }] of tested.entries()) {
    const run = test[place];
    if (run === undefined) continue;
    const failures = run.failures + (bad ? 1 : 0);
    const lateMean = failures === 0 ? 0 : (run.lateSum + (bad ? late : 0)) / failures;
    const factor = boundFactor * (1 + (noisyShare * Math.max(everybody, lateMean)) / noisyRate);
    run.boundFactor = Math.min(boundFactorMost, factor);
    const p1 = Math.min(mostRate, Math.max(rate, p0 + 0.6 * rate));
    if (bad) run.goods = 0;
    if (bad && candidateBad) {
      if (run.failures > 0) count(run, bad, candidateBad);
      continue;
    }
    const next = run.sum + (bad ? Math.log(orLate(p1, late) / orLate(p0, late)) : Math.log((1 - p1) / (1 - p0)));
    run.sum = Math.min(next, mostOfBound * failureBound * run.boundFactor);
    if (run.sum <= 0) {
      Object.assign(run, new Run());
      continue;
    }
    if (bad) {
      // Downloads may end in another order than they start, so the earliest and the latest time are kept.
      run.firstMs = run.failures === 0 ? fromMs : Math.min(run.firstMs, fromMs);
      run.lastMs = run.failures === 0 ? atMs : Math.max(run.lastMs, atMs);
      run.failures += 1;
      run.lateSum += late;
    }
    count(run, bad, candidateBad);
  }
}

/** Counts a good response of the head, even if the candidate has no response to the same request. */
export function countGood(test: FailureTest): void {
  for (const run of test) run.goods += 1;
}

/** The probability that no response came in time, because the request failed or was only late. */
function orLate(rate: number, late: number): number {
  return rate + (1 - rate) * late;
}

function count(run: Run, head: boolean, candidate: boolean): void {
  run.head.all += 1;
  run.candidate.all += 1;
  if (head) run.head.bad += 1;
  if (candidate) run.candidate.bad += 1;
}

/**
 * The sum (accumulated evidence) of the test that is nearest to its bound, scaled so that `failureBound` is the bound
 * of each test.
 */
export function failureSumOf(test: FailureTest): number {
  let most = 0;
  for (const run of test) most = Math.max(most, run.sum / run.boundFactor);
  return most;
}

/**
 * When the trouble began: the first failure in the test that is nearest to its bound, monotonic milliseconds; Infinity:
 * no failure.
 */
export function findTroubleStart(test: FailureTest): number {
  const nearest = test.reduce((most, one) => (one.sum / one.boundFactor > most.sum / most.boundFactor ? one : most));
  return nearest.failures === 0 ? Number.POSITIVE_INFINITY : nearest.firstMs;
}

/**
 * True if a sum has reached its bound with enough failures over enough time, and two failure rates explain the
 * responses of head and candidate clearly better than one common rate.
 * @param isShared  a third mirror fails too
 */
export function isFailureAlarm(test: FailureTest, rule: FailureRule, isShared: boolean): boolean {
  const least = rule.ease * (rateBound[rule.requests] + (isShared ? sharedRateBound[rule.requests] : 0));
  return test.some((run) => {
    const spanMs = run.lastMs - run.firstMs;
    return (
      run.sum >= rule.ease * failureBound * run.boundFactor &&
      run.failures >= rule.failuresMin &&
      (run.goods <= goodsMost || rule.ease < 1) &&
      spanMs >= rule.spanMs &&
      run.head.bad * run.candidate.all > run.candidate.bad * run.head.all &&
      compareRates(run.head, run.candidate) >=
        least + (spanMs > longMs && rule.requests === 'all' ? rule.ease * longRateBound : 0)
    );
  });
}
