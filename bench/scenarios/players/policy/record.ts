import { candidate, failures, time } from './constants.ts';
import type { Seen } from './replay.ts';
import { Running, Shares } from './running.ts';

const minute = 60_000;

/**
 * The upper bound of the failure share of fetches. `n` counts all responses and `f` the failed ones, over half an hour
 * and over three minutes. The three minutes matter only with two failures or more.
 */
export function failureBound(half: { n: number; f: number }, three: { n: number; f: number }): number {
  const long = (half.f + 0.5 + candidate.errors * Math.sqrt(half.f)) / (half.n + 100);
  return Math.min(1, Math.max(long, three.f >= 2 ? three.f / (three.n + 5) : 0));
}

/**
 * The upper bound of the cost of a build, milliseconds: the cost of failed builds, plus the time of ten light and five
 * heavy requests over three connections.
 */
export function buildBoundMs(fails: number, lightMs: number, heavyMs: number): number {
  const failed = candidate.failedMs * (1 - (1 - fails) ** candidate.builds);
  return failed + candidate.light * lightMs + candidate.heavy * heavyMs;
}

/** The results so far of the chain with one mirror as head. */
export class HeadRecord {
  readonly shares = new Shares();
  private readonly light = new Running(time.levelPace);
  private readonly heavy = new Running(1 / 8);
  /**
   * The failure share over hundreds of scheduled responses (`slow`), and over the last few responses of any kind
   * (`fast`).
   */
  slow = 0;
  private fast = 0;
  isLastBad = false;
  isLastHeavyBad = false;

  add(atMs: number, seen: Seen, isHeavy: boolean, isExtra: boolean): void {
    const failed = seen.isBad ? 1 : 0;
    if (!isExtra) this.slow += failures.slow * (failed - this.slow);
    this.fast += failures.fast * (failed - this.fast);
    this.shares.add(atMs, seen.isBad);
    this.isLastBad = seen.isBad;
    if (isHeavy) this.isLastHeavyBad = seen.isBad;
    if (!seen.isBad) (isHeavy ? this.heavy : this.light).add(seen.ms);
  }

  /** The failure rate p0 that the failure test assumes of this mirror as candidate, at least `floor`. */
  usualFailures(floor: number): number {
    return Math.max(floor, this.slow, this.fast > failures.fastFrom ? this.fast : 0);
  }

  /** The mean time of good light or heavy responses, milliseconds; `null`: none yet. */
  levelMs(isHeavy: boolean): number | null {
    return (isHeavy ? this.heavy : this.light).mean;
  }

  /** The upper bound of the cost of a build, milliseconds; `Infinity`: no light response yet. */
  boundMs(atMs: number, skips: boolean, heavyMsElsewhere: number): number {
    const { light, heavy, shares } = this;
    if (light.mean === null) return Number.POSITIVE_INFINITY;
    const fails = failureBound(shares.over(atMs, 30 * minute), shares.over(atMs, 3 * minute));
    const lightMs = light.mean + candidate.errors * light.error;
    const heavyMs = heavy.mean === null ? heavyMsElsewhere : heavy.mean + candidate.errors * heavy.error;
    return buildBoundMs(skips ? fails / candidate.skips : fails, lightMs, heavyMs);
  }

  /** The mean time of a build without failures, milliseconds; `null`: no light response yet. */
  buildMs(): number | null {
    const { light, heavy } = this;
    if (light.mean === null) return null;
    return candidate.light * light.mean + candidate.heavy * (heavy.mean ?? light.mean);
  }

  /** The number of all responses (`n`) and of bad ones (`f`) in the last minute. */
  lately(atMs: number): { readonly n: number; readonly f: number } {
    return this.shares.over(atMs, minute);
  }
}
