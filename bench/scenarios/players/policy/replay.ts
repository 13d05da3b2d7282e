import type { Answer, Question, WorldChain } from '../../world.ts';
import { isFailure } from '../verdict.ts';
import { bad, directMs } from './constants.ts';
import { Quantile } from './running.ts';

/** The result of one response, or of a client's whole walk through a chain. */
export interface Seen {
  readonly ms: number;
  readonly isBad: boolean;
  /**
   * The HTTP status, by which a client decides whether it tries the next member; `null`: no response arrived in time.
   */
  readonly status: number | null;
}

/** How long a response of one mirror may take before it counts as bad. */
export class Patience {
  private readonly light = new Quantile(bad.quantile);
  private readonly heavy = new Quantile(bad.quantile);

  /**
   * The limit for a response, milliseconds: four times the 0.95 quantile of the times of good responses, within a fixed
   * range. Until ten good responses are known, it is the upper end of the range.
   */
  limitMs(isHeavy: boolean): number {
    const [least, most] = isHeavy ? bad.heavyMs : bad.lightMs;
    const usual = (isHeavy ? this.heavy : this.light).value;
    return usual === null ? most : Math.min(most, Math.max(least, bad.factor * usual));
  }

  /**
   * Judges one response. A response that is later than the limit is bad and takes the limit. A failure takes its own
   * time: a client loses that time before it tries the next member.
   */
  judge(question: Question, answer: Answer, isHeavy: boolean): Seen {
    const limitMs = this.limitMs(isHeavy);
    if (answer.tookMs >= limitMs) return { ms: limitMs, isBad: true, status: null };
    if (isFailure(question, answer)) return { ms: answer.tookMs, isBad: true, status: answer.status };
    (isHeavy ? this.heavy : this.light).add(answer.tookMs);
    return { ms: answer.tookMs, isBad: false, status: answer.status };
  }
}

/**
 * Replays a client's walk through a chain, with the responses of one round. After a bad response the client tries the
 * next member if the separator is `|`, or if the status is 404 or 410. `direct` counts as a failure after five seconds.
 * @returns `null` if a mirror that the walk reaches has no response in this round
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
