import { getOrMake } from '../../core/get-or-make.ts';
import type { Upstream } from '../../core/mirror.ts';
import { partOf } from '../../core/part.ts';
import { type MirrorState, mirrorStates } from '../../core/standing.ts';
import { type FleetPlace, placesIn } from './places.ts';
import { type Cell, contradictionsIn, type FleetVerdict, fleetVerdictOf } from './verdict.ts';
import { daemonsIn, type FleetSeries, factsOf, fleetPlaceOf, type StoreView, stampOf } from './view.ts';

/** One mirror, with its state at all places (where daemons run). */
export interface MirrorRow extends Upstream {
  readonly registry: string;
  /**
   * One cell for each place that monitors the mirror. If a shard of a place does not report, the place may monitor the
   * mirror, so it also has a cell.
   */
  readonly cells: readonly Cell[];
  readonly verdict: FleetVerdict;
}

/** An advice that is in force at one place (where a daemon runs). */
export interface PlaceAdvice extends Upstream {
  readonly place: string;
  readonly from: string;
  readonly to: string;
  readonly cause: string;
  /** `over`: the cause of a proposal is over, and clients that have not switched need not switch. */
  readonly state: 'proposed' | 'accepted' | 'over';
  readonly sinceMs: number | null;
}

export interface Fleet extends Pick<StoreView, 'atMs' | 'isPartial' | 'warnings'> {
  readonly places: readonly FleetPlace[];
  readonly mirrors: readonly MirrorRow[];
  readonly advice: readonly PlaceAdvice[];
}

const rowKey = (labels: FleetSeries['labels']): string =>
  JSON.stringify([labels['ecosystem'] ?? '', labels['upstream'] ?? '', labels['registry'] ?? '']);
const pairKey = (place: string, registry: string): string => JSON.stringify([place, registry]);

export function readFleet(view: StoreView, link: string): Fleet {
  const daemons = daemonsIn(view);
  const found = placesIn(view, daemons, link);
  const rows = rowsIn(view, daemons, found);
  const against = contradictionsIn(rows.map(({ cells }) => cells));
  const places = found.map((place): FleetPlace => {
    const own = against.get(place.name);
    return own === undefined ? place : { ...place, troubles: [...place.troubles, own] };
  });
  const witnesses = new Set(found.flatMap(({ name, isWitness }) => (isWitness === true ? [name] : [])));
  const advice = daemons.flatMap((daemon) =>
    witnesses.has(daemon.place) ? factsOf(daemon, 'mirror_advice_since_timestamp_seconds').flatMap(adviceIn) : [],
  );
  // Advice to return (a failback) is left out, because the mirror that it leaves works.
  const leaving = Map.groupBy(
    advice.filter(({ cause }) => cause !== 'failback'),
    ({ ecosystem, upstream, from }) => rowKey({ ecosystem, upstream, registry: from }),
  );
  const advising = ({ ecosystem, upstream, registry }: Row): ReadonlySet<string> =>
    new Set(leaving.get(rowKey({ ecosystem, upstream, registry }))?.map(({ place }) => place));
  const networks = new Map(places.map(({ name, labels }) => [name, labels.network ?? name]));
  return {
    ...partOf(view, 'atMs', 'isPartial', 'warnings'),
    places,
    mirrors: rows.map((row) => ({ ...row, verdict: fleetVerdictOf(row.cells, networks, against, advising(row)) })),
    advice,
  };
}

type Row = Omit<MirrorRow, 'verdict'>;

/** Returns one row for each mirror, with one cell for each place. Rows and cells are sorted by name. */
function rowsIn(view: StoreView, daemons: ReturnType<typeof daemonsIn>, places: readonly FleetPlace[]): readonly Row[] {
  const byName = new Map(places.map((place) => [place.name, place]));
  const p95s = highest(view.p95s);
  const { seen, sinces } = statesIn(daemons);
  // If a shard of a place does not report, the states of its mirrors are unknown at this place. Without this, the place
  // would seem not to monitor these mirrors.
  for (const { name, troubles } of places)
    if (troubles.some(({ kind }) => kind === 'shards'))
      for (const row of seen.values()) if (!row.has(name)) row.set(name, ['unknown']);
  const cellOf = (key: string, registry: string, place: string, states: readonly MirrorState[]): Cell => {
    const { isWitness = false, url = null } = byName.get(place) ?? {};
    const state = isWitness ? joined(states) : 'unknown';
    const p95 = p95s.get(pairKey(place, registry));
    return {
      place,
      state,
      sinceMs: stampOf(sinces.get(`${place} ${state} ${key}`)),
      p95Ms: p95 === undefined || state === 'down' || !isWitness ? null : p95 * 1000,
      href: url === null ? null : `${url}/mirrors/${encodeURIComponent(registry)}`,
    };
  };
  return sortedByKey(seen).map(([key, row]) => {
    const [ecosystem, upstream, registry] = JSON.parse(key) as [string, string, string];
    const cells = sortedByKey(row).map(([place, states]) => cellOf(key, registry, place, states));
    return { ecosystem, upstream, registry, cells };
  });
}

/**
 * Indexes metrics of the daemons. `seen`: the states by mirror and place. `sinces`: the start of a state, by place,
 * state and mirror.
 */
function statesIn(daemons: ReturnType<typeof daemonsIn>) {
  const sinces = new Map<string, number>();
  const seen = new Map<string, Map<string, MirrorState[]>>();
  for (const daemon of daemons) {
    for (const { labels, value } of factsOf(daemon, 'mirror_state_since_timestamp_seconds'))
      keepHighest(sinces, `${daemon.place} ${labels['state']} ${rowKey(labels)}`, value);
    for (const { labels } of daemon.states) {
      const state = mirrorStates.find((one) => one === labels['state']) ?? 'unknown';
      const row = getOrMake(seen, rowKey(labels), () => new Map<string, MirrorState[]>());
      getOrMake(row, daemon.place, () => []).push(state);
    }
  }
  return { seen, sinces };
}

function sortedByKey<T>(all: ReadonlyMap<string, T>): readonly (readonly [string, T])[] {
  return [...all].sort(([a], [b]) => (a < b ? -1 : 1));
}

/**
 * Combines a mirror's states from the daemons of one place. `unknown` is ignored; different states become `degraded`.
 */
function joined(states: readonly MirrorState[]): MirrorState {
  const known = new Set(states.filter((state) => state !== 'unknown'));
  const [first = 'unknown'] = known;
  return known.size > 1 ? 'degraded' : first;
}

function adviceIn(series: FleetSeries): PlaceAdvice[] {
  const { ecosystem = '', upstream = '', from = '', to = '', cause = '', state } = series.labels;
  if (state !== 'proposed' && state !== 'accepted' && state !== 'over') return [];
  return [{ place: fleetPlaceOf(series), ecosystem, upstream, from, to, cause, state, sinceMs: stampOf(series.value) }];
}

/**
 * Returns the values by place and mirror. If several series have the same place and mirror, the highest value is used.
 */
function highest(all: readonly FleetSeries[]): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  for (const one of all) {
    const key = pairKey(fleetPlaceOf(one), one.labels['registry'] ?? '');
    if (Number.isFinite(one.value)) keepHighest(found, key, one.value);
  }
  return found;
}

function keepHighest(found: Map<string, number>, key: string, value: number): void {
  found.set(key, Math.max(found.get(key) ?? value, value));
}
