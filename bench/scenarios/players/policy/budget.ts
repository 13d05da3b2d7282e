import { burst } from './constants.ts';

/** Tokens for probes beyond the schedule: a share of the scheduled rate, and a reserve for what is nearly decided. */
export class Budget {
  private readonly perMs: number;
  private tokens: number = burst.kept;
  private reserve: number = burst.kept * burst.reserve;
  private sinceMs = 0;

  /** @param scheduledPerMs  probes the schedule makes in a millisecond, over all mirrors */
  constructor(scheduledPerMs: number) {
    this.perMs = scheduledPerMs * burst.tokens;
  }

  /** Takes `n` tokens where they are there, from the reserve as well if `isUrgent`. */
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
