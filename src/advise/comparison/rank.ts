import { quantileOf } from '../../core/statistics.ts';

/**
 * The relative drop from `fromMs` to `toMs` (0.2: 20 % less). It is negative for a rise, and 0 if `fromMs` is not above
 * 0.
 */
export function gain(fromMs: number, toMs: number): number {
  return fromMs <= 0 ? 0 : (fromMs - toMs) / fromMs;
}

/** A difference between two times that is smaller than this is measurement noise. Milliseconds. */
export const noiseMs = 10;

/** True if `toMs` is lower than `fromMs` by the share `minGain` or more, and by `noiseMs` or more. */
export function isFaster(fromMs: number, toMs: number, minGain: number): boolean {
  return gain(fromMs, toMs) >= minGain && fromMs - toMs >= noiseMs;
}

/**
 * Sorts items by cost. Items of about the same cost (by `isFaster`) are sorted by `inOrder`.
 * @param scoreOf  the cost of an item, milliseconds; Infinity: not measured
 */
export function sortWithEquals<T>(
  all: readonly T[],
  scoreOf: (one: T) => number,
  minGain: number,
  inOrder: (a: T, b: T) => number,
): readonly T[] {
  const fastest = Math.min(...all.map(scoreOf));
  const isEqual = (one: T): boolean => scoreOf(one) === fastest || !isFaster(scoreOf(one), fastest, minGain);
  const equals = all.filter(isEqual);
  if (equals.length === 0) return all;
  const rest = all.filter((one) => !equals.includes(one));
  return [...equals.toSorted(inOrder), ...sortWithEquals(rest, scoreOf, minGain, inOrder)];
}

/** How the second of two mirrors or chains compares with the first; `unsure`: no significant result. */
export type Compared = 'faster' | 'slower' | 'equal' | 'unsure';

/** The significance level of each test. */
const chanceMost = 0.02;

/**
 * Compares two mirrors or chains by their medians and by sign tests.
 * @param pairs  times of the first and of the second for the same request, milliseconds, where both succeeded
 * @see Dixon, Mood: The statistical sign test, JASA 41 (1946); Schuirmann: two one-sided tests, 1987
 */
export function compareRounds(pairs: readonly (readonly [number, number])[], minGain: number): Compared {
  const count = (holds: (a: number, b: number) => boolean): number => pairs.filter(([a, b]) => holds(a, b)).length;
  const [more, less] = [count((a, b) => a > b), count((a, b) => a < b)];
  const medianOf = (values: readonly number[]): number => quantileOf(values, 0.5) ?? 0;
  const firstMs = medianOf(pairs.map(([a]) => a));
  const secondMs = medianOf(pairs.map(([, b]) => b));
  if (isFaster(firstMs, secondMs, minGain) && isNoChance(more, more + less)) return 'faster';
  if (isFaster(secondMs, firstMs, minGain) && isNoChance(less, more + less)) return 'slower';
  const notFaster = Math.min(
    count((a, b) => !isFaster(a, b, minGain)),
    count((a, b) => !isFaster(b, a, minGain)),
  );
  return isNoChance(notFaster, pairs.length) ? 'equal' : 'unsure';
}

/** True where `hits` or more heads in `all` tosses of a fair coin have a probability of at most `chanceMost`. */
function isNoChance(hits: number, all: number): boolean {
  let chance = 0;
  let logTerm = -all * Math.LN2;
  for (let k = all; k >= hits; k -= 1) {
    chance += Math.exp(logTerm);
    logTerm += Math.log(k / (all - k + 1));
  }
  return chance <= chanceMost;
}
