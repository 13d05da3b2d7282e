import { quantileOf } from '../../core/statistics.ts';
import { buildMsOf } from './costs.ts';
import { type Departure, pauseFactor, recentDeparturesOf } from './home.ts';
import { type HeadRecord, meansFrom, type RecordOutcome } from './record.ts';

// Slow spells (periods of slowness) of home that end and come again, and what clients save by leaving home for one.

/** A departure for a slow spell waits only if so many departures of the past were in vain on average. */
const departuresMin = 2;
const departuresKept = 4;
/** A departure was in vain if builds elsewhere took longer than they would have at home, by more than this share. */
const lossShare = 0.05;

/**
 * How long slowness of home must last before clients leave home because of it, milliseconds. 0, unless the last
 * departures for slowness were in vain: home was fast again soon, and clients stayed away for `advise.hold`.
 * @see docs/decisions/0166-slow-spells.md
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
  const sums = new Map<number, { readonly ms: number; readonly count: number }>();
  for (const { atMs, tookMs, bad } of light) {
    if (bad || atMs < fromMs) continue;
    const minute = Math.ceil((atMs - nowMs) / minuteMs);
    const { ms, count } = sums.get(minute) ?? { ms: 0, count: 0 };
    sums.set(minute, { ms: ms + tookMs, count: count + 1 });
  }
  return [...sums].toSorted(([a], [b]) => a - b).map(([, { ms, count }]) => ms / count);
}
