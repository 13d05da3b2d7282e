import { quantileOf } from '../core/quantile.ts';
import { isFaster } from './rank.ts';

/** The result of comparing two mirrors' times over interleaved rounds, seen from the second; `unsure`: not decided. */
export type Compared = 'faster' | 'slower' | 'equal' | 'unsure';

/** The allowed error of one test. A ranking runs three tests at most. */
const chanceMost = 0.02;

/**
 * Compares two mirrors by the rounds in which both succeeded. One is faster if its median is, by `minGain` and 10 ms,
 * and a sign test over the rounds is significant. They are equal if most rounds differ by less than that in either
 * direction, by two more sign tests. Anything between is `unsure`.
 * @param pairs  milliseconds of the first and the second, by round
 * @see Dixon, Mood: The statistical sign test, JASA 41 (1946); Schuirmann: two one-sided tests, 1987
 */
export function compareRounds(pairs: readonly (readonly [number, number])[], minGain: number): Compared {
  const count = (holds: (a: number, b: number) => boolean): number => pairs.filter(([a, b]) => holds(a, b)).length;
  const [more, less] = [count((a, b) => a > b), count((a, b) => a < b)];
  const firstMs = medianOf(pairs.map(([a]) => a));
  const secondMs = medianOf(pairs.map(([, b]) => b));
  if (isFaster(firstMs, secondMs, minGain) && isNoChance(more, more + less)) return 'faster';
  if (isFaster(secondMs, firstMs, minGain) && isNoChance(less, more + less)) return 'slower';
  const isEqual =
    isNoChance(
      count((a, b) => !isFaster(a, b, minGain)),
      pairs.length,
    ) &&
    isNoChance(
      count((a, b) => !isFaster(b, a, minGain)),
      pairs.length,
    );
  return isEqual ? 'equal' : 'unsure';
}

function medianOf(values: readonly number[]): number {
  return quantileOf(values, 0.5) ?? 0;
}

/** True where this many of `all` have a chance of at most `chanceMost` for a fair coin. */
function isNoChance(hits: number, all: number): boolean {
  let chance = 0;
  let logTerm = -all * Math.LN2;
  for (let k = all; k >= hits; k -= 1) {
    chance += Math.exp(logTerm);
    logTerm += Math.log(k / (all - k + 1));
  }
  return chance <= chanceMost;
}
