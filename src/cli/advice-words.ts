import { printable } from '../core/printable.ts';
import type { Say } from '../words/say.ts';
import { isKey } from '../words/words.ts';
import { duration } from './terminal.ts';

interface Change {
  readonly before: number | null;
  readonly after: number | null;
}

/** What of an advice says why, as a daemon of any release may answer it. */
export interface Reasons {
  readonly from?: string;
  readonly cause?: string;
  readonly refusal?: string | null;
  readonly expected?: {
    readonly availability?: Change;
    readonly p95Seconds?: Change;
    readonly fetchCostSeconds?: Change;
  };
}

/**
 * Why something is advised or not, by the fields that programs read: the sentence that comes with them is English.
 * `null`: they do not say, or in words of another release.
 */
export function reasonSaid({ from, cause, refusal, expected = {} }: Reasons, say: Say): string | null {
  const key = `advice.cause.${cause}`;
  if (from === undefined || !isKey(key)) return null;
  const why = (say as (key: string, values: { from: string }) => string)(key, { from: printable(from) });
  if (typeof refusal === 'string') {
    const refused = `refusal.${refusal}`;
    return isKey(refused) ? say('advised.refused', { why, refusal: (say as (key: string) => string)(refused) }) : null;
  }
  const { availability, fetchCostSeconds, p95Seconds } = expected;
  const gains = [
    change(
      availability,
      (share) => say('unit.percent', { value: Math.round(share * 1000) / 10 }),
      (both) => say('gain.availability', both),
    ),
    change(fetchCostSeconds, took, (both) => say('gain.cost', both)),
    change(p95Seconds, took, (both) => say('gain.p95', both)),
  ].filter((one) => one !== null);
  return gains.length === 0
    ? say('advised.whyAlone', { why })
    : say('advised.why', { why, gains: gains.join(say('advised.gains')) });
}

function took(seconds: number): string {
  return duration(seconds * 1000);
}

/** Both sides; `null`: one of them is unknown. */
function change(
  values: Change | undefined,
  text: (value: number) => string,
  told: (both: { readonly before: string; readonly after: string }) => string,
): string | null {
  const { before = null, after = null } = values ?? {};
  return typeof before !== 'number' || typeof after !== 'number'
    ? null
    : told({ before: text(before), after: text(after) });
}
