import type { MirrorState } from '../../core/standing.ts';
import type { PlaceTrouble } from './places.ts';

/** One mirror as one place sees it. */
export interface Cell {
  readonly place: string;
  /** `unknown` while the place is quiet or its own network suspect, whatever it said before. */
  readonly state: MirrorState;
  readonly sinceMs: number | null;
  /** Of its canary over the last hour; `null`: not measured, or down now. */
  readonly p95Ms: number | null;
  /** Lower bound of the module that is furthest behind. */
  readonly lagMs: number | null;
  /** Its rank there, 1 is best; `null`: it may not be advised there. */
  readonly rank: number | null;
  /** Its page at that place's daemon. */
  readonly href: string | null;
}

/**
 * What all places together say of a mirror. `everywhere`: two independent networks at least, and no place that it works
 * for: the mirror. `network`: the same from places of one network: the mirror or that network. `somewhere`: it works
 * for some: the paths of the others. `alone`: it works for all but one network: the path of that one. `lone`: only one
 * place can tell. `unknown`: no place can.
 */
export interface Verdict {
  readonly kind: 'well' | 'unknown' | 'lone' | 'alone' | 'somewhere' | 'network' | 'everywhere';
  /** `up` is well; what is said to be bad is `down`, or `degraded` where it is down from no place. */
  readonly state: MirrorState;
  /** Places with that state, unless it is well. */
  readonly bad: readonly string[];
  readonly well: readonly string[];
  readonly unknown: readonly string[];
  /** The place where it responds fastest among `well`. */
  readonly best: { readonly place: string; readonly p95Ms: number } | null;
  /** Since when the first of `bad` sees it. */
  readonly sinceMs: number | null;
}

/**
 * Judges one mirror. Unknown is neither fine nor down; a place that alone sees many mirrors well is no proof that one is.
 * @param networks  by place: places with the same one are one witness
 */
export function verdictOf(
  cells: readonly Cell[],
  networks: ReadonlyMap<string, string>,
  against: ReadonlyMap<string, PlaceTrouble>,
): Verdict {
  const heard = cells.filter(({ place }) => against.get(place)?.kind !== 'well_alone');
  const known = heard.filter(({ state }) => state !== 'unknown');
  const knowing = new Set(known);
  const state = (['down', 'degraded', 'up'] as const).find((one) => known.some((cell) => cell.state === one));
  const unknown = namesOf(cells.filter((cell) => !knowing.has(cell)));
  const none = { bad: [], well: namesOf(known), unknown, best: null, sinceMs: null };
  if (state === undefined) return { kind: 'unknown', state: 'unknown', ...none };
  if (state === 'up') return { kind: 'well', state, ...none };
  const bad = known.filter((cell) => cell.state === state);
  const well = known.filter((cell) => cell.state !== state);
  const units = new Set(bad.map(({ place }) => networks.get(place) ?? place));
  const best = well
    .flatMap(({ place, p95Ms }) => (p95Ms === null ? [] : [{ place, p95Ms }]))
    .sort((a, b) => a.p95Ms - b.p95Ms)[0];
  const stamps = bad.flatMap(({ sinceMs }) => sinceMs ?? []);
  const kind = (): Verdict['kind'] => {
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
    sinceMs: stamps.length === 0 ? null : Math.min(...stamps),
  };
}

function namesOf(cells: readonly Cell[]): readonly string[] {
  return cells.map(({ place }) => place);
}
