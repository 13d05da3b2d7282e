import { burst } from './constants.ts';

/**
 * The budget of probes beyond the schedule, in tokens: one for each probe. Tokens grow with the scheduled rate. A
 * reserve is for urgent probes.
 */
export class Budget {
  private readonly perMs: number;
  private tokens: number = burst.kept;
  private reserve: number = burst.kept * burst.reserve;
  private sinceMs = 0;

  /** @param scheduledPerMs  the number of scheduled probes per millisecond, over all mirrors */
  constructor(scheduledPerMs: number) {
    this.perMs = scheduledPerMs * burst.tokens;
  }

  /** Takes `n` tokens, if `isUrgent` also from the reserve. Returns false if there are not enough. */
  take(n: number, atMs: number, isUrgent: boolean): boolean {
    const more = Math.max(0, atMs - this.sinceMs) * this.perMs;
    this.sinceMs = Math.max(this.sinceMs, atMs);
    this.tokens = Math.min(burst.kept, this.tokens + more);
    this.reserve = Math.min(burst.kept * burst.reserve, this.reserve + more * burst.reserve);
    if (this.tokens >= n) {
      this.tokens -= n;
      return true;
    }
    if (!isUrgent || this.reserve < n) return false;
    this.reserve -= n;
    return true;
  }
}
