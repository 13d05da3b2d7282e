import { rateBound } from '../../advise/comparison/failures.ts';
import { type Compared, compareRounds, sortWithEquals } from '../../advise/comparison/rank.ts';
import { preferenceOf } from '../../advise/group.ts';
import type { Config } from '../../core/config.ts';
import type { Probed } from '../../core/ports.ts';
import type { PhaseTimes } from '../../core/sample.ts';
import { compareRates, quantileOf } from '../../core/statistics.ts';

/**
 * One probe of a ranking. `slot` numbers the round and the request. It is the same for all mirrors, so that their
 * responses can be compared.
 */
export interface RankResponse {
  readonly slot: number;
  readonly sample: Probed['sample'];
}

/** The results of one mirror in a ranking. All times are in milliseconds. */
export interface RankRow {
  readonly registry: string;
  readonly url: string;
  readonly ok: number;
  readonly failed: number;
  readonly unknown: number;
  /** The number of probes that got an HTTP response of any status. */
  readonly answered: number;
  readonly medianMs: number | null;
  readonly p95Ms: number | null;
  /** The phases of the response whose time is the median. They add up to `medianMs`. */
  readonly phasesMs: PhaseTimes;
  /** The number of ok responses whose hash was verified. */
  readonly verified: number;
  readonly mismatched: number;
  /**
   * The most frequent reason of a failure. Without failures: `unknown: ` and the most frequent cause of unknown
   * results; `null`: there are neither.
   */
  readonly reason: string | null;
  /** The response times, indexed by `RankResponse.slot` (round and request); `null`: not ok, or not probed. */
  readonly roundsMs: readonly (number | null)[];
  /** The capabilities that the mirror lacks although configured protections need them. Absent: none. */
  readonly lacks?: readonly string[];
}

export function rankRow(registry: string, url: string, responses: readonly RankResponse[], slots: number): RankRow {
  const samples = responses.map(({ sample }) => sample);
  const good = responses.flatMap(({ slot, sample }) =>
    sample.outcome.tag === 'ok' && sample.rttMs !== null ? [{ slot, ms: sample.rttMs, sample }] : [],
  );
  const failures = samples.flatMap(({ outcome }) => (outcome.tag === 'failed' ? [outcome.failure.kind] : []));
  const unknowns = samples.flatMap(({ outcome }) => (outcome.tag === 'unknown' ? [`unknown: ${outcome.because}`] : []));
  const times = good.map(({ ms }) => ms);
  const medianMs = quantileOf(times, 0.5);
  const roundsMs: (number | null)[] = Array.from({ length: slots }, () => null);
  for (const { slot, ms } of good) roundsMs[slot] = ms;
  return {
    registry,
    url,
    ok: good.length,
    failed: failures.length,
    unknown: unknowns.length,
    answered: samples.filter(({ status }) => status !== null).length,
    medianMs,
    p95Ms: quantileOf(times, 0.95),
    phasesMs: good.find(({ ms }) => ms === medianMs)?.sample.phases ?? {},
    verified: good.filter(({ sample }) => sample.facts.verified !== undefined).length,
    mismatched: failures.filter((kind) => kind === 'mismatch').length,
    reason: commonest(failures) ?? commonest(unknowns),
    roundsMs,
  };
}

function commonest(words: readonly string[]): string | null {
  const alike = [...Map.groupBy(words, (word) => word)];
  return alike.sort(([, a], [, b]) => b.length - a.length)[0]?.[0] ?? null;
}

/**
 * Sorts mirrors by the share of failed probes, then by median time, because a fast mirror that fails is not good. If
 * advice considers two medians equal, `preferenceOf` decides.
 */
export function inOrder<Row extends RankRow>(config: Config, rows: readonly Row[]): readonly Row[] {
  const share = (row: RankRow): number => (row.ok + row.failed === 0 ? 1 : row.failed / (row.ok + row.failed));
  const shares = [...new Set(rows.map(share))].sort((a, b) => a - b);
  const place = preferenceOf(config.mirrors, config.vantage);
  return shares.flatMap((one) =>
    sortWithEquals(
      rows.filter((row) => share(row) === one).sort((a, b) => place(a.registry, b.registry)),
      (row) => row.medianMs ?? Number.POSITIVE_INFINITY,
      config.advise.minGain,
      (a, b) => place(a.registry, b.registry),
    ),
  );
}

/**
 * The result of comparing a mirror with the best one. `unsure`: the samples do not show which of the two is better.
 * `lacks`: it lacks what configured protections need.
 */
export type RowVerdict = 'best' | 'down' | 'unknown' | 'fails_more' | 'lacks' | Compared;

/** Returns a verdict for each mirror. If no mirror is usable, none is `best`. @param rows  best first */
export function judgeRows(rows: readonly RankRow[], minGain: number): ReadonlyMap<string, RowVerdict> {
  const best = rows.find(isFit);
  const verdictOf = (row: RankRow): RowVerdict => {
    if (row === best) return 'best';
    if (isDown(row)) return 'down';
    if (row.ok === 0) return 'unknown';
    if (isUsable(row) && !isFit(row)) return 'lacks';
    if (best === undefined || !isUsable(row) || hasMoreFailures(row, best)) return 'fails_more';
    return compareRows(best, row, minGain);
  };
  return new Map(rows.map((row) => [row.registry, verdictOf(row)]));
}

/**
 * Returns the best mirror and the mirrors that cannot be distinguished from it; empty if the best mirror is certain, or
 * no mirror is usable.
 * @param rows  best first
 */
export function selectFinalists(rows: readonly RankRow[], minGain: number): ReadonlySet<string> {
  const near = [...judgeRows(rows, minGain)].filter(([, verdict]) => verdict === 'unsure' || verdict === 'best');
  return new Set(near.length < 2 ? [] : near.map(([registry]) => registry));
}

/**
 * True if a mirror can be recommended: at least half of its ok and failed probes are ok, and at most one returned wrong
 * bytes.
 */
export function isUsable(row: RankRow): boolean {
  return row.ok > 0 && row.ok >= row.failed && row.mismatched < 2;
}

/** True if a mirror can be recommended to clients with the configured protections. */
export function isFit(row: RankRow): boolean {
  return isUsable(row) && (row.lacks ?? []).length === 0;
}

/** True if a mirror had no ok response and more failed than unknown probes. Unknown probes do not show an outage. */
export function isDown(row: RankRow): boolean {
  return row.ok === 0 && row.failed > row.unknown;
}

/** True if no probe was ok, but the failures are too few to show an outage. */
export function isUnknown(row: RankRow): boolean {
  return row.ok === 0 && !isDown(row);
}

/** Compares the times of two mirrors. Responses of the same round to the same request are compared if both were ok. */
export function compareRows(a: RankRow, b: RankRow, minGain: number): Compared {
  const pairs = a.roundsMs.flatMap((ms, round): [number, number][] => {
    const other = b.roundsMs[round] ?? null;
    return ms === null || other === null ? [] : [[ms, other]];
  });
  return compareRounds(pairs, minGain);
}

/** True if `a` fails more often than `b`, and a significance test shows that this is not chance. */
export function hasMoreFailures(a: RankRow, b: RankRow): boolean {
  const [one, other] = [countsOf(a), countsOf(b)];
  return one.bad * other.all > other.bad * one.all && compareRates(one, other) >= rateBound.all;
}

function countsOf({ ok, failed }: RankRow): { readonly bad: number; readonly all: number } {
  return { bad: failed, all: ok + failed };
}
