import type { Weight } from '../../core/mirror.ts';

/**
 * A comparison adds (x − `drift`) × `scale` to the sum of a test, where x is the time difference in standard
 * deviations, limited to ±`clip`. `quick` finds large differences, `steady` small lasting ones.
 */
const manners = {
  quick: { clip: 8, drift: 0.5, scale: 1 },
  steady: { clip: 2, drift: 0.15, scale: 0.35 },
} as const;
const { clip, drift } = manners.quick;
/** Added to the sum for each comparison of the quick test if the candidate is home, the first declared mirror. */
const homeBonus = 0.2;
/** The smallest standard deviation used: in milliseconds, and as a share of the candidate's mean time. */
const deviationMsMin = 100;
const deviationShareMin = 0.25;
/**
 * After fewer comparisons than this, the minimum deviation is larger, because the first differences are often similar
 * by chance.
 */
const knownAfter = { light: 40, heavy: 12 } as const;
/** The minimum weight of a comparison in the running means and variances. The n-th comparison has the weight 1 / n. */
const memory = 1 / 300;
/**
 * While the sum is above this share of the bound, mean and variance of differences are frozen, so that a shift does not
 * widen them.
 */
const frozenShare = 0.6;
/** A difference further from the mean than this many standard deviations counts as this many. */
const winsor = 6;
/**
 * Replaces `winsor` for the first `earlySeen` downloads. It is lower, so that an early shift does not count as scatter.
 */
const winsorEarly = 2;
const earlySeen = 30;
/**
 * A sum (accumulated evidence) is limited to this multiple of the bound, so that it falls below the bound soon after
 * the trouble.
 */
const mostOfBound = 2;

/**
 * The bound that the sum of a test must reach. `recent` is used within `advise.hold` after a switch, when a further
 * switch needs more evidence.
 */
export const timeBound = { usual: 14, recent: 21 } as const;
/** This many outliers (times above the limit that `clip` sets) may be chance, so they count only up to the limit. */
const chancesMax = 3;
/** A smaller mean time difference is not worth a switch. Milliseconds. */
const worthMs = 100;
/**
 * The minimum number of comparisons with a clearly slower head before a test triggers. One or two slow responses may
 * come from lost packets.
 */
const slowerMin = { light: 4, heavy: 3 } as const;

export class TimeTest {
  sum = 0;
  rounds = 0;
  /**
   * The number of comparisons in which the head was clearly slower: by more than `drift` standard deviations, after the
   * candidate's time was multiplied by `ratio`.
   */
  slower = 0;
  /**
   * When the head's request began in the first comparison since the sum was last zero, and when the head responded in
   * the last comparison. Monotonic milliseconds.
   */
  fromMs = 0;
  lastMs = Number.NEGATIVE_INFINITY;
  /**
   * The sum of the head's times, milliseconds: `headMs` with each time limited by `clip`, `headTookMs` without the
   * limit.
   */
  headMs = 0;
  headTookMs = 0;
  /**
   * By how much the head's `chancesMax` slowest times exceed the limit that `clip` sets, milliseconds, largest first.
   */
  beyondMs: readonly number[] = [];
  candidateMs = 0;
  /** Running mean in milliseconds, variance and count of the differences: the head's time minus the candidate's. */
  mean = 0;
  variance = 0;
  seen = 0;
  readonly ratios = new Ratios();
  /** Running mean in milliseconds and variance of the candidate's times. */
  levelMs = 0;
  levelVariance = 0;
}

const noMoments = { sum: 0, rounds: 0, slower: 0, headMs: 0, headTookMs: 0, beyondMs: [], candidateMs: 0 } as const;

/** The standard deviation of differences that the test uses, milliseconds, > 0. */
export function deviationMsOf(test: TimeTest, isRare: boolean = false): number {
  const missing = knownAfter[isRare ? 'heavy' : 'light'] / Math.max(1, test.seen);
  const unknownMs = missing > 1 ? missing * Math.sqrt(test.levelVariance) : 0;
  return Math.max(Math.sqrt(test.variance), unknownMs, deviationShareMin * test.levelMs, deviationMsMin);
}

interface TimeContext {
  readonly ratio: number;
  readonly isHome: boolean;
  readonly bound: number;
  readonly isRare?: boolean;
  /** The variance of ln(ratio of times) of light requests. It is computed only while few downloads are known. */
  readonly lightVariance?: () => number;
  /** True for the test `steady`, false for `quick`. */
  readonly isSteady?: boolean;
  /** When the head's response came, monotonic milliseconds. */
  readonly atMs?: number;
}

/**
 * Adds one comparison, in which both mirrors succeeded, to a one-sided CUSUM of the clipped time difference.
 * @param context.ratio   a switch is worth it if the head takes more than this many times as long as the candidate; at
 * least 1
 * @param context.isHome  the candidate is home
 */
export function updateTimeTest(test: TimeTest, headMs: number, candidateMs: number, context: TimeContext): void {
  const { isRare = false } = context;
  const deviation = deviationMsOf(test, isRare);
  const raw = (headMs - context.ratio * candidateMs) / deviation;
  const manner = manners[context.isSteady === true ? 'steady' : 'quick'];
  const bonus = context.isHome && context.isSteady !== true ? homeBonus : 0;
  const gain = Math.max(-manner.clip, Math.min(manner.clip, raw)) - manner.drift + bonus;
  test.sum = Math.min(test.sum + manner.scale * gain, mostOfBound * context.bound);
  // The sum starts again, and with it the counts since the sum was last zero. Mean, variance and level stay.
  if (test.sum <= 0) {
    Object.assign(test, noMoments);
    test.ratios.sum = 0;
  } else {
    if (test.rounds === 0) test.fromMs = (context.atMs ?? 0) - headMs;
    test.rounds += 1;
    test.headTookMs += headMs;
    if (raw > drift) test.slower += 1;
    // A time above the limit that `clip` sets counts as the limit, so that no single response decides.
    const countedMs = Math.min(headMs, context.ratio * candidateMs + clip * deviation);
    if (headMs > countedMs)
      test.beyondMs = [...test.beyondMs, headMs - countedMs].sort((a, b) => b - a).slice(0, chancesMax);
    test.headMs += countedMs;
    test.candidateMs += candidateMs;
    test.ratios.sum += ratioOf(headMs, context.ratio * candidateMs);
  }
  test.lastMs = context.atMs ?? test.lastMs;
  test.seen += 1;
  const weight = Math.max(memory, 1 / test.seen);
  const offMs = test.seen === 1 ? 0 : candidateMs - test.levelMs;
  test.levelVariance = (1 - weight) * (test.levelVariance + weight * offMs * offMs);
  test.levelMs += weight * (candidateMs - test.levelMs);
  test.ratios.varianceLeast = isRare && test.seen < knownAfter.heavy ? (context.lightVariance?.() ?? 0) : 0;
  // The mean and variance of the differences do not change while the sum is high, and outliers count up to a limit.
  if (test.sum > frozenShare * context.bound) return;
  updateRatio(test.ratios, headMs, candidateMs, weight);
  const apart = headMs - candidateMs - test.mean;
  const mostMs = (isRare && test.seen < earlySeen ? winsorEarly : winsor) * deviation;
  const bounded = test.seen <= 2 ? apart : Math.max(-mostMs, Math.min(mostMs, apart));
  test.mean += weight * bounded;
  test.variance = Math.max(0, (1 - weight) * (test.variance + weight * bounded * bounded));
}

/**
 * The sum of the head's times, milliseconds; the `chancesMax` largest outliers count only up to the limit that `clip`
 * sets.
 */
export function timeOfHead({ headTookMs, beyondMs }: TimeTest): number {
  return beyondMs.reduce((ms, one) => ms - one, headTookMs);
}

/** The share of the largest sum that a test has while the head is still slow. The sum falls with each fast response. */
const stillShare = 0.9;

/** True if the head has been slower for at least `forMs` milliseconds, and still is. */
export function isSlowFor({ sum, fromMs }: TimeTest, bound: number, forMs: number, nowMs: number): boolean {
  return forMs === 0 || (nowMs - fromMs >= forMs && sum >= stillShare * mostOfBound * bound);
}

/**
 * True if the sum has reached its bound, and the head was slower in enough comparisons and by enough on average. If the
 * times scatter by factors, the ratios of times must show it too.
 */
export function isTimeAlarm(test: TimeTest, bound: number, weight: Weight, ratio: number): boolean {
  if (test.sum < bound || test.slower < slowerMin[weight]) return false;
  const apartMs = (test.headMs - test.candidateMs) / test.rounds;
  if (test.headMs <= ratio * test.candidateMs || apartMs <= worthMs) return false;
  return !isChance(test.ratios, test.rounds, weight, Math.min(1, bound / timeBound.usual));
}

// If the times of mirrors scatter by factors, a few very slow responses may be chance. In logarithms, a very slow
// response counts little more than a slow one, so the logarithms of the ratios of times tell chance from slowness.
// docs/decisions/0021-what-chance-explains.md

/**
 * The sum of the logarithms must be this many times its standard deviation, of which `usualScatter` does not count for
 * each comparison.
 */
const ratioBound = 6;
const usualScatter = 0.4;
/** After so many comparisons, slowness is no chance, even if only some responses are slow. */
const chanceRounds = { light: 60, heavy: 12 } as const;

export class Ratios {
  /** The sum of ln(head's time / (least ratio that is worth a switch × candidate's time)). */
  sum = 0;
  /** Running mean and variance of ln(head's time / candidate's time). */
  mean = 0;
  variance = 0;
  /** The assumed minimum of `variance` while few downloads are known. */
  varianceLeast = 0;
}

/** ln(head's time / candidate's time). Times below 1 ms count as 1 ms. */
function ratioOf(headMs: number, candidateMs: number): number {
  return Math.log(Math.max(1, headMs) / Math.max(1, candidateMs));
}

/**
 * Updates mean and variance.
 * @param weight  the weight of this comparison in mean and variance, 0 to 1
 */
function updateRatio(ratios: Ratios, headMs: number, candidateMs: number, weight: number): void {
  const off = ratioOf(headMs, candidateMs) - ratios.mean;
  ratios.mean += weight * off;
  ratios.variance = (1 - weight) * (ratios.variance + weight * off * off);
}

/**
 * True if the slowness of the head may be chance, because times scatter by factors.
 * @param rounds  the number of comparisons in `sum`
 * @param ease    the share of the bound that is enough, 0 to 1
 */
export function isChance({ sum, variance, varianceLeast }: Ratios, rounds: number, by: Weight, ease: number): boolean {
  if (rounds >= chanceRounds[by]) return false;
  const scatter = Math.sqrt(Math.max(variance, varianceLeast)) - usualScatter;
  return scatter > 0 && sum < ease * ratioBound * scatter * Math.sqrt(rounds);
}
