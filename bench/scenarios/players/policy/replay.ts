import type { Answer, Question, WorldChain } from '../../world.ts';
import { isFailure } from '../verdict.ts';
import { bad, directMs } from './constants.ts';
import { Quantile } from './running.ts';

/** One answer, or a whole walk through a chain, as the policy counts it. */
export interface Seen {
  readonly ms: number;
  readonly isBad: boolean;
  /** The status with which a client would have gone on; `null`: none arrived, or not in time. */
  readonly status: number | null;
}

/** Knows how long an answer of one mirror may take before it counts as bad. */
export class Patience {
  private readonly light = new Quantile(bad.quantile);
  private readonly heavy = new Quantile(bad.quantile);

  /** B: clip(4 x q95 of good answers). The upper limit until ten are known. */
  limitMs(isHeavy: boolean): number {
    const [least, most] = isHeavy ? bad.heavyMs : bad.lightMs;
    const usual = (isHeavy ? this.heavy : this.light).value;
    return usual === null ? most : Math.min(most, Math.max(least, bad.factor * usual));
  }

  /** A bad answer counts as B where it did not come by then, else as what it took: that is what `|` costs a client. */
  judge(question: Question, answer: Answer, isHeavy: boolean): Seen {
    const limitMs = this.limitMs(isHeavy);
    if (answer.tookMs >= limitMs) return { ms: limitMs, isBad: true, status: null };
    if (isFailure(question, answer)) return { ms: answer.tookMs, isBad: true, status: answer.status };
    (isHeavy ? this.heavy : this.light).add(answer.tookMs);
    return { ms: answer.tookMs, isBad: false, status: answer.status };
  }
}

/**
 * Walks a chain over the answers of one round, as a client would: `,` stops at a bad answer unless it is 404 or 410, `|`
 * goes on; `direct` counts as bad and five seconds more.
 * @returns `null` where a mirror that the walk needs has no answer in this round
 */
export function walk(chain: WorldChain, seenOf: (member: string) => Seen | null): Seen | null {
  let ms = 0;
  for (let place = 0; place < chain.members.length; place += 1) {
    const member = chain.members[place] ?? '';
    if (member === 'direct') return { ms: ms + directMs, isBad: true, status: null };
    if (member === 'off') return { ms, isBad: true, status: null };
    const seen = seenOf(member);
    if (!seen) return null;
    ms += seen.ms;
    if (!seen.isBad) return { ms, isBad: false, status: seen.status };
    const goesOn = chain.separators[place] === '|' || seen.status === 404 || seen.status === 410;
    if (!goesOn) return { ms, isBad: true, status: seen.status };
  }
  return { ms, isBad: true, status: null };
}
