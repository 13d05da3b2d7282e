import { likelihood } from '../../core/likelihood.ts';
import type { Outcome } from './record.ts';

/** Rates of failure that a head may have and a candidate not, each tested for by a likelihood ratio of its own. */
const rates = [0.05, 0.2, 0.9] as const;
/** The sum of log-likelihood ratios at which one of them is believed; for the lowest rate, which takes long, more. */
export const failureBound = 8;
const boundFactors = [1.25, 1, 1] as const;
/**
 * Where everybody fails one answer in a hundred, the bounds of the lower rates are so much higher, as a share, and less or
 * more in proportion: there chance begins a sum sixty times a day.
 */
const noisyShare = [0.4, 0.4, 0] as const;
const noisyRate = 0.01;
/** What is never believed of a candidate: that it fails less often than this. */
const leastRate = 0.005;
const mostRate = 0.97;
/** A sum is let grow to so many times its bound: what is over must end in time. */
const mostOfBound = 2.5;
/** Witness asked for: how much better two rates explain the answers than one does, as a log-likelihood. */
export const witnessBound = { all: 1.6, heavy: 0.8 } as const;
/** On top of it while a third mirror fails too: the trouble may be shared. */
const sharedWitness = { all: 1.75, heavy: 2 } as const;
/** And where the failures are not of one trouble, but came over more than so long: chance has had time. */
const longMs = 120_000;
const longWitness = 1.4;

/** What counts as one trouble: so many failures of the head, over so long. */
interface FailureRule {
  readonly failuresMin: number;
  /** Milliseconds between the first of them and the last. */
  readonly spanMs: number;
  readonly witness: keyof typeof witnessBound;
  /** Share of the bound that will do, 0 to 1. */
  readonly ease: number;
}

/** One likelihood ratio on its way, and what it rests on since its first failure. Times are monotonic milliseconds. */
interface Run {
  sum: number;
  /** Of `failureBound`. */
  boundFactor: number;
  failures: number;
  firstMs: number;
  lastMs: number;
  readonly head: { bad: number; all: number };
  readonly candidate: { bad: number; all: number };
}

/** The tests of one head against one candidate for failing more often. */
export type FailureTest = readonly Run[];

/** No answer yet. */
export function newFailureTest(): FailureTest {
  return boundFactors.map(newRun);
}

function newRun(boundFactor: number): Run {
  return {
    sum: 0,
    boundFactor,
    failures: 0,
    firstMs: 0,
    lastMs: 0,
    head: { bad: 0, all: 0 },
    candidate: { bad: 0, all: 0 },
  };
}

function clear(run: Run): void {
  run.sum = 0;
  run.failures = 0;
  run.head.bad = 0;
  run.head.all = 0;
  run.candidate.bad = 0;
  run.candidate.all = 0;
}

/**
 * The rate of failures a candidate is taken to have: what it shows over the long run, and lately where that is much; what
 * everybody shows over the long run, where that is more.
 */
export function usualRateOf(slow: number, fast: number, everybody: number): number {
  return Math.max(leastRate, slow, fast > 0.1 ? fast : 0, everybody);
}

/**
 * Takes in what head and candidate did in one moment: Wald's log-likelihood ratio of "the head fails with p₁, the
 * candidate with p₀" against "both fail with p₀", for three rates, never below zero (Page's CUSUM). A failure of both
 * says nothing of their difference.
 * @param head  `late`: where we gave it up, as likely as that without any trouble
 * @param usual.p0  the candidate's usual rate, by `usualRate`
 * @param usual.everybody  what all but the head fail over the long run
 * @see Page, Continuous inspection schemes, Biometrika 41 (1954); Wald, Sequential Analysis (1947)
 */
export function updateFailureTest(
  test: FailureTest,
  head: Pick<Outcome, 'bad' | 'late' | 'atMs'>,
  candidateBad: boolean,
  usual: { readonly p0: number; readonly everybody: number },
): void {
  const { bad, late, atMs } = head;
  const { p0, everybody } = usual;
  for (let i = 0; i < rates.length; i += 1) {
    const run = test[i];
    const rate = rates[i];
    if (run === undefined || rate === undefined) continue;
    run.boundFactor = (boundFactors[i] ?? 1) * (1 + ((noisyShare[i] ?? 0) * everybody) / noisyRate);
    const p1 = Math.min(mostRate, Math.max(rate, p0 + 0.6 * rate));
    if (bad && candidateBad) {
      if (run.failures > 0) count(run, bad, candidateBad);
      continue;
    }
    const next = run.sum + (bad ? Math.log(orLate(p1, late) / orLate(p0, late)) : Math.log((1 - p1) / (1 - p0)));
    run.sum = Math.min(next, mostOfBound * failureBound);
    if (run.sum <= 0) {
      clear(run);
      continue;
    }
    if (bad) {
      // Downloads come to an end in another order than they began.
      run.firstMs = run.failures === 0 ? atMs : Math.min(run.firstMs, atMs);
      run.lastMs = run.failures === 0 ? atMs : Math.max(run.lastMs, atMs);
      run.failures += 1;
    }
    count(run, bad, candidateBad);
  }
}

/** How likely no answer in time is: it fails, or else it is late. */
function orLate(rate: number, late: number): number {
  return rate + (1 - rate) * late;
}

function count(run: Run, head: boolean, candidate: boolean): void {
  run.head.all += 1;
  run.candidate.all += 1;
  if (head) run.head.bad += 1;
  if (candidate) run.candidate.bad += 1;
}

/** The sum nearest to its bound, 0 or more, as of the bound `failureBound`. */
export function failureSumOf(test: FailureTest): number {
  let most = 0;
  for (const run of test) most = Math.max(most, run.sum / run.boundFactor);
  return most;
}

/**
 * True where one of the sums has passed the bound and rests on enough: failures over some time, and answers of the
 * candidate that two rates explain clearly better than one.
 * @param isShared  a third mirror fails too just now
 */
export function isFailureAlarm(test: FailureTest, rule: FailureRule, isShared: boolean): boolean {
  const least = rule.ease * (witnessBound[rule.witness] + (isShared ? sharedWitness[rule.witness] : 0));
  return test.some((run) => {
    const spanMs = run.lastMs - run.firstMs;
    return (
      run.sum >= rule.ease * failureBound * run.boundFactor &&
      run.failures >= rule.failuresMin &&
      spanMs >= rule.spanMs &&
      run.head.bad * run.candidate.all > run.candidate.bad * run.head.all &&
      compareRates(run.head, run.candidate) >=
        least + (spanMs > longMs && rule.witness === 'all' ? rule.ease * longWitness : 0)
    );
  });
}

/** By how much two rates of their own explain the answers better than one for both: a log-likelihood, 0 or more. */
export function compareRates(
  a: { readonly bad: number; readonly all: number },
  b: { readonly bad: number; readonly all: number },
): number {
  return likelihood(a.bad, a.all) + likelihood(b.bad, b.all) - likelihood(a.bad + b.bad, a.all + b.all);
}
