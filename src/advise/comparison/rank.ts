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
