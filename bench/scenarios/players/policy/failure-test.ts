import { failures } from './constants.ts';

/**
 * What the responses of head and candidate to one request add to a sequential log-likelihood ratio: the head fails with
 * rate p1, against with rate p0. If both responses are bad, the result is 0: a failure that the candidate shares is no
 * reason to leave.
 */
export function increment(p0: number, p1: number, isHeadBad: boolean, isCandidateBad: boolean): number {
  if (isHeadBad) return isCandidateBad ? 0 : Math.log(p1 / p0);
  return Math.log((1 - p1) / (1 - p0));
}

/**
 * The failure rate of the head to test for, clearly above the rate `p0` of the candidate: at least `p`, at most 0.97.
 */
export function alternative(p: number, p0: number): number {
  return Math.min(0.97, Math.max(p, p0 + 0.6 * p));
}

/** The log-likelihood by which two failure rates explain the counts better than one common rate; 0 without counts. */
export function witness(headBad: number, candidateBad: number, n: number): number {
  if (n === 0) return 0;
  const pooled = loglik(headBad + candidateBad, 2 * n);
  return loglik(headBad, n) + loglik(candidateBad, n) - pooled;
}

function loglik(bad: number, n: number): number {
  const good = n - bad;
  return (bad > 0 ? bad * Math.log(bad / n) : 0) + (good > 0 ? good * Math.log(good / n) : 0);
}

interface Run {
  sum: number;
  readonly share: number;
  firstMs: number;
  lastMs: number;
  n: number;
  headBad: number;
  candidateBad: number;
}

/** The sequential likelihood ratio tests of one pair of mirrors, one for each failure rate of `failures.shares`. */
export class FailureTest {
  private readonly rule: (typeof failures)['light' | 'heavy'];
  private readonly runs: Run[];

  constructor(rule: (typeof failures)['light' | 'heavy']) {
    this.rule = rule;
    this.runs = failures.shares.map((share) => ({ share, ...nothing }));
  }

  reset(): void {
    for (const run of this.runs) Object.assign(run, nothing);
  }

  /** The largest sum as a share of its bound. */
  get level(): number {
    return Math.max(...this.runs.map(({ sum }) => sum)) / failures.bound;
  }

  add(atMs: number, p0: number, isHeadBad: boolean, isCandidateBad: boolean): void {
    for (const run of this.runs) {
      if (run.sum === 0 && (!isHeadBad || isCandidateBad)) continue;
      if (run.sum === 0) run.firstMs = atMs;
      run.sum = Math.max(0, run.sum + increment(p0, alternative(run.share, p0), isHeadBad, isCandidateBad));
      if (run.sum === 0) {
        Object.assign(run, nothing);
        continue;
      }
      run.n += 1;
      if (isHeadBad) {
        run.headBad += 1;
        run.lastMs = atMs;
      }
      if (isCandidateBad) run.candidateBad += 1;
    }
  }

  /**
   * True if a sum has reached its bound with enough evidence that the head fails more often than the candidate.
   * @param hasThird  a third mirror failed twice within a minute, so the trouble may be shared
   */
  isAlarm(hasThird: boolean): boolean {
    const { atLeast, spanMs, witness: wanted } = this.rule;
    const least = wanted + (hasThird ? failures.thirdWitness : 0);
    return this.runs.some(
      ({ sum, headBad, candidateBad, n, firstMs, lastMs }) =>
        sum >= failures.bound &&
        headBad >= atLeast &&
        lastMs - firstMs >= spanMs &&
        headBad > candidateBad &&
        witness(headBad, candidateBad, n) >= least,
    );
  }
}

const nothing = { sum: 0, firstMs: 0, lastMs: 0, n: 0, headBad: 0, candidateBad: 0 };
