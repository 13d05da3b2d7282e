import { references } from '../players/registry.ts';
import type { Score } from './score.ts';

/** The sums and means of one player's scores over several worlds. */
export interface Row {
  readonly player: string;
  readonly worlds: number;
  /**
   * `cost`: mean seconds per build over the worlds. `ratio`: the cost as a multiple of the cost with the best chain at
   * every moment.
   */
  readonly cost: number;
  readonly ratio: number;
  readonly moves: number;
  readonly harmful: number;
  readonly harmfulFalse: number;
  readonly needless: number;
  readonly needlessFalse: number;
  readonly costlyIncidents: number;
  readonly missed: number;
  /** Delays until a move helped, seconds: median and 90th percentile; `null`: no move helped in any world. */
  readonly delayMedian: number | null;
  readonly delayP90: number | null;
  /** Messages for each incident of a mirror: mean, and median over the worlds; `null`: no incident. */
  readonly notices: number | null;
  readonly noticesMedian: number | null;
  /**
   * `calmDepartures`: moves away from the declared chain in calm worlds. `calmNeedless`: those of them that are
   * needless. `calmYears`: the length of these worlds, in years of one upstream.
   */
  readonly calmDepartures: number;
  readonly calmNeedless: number;
  readonly calmYears: number;
  readonly spikesAMonth: number | null;
  /** Probes beyond the schedule, as a share of the scheduled probes. */
  readonly extra: number;
  readonly againstTable: number;
}

/** Adds up scores: one row for each player, in the order in which players first appear. */
export function rowsOf(scores: readonly Score[]): readonly Row[] {
  return [...Map.groupBy(scores, ({ player }) => player)].map(([player, own]) => rowOf(player, own));
}

function rowOf(player: string, scores: readonly Score[]): Row {
  const sum = (pick: (score: Score) => number) => scores.reduce((all, score) => all + pick(score), 0);
  const delays = scores.flatMap((score) => score.delays).sort((one, other) => one - other);
  const rate = (count: number, over: number) => (over > 0 ? count / over : null);
  const incidental = scores.filter((score) => score.incidents > 0);
  return {
    player,
    worlds: scores.length,
    cost: sum(({ cost }) => cost) / scores.length,
    ratio: sum(({ cost }) => cost) / sum(({ bestCost }) => bestCost),
    moves: sum((score) => score.moves),
    harmful: sum((score) => score.harmful),
    harmfulFalse: sum((score) => score.harmfulFalse),
    needless: sum((score) => score.needless),
    needlessFalse: sum((score) => score.needlessFalse),
    costlyIncidents: sum((score) => score.costlyIncidents),
    missed: sum((score) => score.missed),
    delayMedian: quantile(delays, 0.5),
    delayP90: quantile(delays, 0.9),
    notices: rate(
      incidental.reduce((all, { notices }) => all + notices, 0),
      sum(({ incidents }) => incidents),
    ),
    noticesMedian: quantile(
      incidental.map(({ notices, incidents }) => notices / incidents).sort((one, other) => one - other),
      0.5,
    ),
    calmDepartures: sum((score) => score.calmDepartures),
    calmNeedless: sum((score) => score.calmNeedless),
    calmYears: sum(({ calmYears }) => calmYears),
    spikesAMonth: rate(
      sum((score) => score.spikes),
      sum(({ mirrorMonths }) => mirrorMonths),
    ),
    againstTable: sum((score) => score.againstTable),
    extra:
      sum(({ extraProbes }) => extraProbes) /
      Math.max(
        1,
        sum(({ probes, extraProbes }) => probes - extraProbes),
      ),
  };
}

/** The nearest-rank quantile of sorted numbers; `null`: no numbers. */
export function quantile(sorted: readonly number[], share: number): number | null {
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? null;
}

/** The costs of the players in one family. */
export interface Standing {
  readonly family: string;
  readonly group: string;
  /**
   * The lowest cost of a baseline (`best`), the name of that baseline (`bestOf`), and the highest cost of a baseline
   * (`worst`).
   */
  readonly best: number;
  readonly bestOf: string;
  readonly worst: number;
  readonly costs: ReadonlyMap<string, number>;
  /** True if the costs of all players, except those that know the truth, differ by at most 3 %. */
  readonly isAlike: boolean;
}

/** If costs differ by at most this share, the players count as equally good. */
export const alikeShare = 0.03;

/** The costs of all players in each family, in the order of the scores. */
export function standingsOf(scores: readonly Score[], baselines: readonly string[]): readonly Standing[] {
  return [...Map.groupBy(scores, ({ family }) => family)].map(([family, own]) => {
    const costs = new Map(rowsOf(own).map(({ player, cost }) => [player, cost]));
    const low = baselines.flatMap((name) => {
      const cost = costs.get(name);
      return cost === undefined ? [] : [{ name, cost }];
    });
    const sorted = low.toSorted((one, other) => one.cost - other.cost);
    const judged = [...costs].filter(([player]) => !references.has(player)).map(([, cost]) => cost);
    return {
      family,
      group: own[0]?.group ?? '',
      best: sorted[0]?.cost ?? Number.NaN,
      bestOf: sorted[0]?.name ?? '',
      worst: sorted.at(-1)?.cost ?? Number.NaN,
      costs,
      isAlike: Math.max(...judged) <= (1 + alikeShare) * Math.min(...judged),
    };
  });
}

/**
 * The families in which a player's cost is above that of the best baseline. Families in which all players are equally
 * good are left out.
 */
export function worseThanBaseline(standings: readonly Standing[], player: string): readonly Standing[] {
  return standings.filter(({ costs, best, isAlike }) => !isAlike && (costs.get(player) ?? 0) > best);
}
