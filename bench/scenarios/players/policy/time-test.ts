import { time } from './constants.ts';
import { Running } from './running.ts';

/**
 * What one round adds to the time sum of a pair: the time difference in standard deviations, clipped, minus the drift.
 * If the candidate is home, a bonus is added.
 */
export function timeIncrement(headMs: number, candidateMs: number, deviationMs: number, isHome: boolean): number {
  const x = (headMs - time.gain * candidateMs) / deviationMs;
  return Math.max(-time.clip, Math.min(time.clip, x)) - time.drift + (isHome ? time.home : 0);
}

/**
 * How much the times of two mirrors in one round usually differ. It stays valid after a move, whichever of the two is
 * the head.
 */
export class Spread {
  private readonly difference = new Running(time.deviation);

  /** @param levelMs  the usual time of a response of the candidate */
  deviationMs(levelMs: number): number {
    return Math.max(this.difference.deviation, time.level * levelMs, time.leastMs);
  }

  add(differenceMs: number): void {
    const { mean, deviation } = this.difference;
    const most = time.winsor * Math.max(deviation, time.leastMs);
    const off = differenceMs - (mean ?? 0);
    this.difference.add((mean ?? 0) + (mean === null ? off : Math.max(-most, Math.min(most, off))));
  }
}

/** A paired CUSUM test of times: is the head more than 15 % slower than one candidate? */
export class TimeTest {
  private readonly leastRounds: number;
  private sum = 0;
  private rounds = 0;
  private headMs = 0;
  private candidateMs = 0;

  constructor(leastRounds: number) {
    this.leastRounds = leastRounds;
  }

  reset(): void {
    this.sum = 0;
    this.rounds = 0;
    this.headMs = 0;
    this.candidateMs = 0;
  }

  /** The sum as a share of its bound. */
  level(bound: number): number {
    return this.sum / bound;
  }

  add(headMs: number, candidateMs: number, deviationMs: number, isHome: boolean): void {
    this.sum = Math.max(0, this.sum + timeIncrement(headMs, candidateMs, deviationMs, isHome));
    if (this.sum === 0) {
      this.reset();
      return;
    }
    this.rounds += 1;
    this.headMs += headMs;
    this.candidateMs += candidateMs;
  }

  isAlarm(bound: number): boolean {
    if (this.sum < bound || this.rounds < this.leastRounds) return false;
    const worseMs = (this.headMs - this.candidateMs) / this.rounds;
    return this.headMs > time.gain * this.candidateMs && worseMs > time.leastMs;
  }
}
