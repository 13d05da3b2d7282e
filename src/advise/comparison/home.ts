import { quantileOf } from '../../core/statistics.ts';
import type { Obstacle } from '../../core/verdict.ts';
import { buildMsOf, countSinceOf } from './costs.ts';
import { noiseMs } from './rank.ts';
import { type HeadRecord, isHeavyClean, meanMsFrom, meansFrom, type RecordOutcome } from './record.ts';

/**
 * Departures of clients from home (the first declared mirror) in the last `departuresMs` lengthen the wait for a
 * failback. The wait is at most `waitMsMax`, or `advise.hold` if that is longer. Milliseconds.
 */
const departuresMs = 3 * 3_600_000;
const waitMsMax = 3_600_000;
/**
 * If clients left home twice within `againMs`, times are compared over a period that is longer by `againFactor`, until
 * the departures are older than `rememberedMs`. Milliseconds.
 */
const againMs = 32 * 60_000;
const againFactor = 6;
const rememberedMs = 12 * 3_600_000;
/**
 * A failback (the switch back to home, the first declared mirror) requires a health of `healthBound`. A good response
 * of home adds ln(.995 / .95) to the health, a bad one ln(.005 / .05). These are log-likelihood ratios of a mirror that
 * fails .5 % of requests to one that fails 5 %.
 * @see docs/decisions/0074-return-to-the-preferred-mirror.md
 */
export const healthBound = 2.2;
const good = 0.046;
const bad = -2.3;

/** This many bad responses in a row are a trouble (a period of failures). */
const troubleRow = 3;
/**
 * A failure rate counts as ended if, at that rate, so many good responses since its last failure would have a
 * probability of at most exp(−`endedBound`).
 */
const endedBound = 7;
const rateMost = 0.9;
/**
 * A failure rate counts as ended only if more good responses follow its last failure than this many times the longest
 * run of good responses between its failures.
 */
const pauseFactor = 1.5;
/** Failures are compared over at most this period, or over the wait for a failback if that is longer. Milliseconds. */
const compareMsMax = 3_600_000;
/**
 * If home was left for slowness, a failback is possible although home has this many more failures than the mirror in
 * use.
 */
const chanceFailures = 1;

/**
 * The time of the last failure of a trouble, monotonic milliseconds; −∞: none. A trouble is several failures in a row,
 * or a failure rate that has ended: of all requests, or of downloads alone.
 */
export function lastTroubleOf({ light, heavy }: HeadRecord): number {
  const outcomes = [...light, ...heavy].sort((a, b) => a.atMs - b.atMs);
  let row = 0;
  let lastMs = Number.NEGATIVE_INFINITY;
  for (const one of outcomes) {
    row = one.bad ? row + 1 : 0;
    if (row >= troubleRow) lastMs = one.atMs;
  }
  return Math.max(lastMs, endedRate(outcomes) ?? lastMs, endedRate(heavy) ?? lastMs);
}

function endedRate(outcomes: readonly RecordOutcome[]): number | null {
  const fromMs = (outcomes.at(-1)?.atMs ?? 0) - compareMsMax;
  const first = outcomes.findIndex((one) => one.bad && one.atMs >= fromMs);
  const last = outcomes.findLastIndex((one) => one.bad);
  if (first < 0 || last === first) return null;
  const more = outcomes.slice(first + 1, last + 1);
  const rate = Math.min(rateMost, more.filter((one) => one.bad).length / more.length);
  const good = outcomes.length - 1 - last;
  const isOver = good * -Math.log(1 - rate) >= endedBound && good >= pauseFactor * longestPause(more);
  return isOver ? (outcomes[last]?.atMs ?? null) : null;
}

function longestPause(outcomes: readonly RecordOutcome[]): number {
  let [longest, now] = [0, 0];
  for (const { bad } of outcomes) {
    now = bad ? 0 : now + 1;
    longest = Math.max(longest, now);
  }
  return longest;
}

/**
 * Adds one response of home to its health (the evidence that home works again). A bad response cancels all good ones
 * before it. Health is limited to the range from one bad response below 0 to twice `healthBound`.
 */
export function updateHealth(health: number, isBad: boolean, isFromZero = false): number {
  return isBad ? Math.max(isFromZero ? 0 : bad, Math.min(0, health + bad)) : Math.min(2 * healthBound, health + good);
}

/** How many more good responses of home in a row a failback (switch back to home) requires. */
export function countGoodLeft(health: number): number {
  return Math.max(0, Math.ceil((healthBound - health) / good));
}

export interface Departure {
  /** When clients left home (the first declared mirror), monotonic milliseconds. */
  readonly atMs: number;
  /** True if home was left for slowness. */
  readonly isOfTime: boolean;
  /** What being away saved, if home was left for slowness (`savedShareOf`); `null`: clients are not back, or unknown. */
  readonly savedShare: number | null;
}

export function recentDeparturesOf(departures: readonly Departure[], nowMs: number): readonly Departure[] {
  return departures.filter(({ atMs }) => nowMs - atMs <= rememberedMs);
}

/**
 * The minimum time before a failback, milliseconds: `advise.hold`, doubled for each recent departure from home after
 * the first one. Departures because of slowness do not count.
 */
export function waitMs(departures: readonly Departure[], holdMs: number, nowMs: number): number {
  const ofFailures = departures.filter(({ isOfTime }) => !isOfTime);
  return doubledMs(ofFailures, holdMs, nowMs);
}

function doubledMs(departures: readonly Departure[], holdMs: number, nowMs: number): number {
  const count = departures.filter(({ atMs }) => nowMs - atMs <= departuresMs).length;
  return Math.min(Math.max(waitMsMax, holdMs), holdMs * 2 ** Math.max(0, count - 1));
}

/**
 * The period over which times are compared before a failback, milliseconds: `waitMs`, or longer if clients left home
 * again within `againMs`.
 */
export function reviewMsOf(departures: readonly Departure[], holdMs: number, nowMs: number): number {
  const recent = recentDeparturesOf(departures, nowMs);
  const isAgain = recent.some(({ atMs }, place) => place > 0 && atMs - (recent[place - 1]?.atMs ?? atMs) <= againMs);
  return isAgain ? againFactor * doubledMs(departures, holdMs, nowMs) : waitMs(departures, holdMs, nowMs);
}

/**
 * Lists why home is not about as fast and as reliable as the mirror in use, or does not serve downloads. Each reason is
 * computed when it is read.
 * @param overMs       the minimum period over which failures are compared
 * @param timesOverMs  the period over which times are compared
 */
export function* listHomeLacks(
  home: HeadRecord,
  here: HeadRecord,
  overMs: number,
  timesOverMs: number,
  nowMs: number,
  isLeftForTime: boolean,
): Generator<Extract<Obstacle, 'slower' | 'recent' | 'failures' | 'downloads'>> {
  const fromMs = nowMs - timesOverMs;
  const isEachNoSlower = isNoSlower(home, here, 'light', fromMs) && isNoSlower(home, here, 'heavy', fromMs);
  if (!isEachNoSlower && (isLeftForTime || !isFasterBuild(home, here, fromMs))) yield 'slower';
  const troubledMs = lastTroubleOf(home);
  const recentMs = nowMs - overMs;
  const soundMs = Math.min(Math.max(nowMs - compareMsMax, troubledMs + 1), recentMs);
  if (hasMoreFailures(home, here, soundMs, isLeftForTime))
    yield hasMoreFailures(home, here, recentMs, isLeftForTime) ? 'recent' : 'failures';
  if (!isHeavyClean(home, troubledMs)) yield 'downloads';
}

function hasMoreFailures(home: HeadRecord, here: HeadRecord, soundMs: number, isLeftForTime: boolean): boolean {
  return countSinceOf(home, soundMs).bad > countSinceOf(here, soundMs).bad + (isLeftForTime ? chanceFailures : 0);
}

/** If home has fewer good downloads than this, the standard error of their mean is added to the mean. */
const downloadsMin = 4;

/** True if a build is faster at home although its light or its heavy requests are slower there. */
function isFasterBuild(home: HeadRecord, here: HeadRecord, fromMs: number): boolean {
  const buildMs = (record: HeadRecord, errors: number): number | null => {
    const { light, heavy } = meansFrom(record, fromMs, errors);
    return light === null || heavy === null ? null : buildMsOf(light, heavy);
  };
  const isSure = home.heavy.filter((one) => !one.bad).length >= downloadsMin;
  const [homeMs, hereMs] = [buildMs(home, isSure ? 0 : 1), buildMs(here, 0)];
  return homeMs !== null && hereMs !== null && homeMs < hereMs;
}

/** The number of home's last downloads that show whether they are fast again. */
const latestDownloads = 2;

/**
 * True if only older downloads of home delay a failback: its light requests and its last downloads are no slower than
 * those of the mirror in use, but the mean of all its recorded downloads is.
 * @param timesOverMs  the period over which times of light requests are compared
 */
export function isDelayedByDownloads(home: HeadRecord, here: HeadRecord, timesOverMs: number, nowMs: number): boolean {
  const fromMs = nowMs - timesOverMs;
  if (isNoSlower(home, here, 'heavy', fromMs) || !isNoSlower(home, here, 'light', fromMs)) return false;
  const heavy = home.heavy.slice(-latestDownloads);
  return heavy.every(({ bad }) => !bad) && isNoSlower({ ...home, heavy }, here, 'heavy', fromMs);
}

/**
 * True if the mean time at home is at most 1.05 × that of the mirror in use, plus a margin: 15 % of the time at the
 * mirror in use, at least `noiseMs` and at most 100 ms. True as well if one of the two times is not known.
 */
function isNoSlower(home: HeadRecord, here: HeadRecord, weight: 'light' | 'heavy', fromMs: number): boolean {
  // One standard error is added to home's mean of light steps, because this check is repeated often and would soon pass
  // by chance.
  const homeMs = meanMsFrom(home, weight, fromMs, weight === 'light' ? 1 : 0);
  const hereMs = meanMsFrom(here, weight, fromMs);
  return (
    homeMs === null || hereMs === null || homeMs <= 1.05 * hereMs + Math.min(100, Math.max(noiseMs, 0.15 * hereMs))
  );
}

// Slow spells (periods of slowness) of home that end and come again, and what clients save by leaving home for one.

/** A departure for a slow spell waits only if so many departures of the past were in vain on average. */
const departuresMin = 2;
const departuresKept = 4;
/** A departure was in vain if builds elsewhere took longer than they would have at home, by more than this share. */
const lossShare = 0.05;

/**
 * How long slowness of home must last before clients leave home because of it, milliseconds. 0, unless the last
 * departures for slowness were in vain: home was fast again soon, and clients stayed away for `advise.hold`.
 * @see docs/decisions/0166-homes-with-slow-spells-are-left-later.md
 */
export function slowForMs(departures: readonly Departure[], holdMs: number, nowMs: number): number {
  const recent = recentDeparturesOf(departures, nowMs);
  const saved = recent.flatMap((one) => (one.savedShare == null ? [] : [one.savedShare])).slice(-departuresKept);
  if (saved.length < departuresMin) return 0;
  return saved.reduce((sum, one) => sum + one, 0) / saved.length < -lossShare ? holdMs : 0;
}

/**
 * How much longer a build would have taken at home since `fromMs` than at the mirror in use, as a share of its time
 * there; < 0: it would have been faster at home. `null`: one of the two has no good light or heavy outcome. A spell is
 * often too short for a download. So the time of a download is at least its median plus the time by which the mean of
 * light times exceeds their median.
 */
export function savedShareOf(home: HeadRecord, here: HeadRecord, fromMs: number): number | null {
  const [homeMs, hereMs] = [home, here].map((record) => {
    const { light, heavy } = meansFrom(record, fromMs);
    if (light === null || heavy === null) return null;
    const moreMs = Math.max(0, light - medianOf(record.light));
    return buildMsOf(light, Math.max(heavy, medianOf(record.heavy) + moreMs));
  });
  return homeMs == null || hereMs == null ? null : homeMs / hereMs - 1;
}

function medianOf(outcomes: readonly RecordOutcome[]): number {
  const times = outcomes.flatMap(({ bad, tookMs }) => (bad ? [] : [tookMs]));
  return quantileOf(times, 0.5) ?? 0;
}

const minuteMs = 60_000;
/** A minute is slow if its mean time is above this multiple of the median minute, and by at least `slowerMs`. */
const slowFactor = 1.5;
const slowerMs = 100;
/** This many slow minutes in a row are a spell. One slow minute may be chance. */
const spellMinutes = 2;
/** After this many minutes without a spell, home is calm, however long it was calm between spells before. */
const calmMinutes = 30;

/**
 * True if home has been without a slow spell for longer than `pauseFactor` times the longest pause between its spells
 * since clients left it at `leftMs` (monotonic milliseconds). True as well if it had at most one spell since then.
 */
export function isCalmAgain(home: HeadRecord, leftMs: number, nowMs: number): boolean {
  const meansMs = minuteMeans(home, leftMs, nowMs);
  const medianMs = quantileOf(meansMs, 0.5) ?? 0;
  const boundMs = Math.max(slowFactor * medianMs, medianMs + slowerMs);
  let [spells, row, calm, longest] = [0, 0, 0, 0];
  for (const meanMs of meansMs) {
    row = meanMs > boundMs ? row + 1 : 0;
    if (row === 0) calm += 1;
    if (row !== spellMinutes) continue;
    if (spells > 0) longest = Math.max(longest, calm);
    spells += 1;
    calm = 0;
  }
  return spells < 2 || calm >= Math.min(calmMinutes, pauseFactor * longest);
}

/** The mean times of good light outcomes in each minute since `fromMs`, oldest first, without minutes that have none. */
function minuteMeans({ light }: HeadRecord, fromMs: number, nowMs: number): readonly number[] {
  const good = light.filter(({ atMs, bad }) => !bad && atMs >= fromMs);
  const minutes = Map.groupBy(good, ({ atMs }) => Math.ceil((atMs - nowMs) / minuteMs));
  return [...minutes]
    .toSorted(([a], [b]) => a - b)
    .map(([, all]) => all.reduce((sum, { tookMs }) => sum + tookMs, 0) / all.length);
}
