import { countSinceOf } from './costs.ts';
import { type HeadRecord, isHeavyClean, meanMsFrom, type Outcome } from './record.ts';

/** The period over which departures are counted, and the longest wait unless `hold` is longer. Milliseconds. */
const departuresMs = 3 * 3_600_000;
const waitMsMax = 3_600_000;
/**
 * If home was left again within this time of the last departure, its trouble comes and goes. For `rememberedMs`, its
 * times are then compared over `againFactor` times the usual period.
 */
const againMs = 45 * 60_000;
const againFactor = 6;
const rememberedMs = 12 * 3_600_000;
/** The health that a failback requires, and what a good and a bad response add to it. */
export const healthBound = 2.2;
const good = 0.046;
const bad = -2.3;

/** This many bad responses in a row are trouble of their own. Once it has ended, earlier samples no longer count. */
const troubleRow = 3;
/** A failure rate has ended if the probability of the good responses since is at most exp(−`endedBound`) at that rate. */
const endedBound = 7;
const rateMost = 0.9;
/** A failure rate has ended only after this many times as many good responses as ever came between two failures. */
const pauseFactor = 1.5;
/** The longest period over which failures are compared, milliseconds. */
const compareMsMax = 3_600_000;
/** If home was left because it was slow, it may have this many more failures than the mirror in use: they may be chance. */
const chanceFailures = 1;

/** The health of the preferred mirror since it was left: a log-likelihood that it works again. */
export interface Health {
  sum: number;
}

/** The health right after a departure. */
export function newHealth(): Health {
  return { sum: 0 };
}

/**
 * The time of the last failure in a mirror's last trouble with an end, whenever clients left that mirror.
 * Trouble with an end is several failures in a row, or a failure rate at which the good responses since would not be
 * chance. Monotonic milliseconds; negative infinity: none is remembered.
 */
export function lastTroubleOf({ light, heavy }: HeadRecord): number {
  const outcomes = [...light, ...heavy].sort((a, b) => a.atMs - b.atMs);
  let row = 0;
  let lastMs = Number.NEGATIVE_INFINITY;
  for (const one of outcomes) {
    row = one.bad ? row + 1 : 0;
    if (row >= troubleRow) lastMs = one.atMs;
  }
  return Math.max(lastMs, endedRate(outcomes) ?? lastMs);
}

/**
 * The time of the last failure, if the failure rate of the last `compareMsMax` has ended by `endedBound` and `pauseFactor`;
 * else `null`. Trouble that comes and goes has not ended.
 */
function endedRate(outcomes: readonly Outcome[]): number | null {
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

function longestPause(outcomes: readonly Outcome[]): number {
  let [longest, now] = [0, 0];
  for (const { bad } of outcomes) {
    now = bad ? 0 : now + 1;
    longest = Math.max(longest, now);
  }
  return longest;
}

/**
 * Adds one response of the preferred mirror while clients are elsewhere. A good one raises its health a little; a bad
 * one lowers it much and cancels all earlier good ones.
 */
export function updateHealth(health: Health, isBad: boolean): void {
  health.sum = isBad ? Math.max(bad, Math.min(0, health.sum + bad)) : Math.min(2 * healthBound, health.sum + good);
}

/** One departure from home. */
export interface Departure {
  /** Monotonic milliseconds. */
  readonly atMs: number;
  /** True if it was left because it was slow, and not because it failed. */
  readonly isOfTime: boolean;
}

/** The departures from home within `rememberedMs`. */
export function recentDeparturesOf(departures: readonly Departure[], nowMs: number): readonly Departure[] {
  return departures.filter(({ atMs }) => nowMs - atMs <= rememberedMs);
}

/**
 * The minimum time away from home: `hold`, doubled with each further departure within `departuresMs`, up to `waitMsMax`.
 * Departures because home was slow double nothing: one more costs clients seconds, and staying may cost more.
 * Milliseconds.
 */
export function waitMs(departures: readonly Departure[], holdMs: number, nowMs: number): number {
  return doubledMs(
    departures.filter(({ isOfTime }) => !isOfTime),
    holdMs,
    nowMs,
  );
}

function doubledMs(departures: readonly Departure[], holdMs: number, nowMs: number): number {
  const count = departures.filter(({ atMs }) => nowMs - atMs <= departuresMs).length;
  return Math.min(Math.max(waitMsMax, holdMs), holdMs * 2 ** Math.max(0, count - 1));
}

/**
 * The period over which home's times are compared, milliseconds: the minimum time away. If home was left again soon, it is
 * `againFactor` times what that time would be if all departures doubled it.
 */
export function lookBackMsOf(departures: readonly Departure[], holdMs: number, nowMs: number): number {
  const recent = recentDeparturesOf(departures, nowMs);
  const isAgain = recent.some(({ atMs }, place) => place > 0 && atMs - (recent[place - 1]?.atMs ?? atMs) <= againMs);
  return isAgain ? againFactor * doubledMs(departures, holdMs, nowMs) : waitMs(departures, holdMs, nowMs);
}

/**
 * True where home is at least as good as the mirror in force. Its mean times over `timesOverMs` are at most a little longer,
 * and its downloads succeed. It had no more failures (`chanceFailures` more if it was left because it was slow) within
 * `compareMsMax`, or since its last trouble ended but at least over `overMs`. The period is long, because a mirror that
 * fails intermittently often has ten good minutes.
 */
export function isHomeAsGood(
  home: HeadRecord,
  here: HeadRecord,
  overMs: number,
  timesOverMs: number,
  nowMs: number,
  isLeftForTime: boolean,
): boolean {
  const fromMs = nowMs - timesOverMs;
  if (!isNoSlower(home, here, 'light', fromMs) || !isNoSlower(home, here, 'heavy', fromMs)) return false;
  const troubledMs = lastTroubleOf(home);
  const soundMs = Math.min(Math.max(nowMs - compareMsMax, troubledMs + 1), nowMs - overMs);
  const moreMost = isLeftForTime ? chanceFailures : 0;
  if (countSinceOf(home, soundMs).bad > countSinceOf(here, soundMs).bad + moreMost) return false;
  return isHeavyClean(home, troubledMs);
}

/** Smaller differences are measurement noise, whatever their share. */
const noiseMs = 10;

function isNoSlower(home: HeadRecord, here: HeadRecord, weight: 'light' | 'heavy', fromMs: number): boolean {
  // This check runs every second and would soon pass by chance, so one standard error is added to home's light mean.
  const homeMs = meanMsFrom(home, weight, fromMs, weight === 'light' ? 1 : 0);
  const hereMs = meanMsFrom(here, weight, fromMs);
  return (
    homeMs === null || hereMs === null || homeMs <= 1.05 * hereMs + Math.min(100, Math.max(noiseMs, 0.15 * hereMs))
  );
}
