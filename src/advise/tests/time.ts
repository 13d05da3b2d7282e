/**
 * In standard deviations: a moment adds at most `clip`, and `drift` is subtracted. The sum counts `scale` of the
 * result. `steady` subtracts less, so a small lasting difference adds up; its `scale` keeps false alarms rare.
 */
const manners = {
  quick: { clip: 8, drift: 0.5, scale: 1 },
  steady: { clip: 2, drift: 0.15, scale: 0.35 },
} as const;
const { clip, drift } = manners.quick;
/** Added for the preferred mirror as the candidate, in the quick test. */
const homeBonus = 0.2;
/** The smallest standard deviation used, milliseconds, or this share of the level. */
const deviationMsMin = 100;
const deviationShareMin = 0.25;
/**
 * Moments after which the running deviation is known; downloads are rare. Before that, the candidate's own deviation
 * times `knownAfter / seen` is the minimum: the first times are often alike by chance.
 */
const knownAfter = { light: 40, heavy: 12 } as const;
/** How fast the running deviation forgets. */
const memory = 1 / 300;
/** While the sum is above this share of its bound the deviation is frozen, so that a shift does not widen it. */
const frozenShare = 0.6;
/** A difference further than this many deviations from the mean counts as this many. */
const winsor = 6;
/** Downloads are few, so early ones are winsorized strictly: an early shift must not count as scatter. */
const winsorEarly = 2;
const earlySeen = 30;
/** A sum is limited to this many times its bound, so that it falls again soon after the trouble ends. */
const mostOfBound = 2;

/** The bound of the sum; `recent`: within `hold` of a move. */
export const timeBound = { usual: 14, recent: 21 } as const;
/** Up to this many moments beyond the clip may be chance, or a fault of ours that is not yet known. */
const chancesMax = 3;
/** Smaller mean differences are not worth a move, milliseconds. */
const worthMs = 100;

/** The time test of one head against one candidate, over steps of one weight. Milliseconds. */
export interface TimeTest {
  sum: number;
  /** Moments since the sum was last zero. */
  rounds: number;
  /** Number of these moments in which the head was slower by more than a move is worth. */
  slower: number;
  /** When the sum left zero, monotonic milliseconds. */
  fromMs: number;
  /** Sum of the head's times, each limited to the clip; `headTookMs` is without the limit. */
  headMs: number;
  headTookMs: number;
  /** The largest excesses over the clip, the largest first; at most `chancesMax`. */
  beyondMs: readonly number[];
  candidateMs: number;
  /** Running mean, variance and count of head minus candidate. */
  mean: number;
  variance: number;
  seen: number;
  /** Running mean and variance of the candidate's times. */
  levelMs: number;
  levelVariance: number;
}

/** No moments since the sum was last zero. */
const noMoments = { sum: 0, rounds: 0, slower: 0, headMs: 0, headTookMs: 0, beyondMs: [], candidateMs: 0 } as const;

/** A test without moments. */
export function newTimeTest(): TimeTest {
  return { ...noMoments, fromMs: 0, mean: 0, variance: 0, seen: 0, levelMs: 0, levelVariance: 0 };
}

/** The deviation of the difference of two good responses in one moment that the test uses, milliseconds, > 0. */
export function deviationMsOf(test: TimeTest, isRare: boolean = false): number {
  const missing = knownAfter[isRare ? 'heavy' : 'light'] / Math.max(1, test.seen);
  const unknownMs = missing > 1 ? missing * Math.sqrt(test.levelVariance) : 0;
  return Math.max(Math.sqrt(test.variance), unknownMs, deviationShareMin * test.levelMs, deviationMsMin);
}

/**
 * Adds one moment in which both succeeded: a one-sided CUSUM of the clipped, paired difference, in its own standard
 * deviations. The difference is zero where the head takes `ratio` times as long as the candidate.
 * @param ratio   > 1; what is worth a move
 * @param isHome  the candidate is the preferred mirror
 * @param bound   of the sum, as it is now
 */
export function updateTimeTest(
  test: TimeTest,
  headMs: number,
  candidateMs: number,
  context: {
    readonly ratio: number;
    readonly isHome: boolean;
    readonly bound: number;
    readonly isRare?: boolean;
    /** The manner of the test: `steady` finds a small difference that lasts; else `quick`. */
    readonly isSteady?: boolean;
    /** When the head's response came, monotonic milliseconds. */
    readonly atMs?: number;
  },
): void {
  const deviation = deviationMsOf(test, context.isRare);
  const raw = (headMs - context.ratio * candidateMs) / deviation;
  const manner = manners[context.isSteady === true ? 'steady' : 'quick'];
  const bonus = context.isHome && context.isSteady !== true ? homeBonus : 0;
  const gain = Math.max(-manner.clip, Math.min(manner.clip, raw)) - manner.drift + bonus;
  test.sum = Math.min(test.sum + manner.scale * gain, mostOfBound * context.bound);
  // Only the sum starts again: mean, variance and level stay.
  if (test.sum <= 0) Object.assign(test, noMoments);
  else {
    if (test.rounds === 0) test.fromMs = (context.atMs ?? 0) - headMs;
    test.rounds += 1;
    test.headTookMs += headMs;
    if (raw > drift) test.slower += 1;
    // No single response decides: more than the clip counts as the clip.
    const countedMs = Math.min(headMs, context.ratio * candidateMs + clip * deviation);
    if (headMs > countedMs)
      test.beyondMs = [...test.beyondMs, headMs - countedMs].sort((a, b) => b - a).slice(0, chancesMax);
    test.headMs += countedMs;
    test.candidateMs += candidateMs;
  }
  learn(test, headMs, candidateMs, deviation, context);
}

function learn(
  test: TimeTest,
  headMs: number,
  candidateMs: number,
  deviation: number,
  { bound, isRare }: { readonly bound: number; readonly isRare?: boolean },
): void {
  test.seen += 1;
  const weight = Math.max(memory, 1 / test.seen);
  const offMs = test.seen === 1 ? 0 : candidateMs - test.levelMs;
  test.levelVariance = (1 - weight) * (test.levelVariance + weight * offMs * offMs);
  test.levelMs += weight * (candidateMs - test.levelMs);
  if (test.sum > frozenShare * bound) return;
  const apart = headMs - candidateMs - test.mean;
  const mostMs = (isRare === true && test.seen < earlySeen ? winsorEarly : winsor) * deviation;
  const bounded = test.seen <= 2 ? apart : Math.max(-mostMs, Math.min(mostMs, apart));
  test.mean += weight * bounded;
  test.variance = Math.max(0, (1 - weight) * (test.variance + weight * bounded * bounded));
}

/**
 * The head's total time in the moments, for the gain of a move. The `chancesMax` largest outliers count as the clip,
 * further ones in full. Milliseconds.
 */
export function timeOfHead({ headTookMs, beyondMs }: TimeTest): number {
  return beyondMs.reduce((ms, one) => ms - one, headTookMs);
}

/**
 * True where the sum is past its bound, there are enough moments in which the head was slower, and since the sum left zero
 * its mean was more than `ratio` times the candidate's and longer by more than `worthMs`.
 * @param slowerMin  the number of such moments that is enough: two lost packets are no slow mirror
 */
export function isTimeAlarm(test: TimeTest, bound: number, slowerMin: number, ratio: number): boolean {
  if (test.sum < bound || test.slower < slowerMin) return false;
  const apartMs = (test.headMs - test.candidateMs) / test.rounds;
  return test.headMs > ratio * test.candidateMs && apartMs > worthMs;
}
