/** One moment decides no more than this, in standard deviations. */
const clip = 8;
/** What a moment costs whoever claims that the head is slower, in standard deviations. */
const drift = 0.5;
/** What the preferred mirror is given on top in each moment. */
const homeBonus = 0.2;
/** A standard deviation is never taken to be less than this, milliseconds, or this share of the level. */
const deviationMsMin = 100;
const deviationShareMin = 0.25;
/** How fast the running deviation forgets. */
const memory = 1 / 300;
/** Above this share of its bound the deviation stands still: a shift must not hide itself. */
const frozenShare = 0.6;
const winsor = 6;
/** Of downloads few are seen, and one weighs much: a shift that comes early must not pass for scatter. */
const winsorEarly = 2;
const earlySeen = 30;
/** A sum is let grow to so many times its bound: what is over must end in time. */
const mostOfBound = 2;

/** The sum at which a head is believed to be slower; `recent`: within `hold` of a move. */
export const timeBound = { usual: 14, recent: 21 } as const;
/** So many moments beyond the clip may be chance, or a fault of ours that is not yet known as one. */
const chancesMax = 3;
/** Differences in the mean below this are not worth a move, milliseconds. */
const worthMs = 100;

/** The test of one head against one candidate for taking longer, over steps of one weight. Milliseconds. */
export interface TimeTest {
  sum: number;
  /** Since the sum was last zero. */
  rounds: number;
  /** Of these, moments in which the head took more than what is worth a move. */
  slower: number;
  /** When the sum left zero, monotonic milliseconds. */
  fromMs: number;
  /** Each moment of the head as far as it counts: no longer than the clip. What it took is `headTookMs`. */
  headMs: number;
  headTookMs: number;
  /** What the moments that went furthest beyond the clip lie beyond it, the largest first; at most `chancesMax`. */
  beyondMs: readonly number[];
  candidateMs: number;
  /** Of head minus candidate, running: mean, variance and how many went in. */
  mean: number;
  variance: number;
  seen: number;
  levelMs: number;
}

/** No moment yet. */
export function newTimeTest(): TimeTest {
  return {
    sum: 0,
    rounds: 0,
    slower: 0,
    fromMs: 0,
    headMs: 0,
    headTookMs: 0,
    beyondMs: [],
    candidateMs: 0,
    mean: 0,
    variance: 0,
    seen: 0,
    levelMs: 0,
  };
}

/** Starts the sum anew, and keeps what is known of how far answers scatter. */
function restart(test: TimeTest): void {
  test.sum = 0;
  test.rounds = 0;
  test.slower = 0;
  test.headMs = 0;
  test.headTookMs = 0;
  test.beyondMs = [];
  test.candidateMs = 0;
}

/** How far apart two good answers of one moment usually are, milliseconds, > 0. */
export function deviationMs(test: TimeTest): number {
  return Math.max(Math.sqrt(test.variance), deviationShareMin * test.levelMs, deviationMsMin);
}

/**
 * Takes in one moment in which both answered well: a one-sided CUSUM of the clipped, paired difference, in standard
 * deviations of itself. A head that takes `ratio` times as long as the candidate adds nothing.
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
    /** When the head's answer came, monotonic milliseconds. */
    readonly atMs?: number;
  },
): void {
  const deviation = deviationMs(test);
  const raw = (headMs - context.ratio * candidateMs) / deviation;
  const gain = Math.max(-clip, Math.min(clip, raw)) - drift + (context.isHome ? homeBonus : 0);
  test.sum = Math.min(test.sum + gain, mostOfBound * context.bound);
  if (test.sum <= 0) restart(test);
  else {
    if (test.rounds === 0) test.fromMs = (context.atMs ?? 0) - headMs;
    test.rounds += 1;
    test.headTookMs += headMs;
    if (raw > drift) test.slower += 1;
    // No single answer decides: what lies beyond the clip counts as the clip.
    const countedMs = Math.min(headMs, context.ratio * candidateMs + clip * deviation);
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
  test.levelMs += weight * (candidateMs - test.levelMs);
  if (test.sum > frozenShare * bound) return;
  const apart = headMs - candidateMs - test.mean;
  const mostMs = (isRare === true && test.seen < earlySeen ? winsorEarly : winsor) * deviation;
  const bounded = test.seen <= 2 ? apart : Math.max(-mostMs, Math.min(mostMs, apart));
  test.mean += weight * bounded;
  test.variance = Math.max(0, (1 - weight) * (test.variance + weight * bounded * bounded));
}

/**
 * What the moments of the head took in all, for what a move gains: a few that were lost count as the clip, what took
 * longer again and again as long as it took. Milliseconds.
 */
export function timeOfHead({ headTookMs, beyondMs }: TimeTest): number {
  return beyondMs.reduce((ms, one) => ms - one, headTookMs);
}

/**
 * True where the sum has passed its bound, rests on enough moments in which the head was slower, and the mean since it left
 * zero keeps `ratio` and a tenth of a second.
 * @param slowerMin  two lost packets are no slow mirror
 */
export function isTimeAlarm(test: TimeTest, bound: number, slowerMin: number, ratio: number): boolean {
  if (test.sum < bound || test.slower < slowerMin) return false;
  const apartMs = (test.headMs - test.candidateMs) / test.rounds;
  return test.headMs > ratio * test.candidateMs && apartMs > worthMs;
}
