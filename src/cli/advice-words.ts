import { printable } from '../core/printable.ts';
import { explainGains, type Gains } from '../words/gains.ts';
import { type Say, sayNamed } from '../words/words.ts';
import { duration } from './terminal.ts';

/** What of an advice says why, as a daemon of any release may answer it. */
export interface Reasons {
  readonly from?: string;
  readonly cause?: string;
  readonly refusal?: string | null;
  readonly expected?: Gains;
}

/**
 * Why something is advised or not, by the fields that programs read: the sentence that comes with them is English.
 * `null`: they do not say, or in words of another release.
 */
export function reasonSaid({ from, cause, refusal, expected = {} }: Reasons, say: Say): string | null {
  const why = from === undefined ? null : sayNamed(say, `advice.cause.${cause}`, { from: printable(from) });
  if (why === null) return null;
  if (typeof refusal === 'string') {
    const refused = sayNamed(say, `refusal.${refusal}`);
    return refused === null ? null : say('advised.refused', { why, refusal: refused });
  }
  const gains = explainGains(expected, took, say);
  return gains.length === 0
    ? say('advised.whyAlone', { why })
    : say('advised.why', { why, gains: gains.join(say('list.clause')) });
}

function took(seconds: number): string {
  return duration(seconds * 1000);
}
