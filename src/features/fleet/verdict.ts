import type { MirrorState } from '../../core/standing.ts';
import type { PlaceTrouble } from './places.ts';

export interface Cell {
  readonly place: string;
  /**
   * The mirror's state at this place. It is `unknown` also while the place does not report or its network is suspect.
   */
  readonly state: MirrorState;
  readonly sinceMs: number | null;
  /**
   * The 95th percentile of the canary's latency in the last hour, milliseconds. `null`: not measured, the mirror is
   * down now, the place does not report, or its network is suspect.
   */
  readonly p95Ms: number | null;
  /** The URL of the mirror's page at that place's daemon; `null`: not known. */
  readonly href: string | null;
}

/**
 * Shows how many of the places that know the mirror's state report its worst state. `everywhere`: all of them, in
 * several networks. `network`: all of them, in one network. `somewhere`: some of them, in several networks. `alone`:
 * some of them, in one network. `lone`: only one place knows the state. `unknown`: none knows it. `well`: the worst
 * state is `up`.
 */
export interface FleetVerdict {
  readonly kind: 'well' | 'unknown' | 'lone' | 'alone' | 'somewhere' | 'network' | 'everywhere';
  /** The worst state that a place reports; `unknown`: no place knows the state. */
  readonly state: MirrorState;
  /** The places that report `state`; empty if it is `up` or `unknown`. */
  readonly bad: readonly string[];
  readonly well: readonly string[];
  readonly unknown: readonly string[];
  /** The place in `well` where the mirror responds fastest; `null`: not measured, or `bad` is empty. */
  readonly best: { readonly place: string; readonly p95Ms: number } | null;
  /** The time since which all places in `bad` report `state`, wall milliseconds; `null`: not known for each of them. */
  readonly sinceMs: number | null;
  /** The place in `bad` that reported `state` first; `null`: `sinceMs` is not known, or `bad` is empty. */
  readonly first: { readonly place: string; readonly sinceMs: number } | null;
  /** The places in `well` whose advice in force leaves the mirror; empty if `bad` is empty. */
  readonly leaving: readonly string[];
}

/**
 * Judges one mirror by its states at all places (where daemons run). A place that `against` lists as `well_alone`
 * counts as unknown, because its states contradict those of all other places.
 * @param networks  the network of each place; places in one network count as one witness
 * @param advising  the places whose advice in force leaves the mirror
 */
export function fleetVerdictOf(
  cells: readonly Cell[],
  networks: ReadonlyMap<string, string>,
  against: ReadonlyMap<string, PlaceTrouble>,
  advising: ReadonlySet<string>,
): FleetVerdict {
  const counted = cells.filter(({ place }) => against.get(place)?.kind !== 'well_alone');
  const known = counted.filter(({ state }) => state !== 'unknown');
  const knowing = new Set(known);
  const state = (['down', 'degraded', 'up'] as const).find((one) => known.some((cell) => cell.state === one));
  const unknown = namesOf(cells.filter((cell) => !knowing.has(cell)));
  const none = { bad: [], well: namesOf(known), unknown, best: null, sinceMs: null, first: null, leaving: [] };
  if (state === undefined) return { kind: 'unknown', state: 'unknown', ...none };
  if (state === 'up') return { kind: 'well', state, ...none };
  const bad = known.filter((cell) => cell.state === state);
  const well = known.filter((cell) => cell.state !== state);
  const units = new Set(bad.map(({ place }) => networks.get(place) ?? place));
  const best = well
    .flatMap(({ place, p95Ms }) => (p95Ms === null ? [] : [{ place, p95Ms }]))
    .sort((a, b) => a.p95Ms - b.p95Ms)[0];
  const stamps = bad
    .flatMap(({ place, sinceMs }) => (sinceMs === null ? [] : [{ place, sinceMs }]))
    .sort((a, b) => a.sinceMs - b.sinceMs);
  const isTimed = stamps.length === bad.length;
  const kind = (): FleetVerdict['kind'] => {
    if (known.length === 1) return 'lone';
    if (well.length > 0) return units.size === 1 ? 'alone' : 'somewhere';
    return units.size === 1 ? 'network' : 'everywhere';
  };
  return {
    kind: kind(),
    state,
    bad: namesOf(bad),
    well: namesOf(well),
    unknown,
    best: best ?? null,
    sinceMs: (isTimed ? stamps.at(-1)?.sinceMs : undefined) ?? null,
    first: (isTimed ? stamps[0] : undefined) ?? null,
    leaving: namesOf(well.filter(({ place }) => advising.has(place))),
  };
}

export function namesOf(cells: readonly Cell[]): readonly string[] {
  return cells.map(({ place }) => place);
}

/**
 * A place (where a daemon runs) contradicts the others only if its states of at least this many mirrors differ from
 * theirs. Fewer differences may be chance.
 */
const mirrorsMin = 2;

/**
 * Returns the places that contradict the others, by name. `bad_alone`: many mirrors are down at this place, but not at
 * most other places. `well_alone`: many mirrors are not down at this place, but are down at all others (at least two).
 * Many means at least `mirrorsMin`, and more than half of the mirrors compared.
 * @param rows  the cells of each mirror
 */
export function contradictionsIn(rows: readonly (readonly Cell[])[]): ReadonlyMap<string, PlaceTrouble> {
  const tallies = new Map<string, { compared: number; bad: number; well: number }>();
  for (const cells of rows) {
    const known = cells.filter(({ state }) => state !== 'unknown');
    if (known.length < 2) continue;
    const down = known.filter(({ state }) => state === 'down').length;
    for (const { place, state } of known) {
      const tally = tallies.get(place) ?? { compared: 0, bad: 0, well: 0 };
      tallies.set(place, tally);
      tally.compared += 1;
      if (state === 'down' && known.length - down > down - 1) tally.bad += 1;
      if (state !== 'down' && down >= 2 && down === known.length - 1) tally.well += 1;
    }
  }
  const found = new Map<string, PlaceTrouble>();
  for (const [place, { compared, bad, well }] of tallies) {
    if (bad >= mirrorsMin && bad > compared / 2) found.set(place, { kind: 'bad_alone', mirrors: bad });
    else if (well >= mirrorsMin && well > compared / 2) found.set(place, { kind: 'well_alone', mirrors: well });
  }
  return found;
}
