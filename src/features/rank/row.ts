import { compareRates, witnessBound } from '../../advise/comparison/failures.ts';
import { sortWithEquals } from '../../advise/comparison/rank.ts';
import { type Compared, compareRounds } from '../../advise/comparison/rounds.ts';
import { preferenceOf } from '../../advise/preference.ts';
import type { Config } from '../../core/config.ts';
import type { Probed } from '../../core/ports.ts';
import type { PhaseTimes } from '../../core/sample.ts';
import { quantileOf } from '../../core/statistics.ts';

/** One probe of a ranking; `slot`: a number for round and question, the same for all mirrors. */
export interface RankResponse {
  readonly slot: number;
  readonly sample: Probed['sample'];
}

/** Times are milliseconds. */
export interface RankRow {
  readonly registry: string;
  readonly url: string;
  readonly ok: number;
  readonly failed: number;
  readonly unknown: number;
  /** Probes with an HTTP response of any status. */
  readonly answered: number;
  readonly medianMs: number | null;
  readonly p95Ms: number | null;
  /** The phases of the response with the median time: they add up to `medianMs`. */
  readonly phasesMs: PhaseTimes;
  /** Ok responses whose hash was verified. */
  readonly verified: number;
  readonly mismatched: number;
  /** The most frequent reason of failures, else `unknown: ` with the most frequent cause; `null`: neither. */
  readonly reason: string | null;
  /** Response times by `RankAnswer.slot`; `null`: no ok response, or not probed. */
  readonly roundsMs: readonly (number | null)[];
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
 * Sorts mirrors by failed share, then by median time: a fast mirror that fails is no good mirror. Medians that advice
 * considers equal are ordered by `preferenceOf`.
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

/** The result of comparing a mirror with the best one. `unsure`: the rounds do not distinguish the two. */
export type RowVerdict = 'best' | 'down' | 'unknown' | 'fails_more' | Compared;

/** Verdicts by mirror. Without a usable mirror there is no best. @param rows  best first */
export function judgeRows(rows: readonly RankRow[], minGain: number): ReadonlyMap<string, RowVerdict> {
  const best = rows.find(isUsable);
  const verdictOf = (row: RankRow): RowVerdict => {
    if (row === best) return 'best';
    if (isDown(row)) return 'down';
    if (row.ok === 0) return 'unknown';
    if (best === undefined || !isUsable(row) || hasMoreFailures(row, best)) return 'fails_more';
    return compareRows(best, row, minGain);
  };
  return new Map(rows.map((row) => [row.registry, verdictOf(row)]));
}

/** The best mirror and those that cannot be distinguished from it; empty if there are none. @param rows  best first */
export function selectFinalists(rows: readonly RankRow[], minGain: number): ReadonlySet<string> {
  const near = [...judgeRows(rows, minGain)].filter(([, verdict]) => verdict === 'unsure' || verdict === 'best');
  return new Set(near.length < 2 ? [] : near.map(([registry]) => registry));
}

/** True if a mirror can be recommended: at least half of its judged probes are ok, and at most one had wrong bytes. */
export function isUsable(row: RankRow): boolean {
  return row.ok > 0 && row.ok >= row.failed && row.mismatched < 2;
}

/** True if a mirror had no ok response, and more failed than unknown probes: unknown ones are no outage. */
export function isDown(row: RankRow): boolean {
  return row.ok === 0 && row.failed > row.unknown;
}

/** True if no probe was ok and the failures are not enough to call the mirror down. */
export function isUnknown(row: RankRow): boolean {
  return row.ok === 0 && !isDown(row);
}

/** Compares the times of two mirrors in the slots in which both were ok. */
export function compareRows(a: RankRow, b: RankRow, minGain: number): Compared {
  const pairs = a.roundsMs.flatMap((ms, round): [number, number][] => {
    const other = b.roundsMs[round] ?? null;
    return ms === null || other === null ? [] : [[ms, other]];
  });
  return compareRounds(pairs, minGain);
}

/** True if `a` fails significantly more often than `b`: two rates explain the outcomes better than one. */
export function hasMoreFailures(a: RankRow, b: RankRow): boolean {
  const [one, other] = [countsOf(a), countsOf(b)];
  return one.bad * other.all > other.bad * one.all && compareRates(one, other) >= witnessBound.all;
}

function countsOf({ ok, failed }: RankRow): { readonly bad: number; readonly all: number } {
  return { bad: failed, all: ok + failed };
}
