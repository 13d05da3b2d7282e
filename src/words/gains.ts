import { percent, type Say } from './words.ts';

interface Change {
  readonly before: number | null;
  readonly after: number | null;
}

/** The expected gains of an advice. Fields may be absent, because a daemon of another release may have sent them. */
export interface Gains {
  readonly availability?: Change;
  readonly p95Seconds?: Change;
  readonly fetchCostSeconds?: Change;
}

/**
 * Lists each gain with its value before and after the switch. A gain is omitted if one of its values is unknown,
 * or if both have the same text.
 * @param took  formats seconds for the reader
 */
export function explainGains(expected: Gains, took: (seconds: number) => string, say: Say): readonly string[] {
  const { availability, fetchCostSeconds, p95Seconds } = expected;
  return [
    both(availability, (share) => percent(share, say), 'gain.availability', say),
    both(fetchCostSeconds, took, 'gain.cost', say),
    both(p95Seconds, took, 'gain.p95', say),
  ].filter((one) => one !== null);
}

function both(
  change: Change | undefined,
  text: (value: number) => string,
  key: 'gain.availability' | 'gain.cost' | 'gain.p95',
  say: Say,
): string | null {
  const { before = null, after = null } = change ?? {};
  if (typeof before !== 'number' || typeof after !== 'number') return null;
  const values = { before: text(before), after: text(after) };
  return values.before === values.after ? null : say(key, values);
}
