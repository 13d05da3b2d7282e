import type { Move, PlaceVotes } from '../../core/action.ts';
import type { Fleet, PlaceAdvice } from './fleet.ts';
import type { Place } from './places.ts';
import type { Cell } from './verdict.ts';

/** How many places of a group must agree. Its group is a label of a place; those without one are a group too, `''`. */
export interface GroupOptions {
  /** So many places of a group; `null`: more than half, two at least. */
  readonly needed: number | null;
}

/**
 * One line to set. `one`: enough places of the group leave `from`, and `to` suits each of its places. `each`:
 * enough leave it, but no mirror suits all. `own`: too few: a matter of these places, and no reason to move the group.
 */
export interface GroupLine {
  readonly kind: 'one' | 'each' | 'own';
  readonly group: string;
  readonly ecosystem: string;
  readonly upstream: string;
  readonly from: string;
  readonly to: string;
  /** Who sets it. */
  readonly places: readonly string[];
  /** Places of the group whose advice leaves `from`, of those that monitor the upstream, and how many it takes. */
  readonly votes: number;
  readonly of: number;
  readonly needed: number;
}

/**
 * Advice by group of places. A place that lost its own line, went quiet or contradicts the others has no vote and gets no
 * line; it counts among those that a majority is of.
 */
export function groupLinesOf(fleet: Fleet, options: GroupOptions): readonly GroupLine[] {
  const groups = Map.groupBy(fleet.places, ({ labels }) => labels.group ?? '');
  return [...groups].flatMap(([group, places]) => {
    const takesPart = new Set(places.filter(mayVote).map(({ name }) => name));
    const byMove = Map.groupBy(
      fleet.advice.filter(({ place }) => takesPart.has(place)),
      ({ ecosystem, upstream, from }) => JSON.stringify([ecosystem, upstream, from]),
    );
    return [...byMove.values()].flatMap((moves) => linesFor(fleet, group, places, takesPart, moves, options));
  });
}

/** The places of a group that know the mirror which a move leaves, and those of them that advise exactly that move. */
export function votesFor(fleet: Fleet, group: string, { ecosystem, upstream, from, to }: Move): PlaceVotes {
  const isSame = (one: Pick<Move, 'ecosystem' | 'upstream'>): boolean =>
    one.ecosystem === ecosystem && one.upstream === upstream;
  const cells = fleet.mirrors.find((row) => isSame(row) && row.registry === from)?.cells ?? [];
  const knows = new Set(cells.flatMap(({ place, state }) => (state === 'unknown' ? [] : [place])));
  const known = fleet.places.filter(
    (place) => (place.labels.group ?? '') === group && mayVote(place) && knows.has(place.name),
  );
  const votes = known.filter(({ name }) =>
    fleet.advice.some((one) => one.place === name && isSame(one) && one.from === from && one.to === to),
  );
  return { votes: votes.length, known: known.length };
}

function mayVote({ isWitness, troubles }: Place): boolean {
  return isWitness && !troubles.some(({ kind }) => kind === 'bad_alone' || kind === 'well_alone');
}

function linesFor(
  fleet: Fleet,
  group: string,
  places: readonly Place[],
  takesPart: ReadonlySet<string>,
  moves: readonly PlaceAdvice[],
  options: GroupOptions,
): readonly GroupLine[] {
  const [first] = moves;
  if (first === undefined) return [];
  const { ecosystem, upstream, from } = first;
  const rows = fleet.mirrors.filter((row) => row.ecosystem === ecosystem && row.upstream === upstream);
  const watching = new Set(rows.flatMap(({ cells }) => cells.map(({ place }) => place)));
  const all = places.filter(({ name }) => watching.has(name));
  const members = all.flatMap(({ name }) => (takesPart.has(name) ? [name] : []));
  const voters = new Set(moves.map(({ place }) => place));
  const of = all.length;
  const needed = Math.max(1, options.needed ?? Math.max(2, Math.floor(of / 2) + 1));
  const common = { group, ecosystem, upstream, from, votes: voters.size, of, needed };
  const to = voters.size < needed ? null : suitsAll(rows, members, from);
  if (to !== null) return [{ kind: 'one', ...common, to, places: members }];
  const kind = voters.size < needed ? 'own' : 'each';
  return [...Map.groupBy(moves, (one) => one.to)].map(([target, same]) => ({
    kind,
    ...common,
    to: target,
    places: [...new Set(same.map(({ place }) => place))],
  }));
}

/** A mirror suits a place as well as the best one there within this: clients hardly notice. */
const slowerMax = 1.25;
const slowerMsMax = 50;

/** The mirror that suits every place, of several the one that is fastest in all; `null`: there is none. */
function suitsAll(
  rows: readonly { readonly registry: string; readonly cells: readonly Cell[] }[],
  members: readonly string[],
  from: string,
): string | null {
  const others = rows.filter(({ registry }) => registry !== from);
  const usableAt = (name: string) =>
    others.flatMap(({ registry, cells }) => {
      const cell = cells.find(({ place }) => place === name);
      return cell?.state === 'up' && cell.rank !== null ? [{ registry, rank: cell.rank, p95Ms: cell.p95Ms }] : [];
    });
  const suited = members.map((name) => {
    const usable = usableAt(name);
    const bestMs = Math.min(...usable.flatMap(({ p95Ms }) => p95Ms ?? []));
    const limitMs = Math.max(bestMs * slowerMax, bestMs + slowerMsMax);
    return usable.filter(({ p95Ms }) => p95Ms === null || p95Ms <= limitMs);
  });
  const common = others.flatMap(({ registry }) => {
    const here = suited.flatMap((usable) => usable.filter((one) => one.registry === registry));
    if (here.length < members.length) return [];
    return [
      { registry, sumMs: sumOf(here.map(({ p95Ms }) => p95Ms ?? 0)), ranks: sumOf(here.map(({ rank }) => rank)) },
    ];
  });
  return common.sort((a, b) => a.sumMs - b.sumMs || a.ranks - b.ranks)[0]?.registry ?? null;
}

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}
