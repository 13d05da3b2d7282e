import { references } from '../players/registry.ts';
import type { Score } from './score.ts';

/** What one player's scores over some worlds come to. */
export interface Row {
  readonly player: string;
  readonly worlds: number;
  /** Seconds a build, mean over worlds; and as a multiple of the best chain's at every moment. */
  readonly cost: number;
  readonly ratio: number;
  readonly moves: number;
  readonly harmful: number;
  readonly harmfulFalse: number;
  readonly needless: number;
  readonly needlessFalse: number;
  readonly costlyIncidents: number;
  readonly missed: number;
  /** Seconds; `null`: no right advice in any world. */
  readonly delayMedian: number | null;
  readonly delayP90: number | null;
  /** Messages for each incident of a mirror, mean and median over worlds; `null`: there was none. */
  readonly notices: number | null;
  readonly noticesMedian: number | null;
  /** Departures a calm upstream-year, spikes a calm mirror-month; `null`: no calm. */
  readonly departuresAYear: number | null;
  /** Departures in calm, and over how many upstream-years. */
  readonly calmDepartures: number;
  readonly calmYears: number;
  readonly spikesAMonth: number | null;
  /** Probes beyond the schedule, as a share of the scheduled. */
  readonly extra: number;
  readonly againstTable: number;
}

/** Adds scores up, a row a player, in the order in which players first appear. */
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
    departuresAYear: rate(
      sum((score) => score.calmDepartures),
      sum(({ calmYears }) => calmYears),
    ),
    calmDepartures: sum((score) => score.calmDepartures),
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

/** The nearest-rank quantile of sorted numbers; `null` of none. */
export function quantile(sorted: readonly number[], share: number): number | null {
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? null;
}

/** How a player stands beside the baselines in one family. */
export interface Standing {
  readonly family: string;
  readonly group: string;
  /** Lowest cost of a baseline, whose it is, and the highest. */
  readonly best: number;
  readonly bestOf: string;
  readonly worst: number;
  readonly costs: ReadonlyMap<string, number>;
  /** No baseline and no player differs from another by more than 3 %. */
  readonly isAlike: boolean;
}

/** Share within which players count as alike. */
export const alikeShare = 0.03;

/** Each family with what everyone pays in it, in the order of the scores. */
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

/** Families, beside those where all are alike, in which a player pays more than the best baseline. */
export function worseThanBaseline(standings: readonly Standing[], player: string): readonly Standing[] {
  return standings.filter(({ costs, best, isAlike }) => !isAlike && (costs.get(player) ?? 0) > best);
}
