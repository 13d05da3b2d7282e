import { type Compared, compareRounds } from '../../advise/rounds.ts';
import { compareRates, witnessBound } from '../../advise/tests/failures.ts';
import type { RankRow } from './row.ts';

/** How a mirror of a rank stands to the best one; `unsure`: the rounds do not tell them apart. */
export type RowVerdict = 'best' | 'down' | 'unknown' | 'fails_more' | Compared;

/** By mirror. Where none is usable, none is the best. @param rows  best first */
export function rowVerdicts(rows: readonly RankRow[], minGain: number): ReadonlyMap<string, RowVerdict> {
  const best = rows.find(isUsable);
  const verdictOf = (row: RankRow): RowVerdict => {
    if (row === best) return 'best';
    if (isDown(row)) return 'down';
    if (row.ok === 0) return 'unknown';
    if (best === undefined || !isUsable(row) || failsMore(row, best)) return 'fails_more';
    return compareRows(best, row, minGain);
  };
  return new Map(rows.map((row) => [row.registry, verdictOf(row)]));
}

/** The best one and who is not told apart from it; nobody where all are told. @param rows  best first */
export function finalists(rows: readonly RankRow[], minGain: number): ReadonlySet<string> {
  const near = [...rowVerdicts(rows, minGain)].filter(([, verdict]) => verdict === 'unsure' || verdict === 'best');
  return new Set(near.length < 2 ? [] : near.map(([registry]) => registry));
}

/** True where a mirror can be told to clients: it answers well at least as often as not, and no wrong bytes came twice. */
export function isUsable(row: RankRow): boolean {
  return row.ok > 0 && row.ok >= row.failed && row.mismatched < 2;
}

/** True where it never answered well, and that is known of most probes: what could not be told is no outage. */
export function isDown(row: RankRow): boolean {
  return row.ok === 0 && row.failed > row.unknown;
}

/** True where so little is known of a mirror that it is neither usable nor down. */
export function isUnknown(row: RankRow): boolean {
  return row.ok === 0 && !isDown(row);
}

/** The times of the second against the first, by the rounds in which both answered well. */
export function compareRows(a: RankRow, b: RankRow, minGain: number): Compared {
  const pairs = a.roundsMs.flatMap((ms, round): [number, number][] => {
    const other = b.roundsMs[round] ?? null;
    return ms === null || other === null ? [] : [[ms, other]];
  });
  return compareRounds(pairs, minGain);
}

/** More often by more than chance: two rates explain the answers better than one, as advice's tests want it. */
export function failsMore(a: RankRow, b: RankRow): boolean {
  const [one, other] = [countsOf(a), countsOf(b)];
  return one.bad * other.all > other.bad * one.all && compareRates(one, other) >= witnessBound.all;
}

function countsOf({ ok, failed }: RankRow): { readonly bad: number; readonly all: number } {
  return { bad: failed, all: ok + failed };
}
