import { quantileOf } from '../../core/statistics.ts';
import { isFaster } from './rank.ts';

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
