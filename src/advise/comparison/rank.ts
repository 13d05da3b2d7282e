import type { Mirror } from '../../core/mirror.ts';
import { quantileOf } from '../../core/statistics.ts';

/** Relative drop from `fromMs` to `toMs`; negative where it rises. */
export function gain(fromMs: number, toMs: number): number {
  return fromMs <= 0 ? 0 : (fromMs - toMs) / fromMs;
}

/** Smaller differences of times are measurement noise. Milliseconds. */
export const noiseMs = 10;

/** True where `toMs` is lower than `fromMs` by the share `minGain` or more, and by `noiseMs` or more. */
export function isFaster(fromMs: number, toMs: number, minGain: number): boolean {
  return gain(fromMs, toMs) >= minGain && fromMs - toMs >= noiseMs;
}

/**
 * Sorts by cost. Those of about the same cost (by `isFaster`) are sorted by `inOrder`.
 * @param scoreOf  milliseconds; Infinity: not measured
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

export function round(seconds: number): number {
  return Math.round(seconds * 1e6) / 1e6;
}

/** Compares two mirrors by weight, then by capacity, then by the file, small ones by a hash with the vantage. */
export function preferenceOf(mirrors: readonly Mirror[], vantage: string): (a: string, b: string) => number {
  const places = new Map(mirrors.map((mirror, at) => [mirror.name, { mirror, at }]));
  return (a, b) => {
    const [one, other] = [places.get(a), places.get(b)];
    if (one === undefined || other === undefined) return 0;
    const byWeight = (other.mirror.weight ?? 0) - (one.mirror.weight ?? 0);
    if (byWeight !== 0) return byWeight;
    const bySize = Number(isSmall(one.mirror)) - Number(isSmall(other.mirror));
    if (bySize !== 0) return bySize;
    if (isSmall(one.mirror)) return hash(`${vantage}\n${b}`) - hash(`${vantage}\n${a}`);
    return one.at - other.at;
  };
}

function isSmall(mirror: Mirror): boolean {
  return mirror.capacity === 'small';
}

/** FNV-1a with a final mix: names that differ in one letter get distant hashes. */
function hash(text: string): number {
  let word = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) word = Math.imul(word ^ text.charCodeAt(at), 0x01000193);
  word = Math.imul(word ^ (word >>> 16), 0x85ebca6b);
  return (word ^ (word >>> 13)) >>> 0;
}

/** The second of two mirrors or chains compared with the first; `unsure`: no significant result. */
export type Compared = 'faster' | 'slower' | 'equal' | 'unsure';

/** The significance level of each test. */
const chanceMost = 0.02;

/**
 * Compares two mirrors or chains by their medians and by sign tests.
 * @param pairs  milliseconds of the first and the second, where both succeeded
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
