import { failures, time } from './constants.ts';
import { FailureTest } from './failure-test.ts';
import type { Seen } from './replay.ts';
import { Spread, TimeTest } from './time-test.ts';

/** How much the times of two mirrors usually differ. It is kept after a move, whichever of the two is the head. */
export class Spreads {
  readonly light = new Spread();
  readonly heavy = new Spread();
}

/** All running tests of one candidate against the current head. */
export class Pair {
  private readonly all = new FailureTest(failures.light);
  private readonly heavy = new FailureTest(failures.heavy);
  private readonly lightTime = new TimeTest(time.lightRounds);
  private readonly heavyTime = new TimeTest(time.heavyRounds);

  reset(): void {
    for (const test of [this.all, this.heavy, this.lightTime, this.heavyTime]) test.reset();
  }

  addFailures(atMs: number, p0: number, head: Seen, candidate: Seen, isHeavy: boolean): void {
    this.all.add(atMs, p0, head.isBad, candidate.isBad);
    if (isHeavy) this.heavy.add(atMs, p0, head.isBad, candidate.isBad);
  }

  addTime(headMs: number, candidateMs: number, deviationMs: number, isHome: boolean, isHeavy: boolean): void {
    (isHeavy ? this.heavyTime : this.lightTime).add(headMs, candidateMs, deviationMs, isHome);
  }

  timeLevel(isHeavy: boolean, bound: number): number {
    return (isHeavy ? this.heavyTime : this.lightTime).level(bound);
  }

  /** The largest sum of the tests of downloads, or of the others, as a share of its bound. */
  level(isHeavy: boolean, bound: number): number {
    if (isHeavy) return Math.max(this.heavy.level, this.heavyTime.level(bound));
    return Math.max(this.all.level, this.lightTime.level(bound));
  }

  /** The test by which the candidate is better than the head; `null`: no test triggered. */
  alarm(bound: number, hasThird: boolean): 'fails' | 'zip fails' | 'slow' | 'zip slow' | null {
    if (this.all.isAlarm(hasThird)) return 'fails';
    if (this.heavy.isAlarm(hasThird)) return 'zip fails';
    if (this.lightTime.isAlarm(bound)) return 'slow';
    return this.heavyTime.isAlarm(bound) ? 'zip slow' : null;
  }
}
