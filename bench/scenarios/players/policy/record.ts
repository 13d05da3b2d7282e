import { candidate, failures, time } from './constants.ts';
import type { Seen } from './replay.ts';
import { Running, Shares } from './running.ts';

const minute = 60_000;

/** Upper bound of what a client fetch fails with: over half an hour, and over three minutes where it failed twice there. */
export function failureBound(half: { n: number; f: number }, three: { n: number; f: number }): number {
  const long = (half.f + 0.5 + candidate.errors * Math.sqrt(half.f)) / (half.n + 100);
  return Math.min(1, Math.max(long, three.f >= 2 ? three.f / (three.n + 5) : 0));
}

/** Upper bound of a build, milliseconds: failed builds, and ten light and five heavy answers three at a time. */
export function buildBoundMs(fails: number, lightMs: number, heavyMs: number): number {
  const failed = candidate.failedMs * (1 - (1 - fails) ** candidate.builds);
  return failed + candidate.light * lightMs + candidate.heavy * heavyMs;
}

/** What the chains with one mirror in front were worth so far. */
export class HeadRecord {
  readonly shares = new Shares();
  private readonly light = new Running(time.levelPace);
  private readonly heavy = new Running(1 / 8);
  /** Share of failures over hundreds of scheduled answers, and over the last few of any. */
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

  /** p0 of the failure test against this candidate. */
  usualFailures(floor: number): number {
    return Math.max(floor, this.slow, this.fast > failures.fastFrom ? this.fast : 0);
  }

  /** Usual time of a good answer, milliseconds; `null`: none yet. */
  levelMs(isHeavy: boolean): number | null {
    return (isHeavy ? this.heavy : this.light).mean;
  }

  /** Upper bound of a build, milliseconds; without a light answer `Infinity`. */
  boundMs(atMs: number, skips: boolean, heavyMsElsewhere: number): number {
    const { light, heavy, shares } = this;
    if (light.mean === null) return Number.POSITIVE_INFINITY;
    const fails = failureBound(shares.over(atMs, 30 * minute), shares.over(atMs, 3 * minute));
    const lightMs = light.mean + candidate.errors * light.error;
    const heavyMs = heavy.mean === null ? heavyMsElsewhere : heavy.mean + candidate.errors * heavy.error;
    return buildBoundMs(skips ? fails / candidate.skips : fails, lightMs, heavyMs);
  }

  /** What a good build takes, milliseconds; `null`: unknown. */
  buildMs(): number | null {
    const { light, heavy } = this;
    if (light.mean === null) return null;
    return candidate.light * light.mean + candidate.heavy * (heavy.mean ?? light.mean);
  }

  /** Share of bad answers in the last minute, and how many. */
  lately(atMs: number): { readonly n: number; readonly f: number } {
    return this.shares.over(atMs, minute);
  }
}
