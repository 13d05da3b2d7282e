import { countSinceOf } from './costs.ts';
import { type HeadRecord, isHeavyClean, meanMsFrom, type Outcome } from './record.ts';

/** Departures are counted over this time, and the wait is never longer than an hour. Milliseconds. */
const departuresMs = 3 * 3_600_000;
const waitMsMax = 3_600_000;
/** Left again so soon after it was left, its times are compared over so many waits for half a day: its trouble comes and goes. */
const againMs = 45 * 60_000;
const againFactor = 6;
const rememberedMs = 12 * 3_600_000;
/** The health that is wanted before going home: some 48 clean answers. */
export const healthBound = 2.2;
const good = 0.046;
const bad = -2.3;

/** So many bad answers in a row are trouble that has an end: what was before says nothing of what comes after. */
const troubleRow = 3;
/** A log-likelihood: failing on as before would have shown. */
const endedBound = 7;
const rateMost = 0.9;
/** And so many times as many good answers as ever came between two failures of it. */
const pauseFactor = 1.5;
/** How far back failures are compared at most, milliseconds. */
const compareMsMax = 3_600_000;

/** How well the preferred mirror has been since it was left: a log-likelihood for "it is well". */
export interface Health {
  sum: number;
}

/** Nothing known since the departure. */
export function newHealth(): Health {
  return { sum: 0 };
}

/**
 * When the last trouble of a mirror was seen last, by when its answers came and not by when they were heard: whether it
 * was left in between makes no difference. Trouble that has an end are several failures in a row, or failures at a rate
 * at which all that was answered well since would not be chance. Monotonic milliseconds; negative infinity: none as far
 * as is remembered.
 */
export function lastTroubleOf({ light, heavy }: HeadRecord): number {
  const outcomes = [...light, ...heavy].toSorted((a, b) => a.atMs - b.atMs);
  let row = 0;
  let lastMs = Number.NEGATIVE_INFINITY;
  for (const one of outcomes) {
    row = one.bad ? row + 1 : 0;
    if (row >= troubleRow) lastMs = one.atMs;
  }
  return Math.max(lastMs, endedRate(outcomes) ?? lastMs);
}

/**
 * When the last failure of the last hour came, where that many good answers since have a chance of e⁻⁷ at the rate it
 * failed, and are half as many again as ever came between two failures; else `null`. What comes and goes has not ended.
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
 * Takes in one answer of the preferred mirror while clients are elsewhere: a good one speaks a little for it, a bad one
 * strongly against it, and nothing good that came before counts then.
 */
export function updateHealth(health: Health, isBad: boolean): void {
  health.sum = isBad ? Math.max(bad, Math.min(0, health.sum + bad)) : Math.min(2 * healthBound, health.sum + good);
}

/** Departures from home that are remembered. Monotonic milliseconds. */
export function recentDeparturesOf(departures: readonly number[], nowMs: number): readonly number[] {
  return departures.filter((atMs) => nowMs - atMs <= rememberedMs);
}

/**
 * How long clients stay away at least: `hold`, doubled with each departure of the last three hours after the first, an
 * hour at most. Milliseconds.
 */
export function waitMs(departures: readonly number[], holdMs: number, nowMs: number): number {
  const count = departures.filter((atMs) => nowMs - atMs <= departuresMs).length;
  return Math.min(Math.max(waitMsMax, holdMs), holdMs * 2 ** Math.max(0, count - 1));
}

/** How far back times of home are compared, milliseconds: as long as clients stay away at least, and further where it was left again. */
export function lookBackMsOf(departures: readonly number[], holdMs: number, nowMs: number): number {
  const recent = recentDeparturesOf(departures, nowMs);
  const isAgain = recent.some((atMs, place) => place > 0 && atMs - (recent[place - 1] ?? atMs) <= againMs);
  return waitMs(departures, holdMs, nowMs) * (isAgain ? againFactor : 1);
}

/**
 * True where home is at least as good as where clients are: no more failures within the last hour, or since its last
 * trouble had an end; no more time over `timesOverMs`, but for a fifth, and of much for a twentieth
 * and a tenth of a second; and its downloads come well. An hour, because a mirror that fails now and then has ten good minutes often.
 */
export function isHomeAsGood(
  home: HeadRecord,
  here: HeadRecord,
  overMs: number,
  timesOverMs: number,
  nowMs: number,
): boolean {
  const troubledMs = lastTroubleOf(home);
  const soundMs = Math.min(Math.max(nowMs - compareMsMax, troubledMs + 1), nowMs - overMs);
  if (countSinceOf(home, soundMs).bad > countSinceOf(here, soundMs).bad) return false;
  if (!isHeavyClean(home, troubledMs)) return false;
  const fromMs = nowMs - timesOverMs;
  return isNoSlower(home, here, 'light', fromMs) && isNoSlower(home, here, 'heavy', fromMs);
}

/** Differences below this are noise of our own, however large their share. */
const noiseMs = 10;

function isNoSlower(home: HeadRecord, here: HeadRecord, weight: 'light' | 'heavy', fromMs: number): boolean {
  const homeMs = meanMsFrom(home, weight, fromMs);
  const hereMs = meanMsFrom(here, weight, fromMs);
  return (
    homeMs === null || hereMs === null || homeMs <= 1.05 * hereMs + Math.min(100, Math.max(noiseMs, 0.15 * hereMs))
  );
}
