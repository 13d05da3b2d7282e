import { failures } from './constants.ts';

/**
 * What one pair of answers adds to a sequential likelihood ratio "the head fails like p1" against "like p0".
 * Both bad say nothing: what the candidate shares is no reason to leave.
 */
export function increment(p0: number, p1: number, isHeadBad: boolean, isCandidateBad: boolean): number {
  if (isHeadBad) return isCandidateBad ? 0 : Math.log(p1 / p0);
  return Math.log((1 - p1) / (1 - p0));
}

/** The rate that a share `p` of more failures stands for beside a candidate that fails `p0` of the time. */
export function alternative(p: number, p0: number): number {
  return Math.min(0.97, Math.max(p, p0 + 0.6 * p));
}

/** Log-likelihood by which two shares explain the counts better than one. Counts of nothing give 0. */
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

/** Sequential likelihood ratios of one pair over one set of answers, for each alternative. */
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

  /** @param hasThird  a mirror beside these two failed twice within a minute: the trouble may be shared */
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
