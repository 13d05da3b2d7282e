import type { Move, PlaceVotes } from '../../core/action.ts';
import type { Fleet, MirrorRow, PlaceAdvice } from './fleet.ts';
import type { FleetPlace } from './places.ts';
import type { Cell } from './verdict.ts';

/**
 * How many places (where daemons run) of a group must agree. The label `group` of a place names its group; places
 * without this label form the group `''`.
 */
export interface GroupOptions {
  /** The number of places that must agree; `null`: more than half, at least two. */
  readonly needed: number | null;
}

/**
 * One recommended switch. `one`: enough places of the group advise to leave `from`, and all its voting places switch to
 * the same mirror. `each`: enough places advise to leave it, but no mirror suits all of them. `own`: too few places
 * advise to leave it, so only these places switch. `over`: the cause of the advice of these places is over, so their
 * clients that have not switched need not switch.
 */
export interface GroupLine {
  readonly kind: 'one' | 'each' | 'own' | 'over';
  readonly group: string;
  readonly ecosystem: string;
  readonly upstream: string;
  readonly from: string;
  readonly to: string;
  readonly places: readonly string[];
  /** The places in `places` whose own advice does not leave the mirror `from`. They switch with the group. */
  readonly along: readonly string[];
  /**
   * The places in `places` whose advice leaves the mirror `from`, although they report this mirror as up now; empty for
   * a failback.
   */
  readonly upFrom: readonly string[];
  /**
   * The number of voting places whose advice leaves the mirror `from`. `of`: the number of the group's places that
   * monitor the upstream. `needed`: the required number of votes.
   */
  readonly votes: number;
  readonly of: number;
  readonly needed: number;
}

/**
 * Returns the recommended switches of mirrors for each group of places (where daemons run). A place that has
 * no vote gets no line, but counts in `of`.
 */
export function groupLinesOf(fleet: Fleet, options: GroupOptions): readonly GroupLine[] {
  const adviceOf = Map.groupBy(fleet.advice, ({ place }) => place);
  const groupOf = new Map(fleet.places.map(({ name, labels }) => [name, labels.group ?? '']));
  const upstreams = new Map(
    [...Map.groupBy(fleet.mirrors, upstreamKey)].map(([key, rows]) => {
      const watching = new Set(rows.flatMap(({ cells }) => cells.map(({ place }) => place)));
      return [key, { rows, watching: Map.groupBy([...watching].sort(), (name) => groupOf.get(name) ?? '') }];
    }),
  );
  return [...Map.groupBy(fleet.places, ({ labels }) => labels.group ?? '')].flatMap(([group, places]) => {
    const takesPart = new Set(places.filter(mayVote).map(({ name }) => name));
    const advice = [...takesPart].flatMap((name) => adviceOf.get(name) ?? []);
    return [...Map.groupBy(advice, upstreamKey)].flatMap(([key, own]) => {
      const { rows = [], watching } = upstreams.get(key) ?? {};
      const all = watching?.get(group) ?? [];
      const here = { group, rows, of: all.length, members: all.filter((name) => takesPart.has(name)) };
      return [...Map.groupBy(own, ({ from }) => from).values()].flatMap((moves) => linesFor(here, moves, options));
    });
  });
}

/**
 * Counts the group's voting places that know the state of `from` (`known`). Those whose advice is exactly this switch
 * are `votes`, unless its cause is over.
 */
export function votesFor(fleet: Fleet, group: string, { ecosystem, upstream, from, to }: Move): PlaceVotes {
  const isSame = (one: Pick<Move, 'ecosystem' | 'upstream'>): boolean =>
    one.ecosystem === ecosystem && one.upstream === upstream;
  const cells = fleet.mirrors.find((row) => isSame(row) && row.registry === from)?.cells ?? [];
  const knows = new Set(cells.flatMap(({ place, state }) => (state === 'unknown' ? [] : [place])));
  const known = fleet.places.filter(
    (place) => (place.labels.group ?? '') === group && mayVote(place) && knows.has(place.name),
  );
  const moves = fleet.advice.filter((one) => isSame(one) && one.from === from && one.to === to && one.state !== 'over');
  const advising = new Set(moves.map(({ place }) => place));
  return { votes: known.filter(({ name }) => advising.has(name)).length, known: known.length };
}

const upstreamKey = ({ ecosystem, upstream }: MirrorRow | PlaceAdvice): string => JSON.stringify([ecosystem, upstream]);

function mayVote({ isWitness, troubles }: FleetPlace): boolean {
  return isWitness && !troubles.some(({ kind }) => kind === 'bad_alone' || kind === 'well_alone');
}

/**
 * A group of places, for one upstream. `of`: the number of places of the group that monitor the upstream. `members`:
 * the places among them that have a vote.
 */
interface Here {
  readonly group: string;
  readonly rows: readonly MirrorRow[];
  readonly of: number;
  readonly members: readonly string[];
}

function linesFor(
  { group, rows, of, members }: Here,
  all: readonly PlaceAdvice[],
  options: GroupOptions,
): readonly GroupLine[] {
  const [first] = all;
  if (first === undefined) return [];
  const { ecosystem, upstream, from } = first;
  const moves = all.filter(({ state }) => state !== 'over');
  const voters = new Set(moves.map(({ place }) => place));
  const votes = voters.size;
  const needed = Math.max(1, options.needed ?? Math.max(2, Math.floor(of / 2) + 1));
  const common = { group, ecosystem, upstream, from, votes, of, needed };
  const isUp = new Set(
    rows
      .filter(({ registry }) => registry === from)
      .flatMap(({ cells }) => cells.flatMap(({ place, state }) => (state === 'up' ? [place] : []))),
  );
  const isBack = moves.every(({ cause }) => cause === 'failback');
  const split = (places: readonly string[]): Pick<GroupLine, 'places' | 'along' | 'upFrom'> => ({
    places,
    along: places.filter((place) => !voters.has(place)),
    upFrom: isBack ? [] : places.filter((place) => voters.has(place) && isUp.has(place)),
  });
  const to = votes < needed ? null : suitsAll(rows, members, from);
  if (to !== null) return [{ kind: 'one', ...common, to, ...split(members) }];
  const each = (kind: GroupLine['kind'], advice: readonly PlaceAdvice[]): readonly GroupLine[] =>
    [...Map.groupBy(advice, (one) => one.to)].map(([target, same]) => ({
      kind,
      ...common,
      to: target,
      ...split([...new Set(same.map(({ place }) => place))]),
    }));
  const over = all.filter(({ state, place }) => state === 'over' && !voters.has(place));
  const stays = each('over', over).map((line) => ({ ...line, along: [] }));
  return [...each(votes < needed ? 'own' : 'each', moves), ...stays];
}

/**
 * A mirror is too slow for a place if its p95 there exceeds both limits: this factor × the best p95, and the best p95 +
 * this difference (milliseconds).
 */
const slowerMax = 1.25;
const slowerMsMax = 50;

/**
 * Returns the mirror that suits all `members`; `null`: there is none. Among several, one that is measured at all places
 * comes first, then the one with the least sum of p95.
 */
function suitsAll(rows: readonly MirrorRow[], members: readonly string[], from: string): string | null {
  const isMember = new Set(members);
  const usable = rows.flatMap(({ registry, cells }) => {
    const here = cells.filter(({ place, state, rank }) => isMember.has(place) && state === 'up' && rank !== null);
    return registry === from ? [] : [{ registry, cells: here }];
  });
  const bestMs = new Map<string, number>();
  for (const { place, p95Ms } of usable.flatMap(({ cells }) => cells))
    if (p95Ms !== null) bestMs.set(place, Math.min(p95Ms, bestMs.get(place) ?? p95Ms));
  const suits = ({ place, p95Ms }: Cell): boolean => {
    const best = bestMs.get(place) ?? 0;
    return p95Ms === null || p95Ms <= Math.max(best * slowerMax, best + slowerMsMax);
  };
  const common = usable.flatMap(({ registry, cells }) =>
    cells.length === members.length && cells.every(suits)
      ? [
          {
            registry,
            sumMs: sumOf(cells.map(({ p95Ms }) => p95Ms ?? Number.POSITIVE_INFINITY)),
            ranks: sumOf(cells.map((one) => one.rank ?? 0)),
          },
        ]
      : [],
  );
  return (
    common.sort((a, b) => Number(a.sumMs > b.sumMs) - Number(a.sumMs < b.sumMs) || a.ranks - b.ranks)[0]?.registry ??
    null
  );
}

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}
