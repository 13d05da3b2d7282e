import { printable } from '../core/printable.ts';
import { explainGains, type Gains } from '../words/gains.ts';
import { type Say, sayNamed } from '../words/words.ts';
import { durationText } from './terminal.ts';

/** The fields of an advice that state its reason. A daemon of any release may have sent them. */
export interface Reasons {
  readonly from?: string;
  readonly cause?: string;
  readonly refusal?: string | null;
  readonly expected?: Gains;
}

/**
 * Returns the reason of an advice in the reader's language; `null`: `from` or `cause` is missing, or this release does
 * not know the cause or the refusal.
 */
export function reasonTextOf({ from, cause, refusal, expected = {} }: Reasons, say: Say): string | null {
  const why = from === undefined ? null : sayNamed(say, `advice.cause.${cause}`, { from: printable(from) });
  if (why === null) return null;
  if (typeof refusal === 'string') {
    const refused = sayNamed(say, `refusal.${refusal}`);
    return refused === null ? null : say('advised.refused', { why, refusal: refused });
  }
  const gains = explainGains(expected, (seconds) => durationText(seconds * 1000), say);
  return gains.length === 0
    ? say('advised.whyAlone', { why })
    : say('advised.why', { why, gains: gains.join(say('list.clause')) });
}
