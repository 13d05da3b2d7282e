import type { Skipped } from '../core/due.ts';
import type { Connection, Mirror } from '../core/mirror.ts';
import { seriesId, type Target } from '../core/target.ts';
import { type Absence, type Density, newAbsence, newDensity } from './absence.ts';
import type { Line, Mark } from './confirm/loss.ts';
import { egressOf } from './confirm/vantage.ts';

/** All that is known of one series: a target over one kind of connection. */
export interface SeriesMemory {
  readonly id: string;
  target: Target;
  readonly connection: Connection;
  /** What each kind of finding keeps of it, by the kind's name. */
  readonly states: Record<string, unknown>;
  /** Its last settled sample was ok. */
  serves: boolean;
  /** Monotonic time of the last row; `null` before the first. */
  writtenAtMs: number | null;
}

/** A mirror in doubt: since when, until when and what of it. Monotonic milliseconds. */
export interface Doubt {
  readonly sinceMs: number;
  untilMs: number;
  /** The targets in doubt, by id; never empty. */
  readonly targets: Map<string, Target>;
  /** When the last moment began that showed it was not us: what was held before is settled. `null` before one did. */
  clearedMs: number | null;
}

/** What the canary of one mirror showed. */
export interface Sight {
  /** Wall milliseconds. */
  lastOkAtMs: number | null;
  lastJudgedAtMs: number | null;
  /** Monotonic milliseconds. */
  judgedMonotonicMs: number | null;
  /** The last judged canary answer was ok. */
  canaryServes: boolean;
  lastOkRttMs: number | null;
  /** An ok sample since the start or in restored state. */
  hasOk: boolean;
  /** The canary has been probed at least once since the start. */
  wasAsked: boolean;
  /** Since when its canary told nothing but that our resolver, proxy or machine fails; wall milliseconds. */
  blindSinceMs: number | null;
  /** Why the last slot of its canary passed without a probe; `null`: it did not. */
  lastSkip: Skipped['because'] | null;
  /** Planned time of the last scheduled canary and the widest gap seen, for paces that a cron expression names. */
  lastPlannedMs: number | null;
  plannedGapMs: number | null;
}

/** The row of a mirror: whether it has news, and when it was written; `null`: not yet, or it is due now. */
export interface RowState {
  isDirty: boolean;
  writtenAtMs: number | null;
}

/** All that is known of one mirror. */
export interface MirrorMemory {
  mirror: Mirror;
  readonly egress: string;
  canary: Target | null;
  /** Distinct names of modules that are asked for the canary's step. */
  modules: number;
  doubt: Doubt | null;
  readonly absence: Absence;
  readonly density: Density;
  readonly sight: Sight;
  readonly line: Line;
  /** What each kind of finding keeps of it, by the kind's name. */
  readonly states: Map<string, unknown>;
  readonly series: Map<string, SeriesMemory>;
  readonly row: RowState;
}

/** What is known of a control. `known`: it has answered since the start. */
export interface ControlMemory {
  readonly up: boolean | null;
  readonly known: boolean;
  readonly marks: readonly Mark[];
}

/** A mirror of which nothing is known. */
export function newMirror(mirror: Mirror): MirrorMemory {
  return {
    mirror,
    egress: egressOf(mirror),
    canary: null,
    modules: 0,
    doubt: null,
    absence: newAbsence(),
    density: newDensity(),
    sight: {
      lastOkAtMs: null,
      lastJudgedAtMs: null,
      judgedMonotonicMs: null,
      canaryServes: false,
      lastOkRttMs: null,
      hasOk: false,
      wasAsked: false,
      blindSinceMs: null,
      lastSkip: null,
      lastPlannedMs: null,
      plannedGapMs: null,
    },
    line: { answeredFromMs: null, marks: [], address: null },
    states: new Map(),
    series: new Map(),
    row: { isDirty: false, writtenAtMs: null },
  };
}

/** The place of what a kind keeps for a mirror, and the state of a mirror of which nothing is known. */
export interface Place<M> {
  readonly name: string;
  readonly none: () => M;
}

/** The place of what a kind keeps for a series. */
export interface SeriesPlace<S> {
  readonly name: string;
  readonly noneOfSeries?: S;
}

/** The state that a kind keeps for a mirror, or for us, made when it is first read. */
export function stateOf<M>({ name, none }: Place<M>, { states }: Pick<MirrorMemory, 'states'>): M {
  if (!states.has(name)) states.set(name, none());
  return states.get(name) as M;
}

/** The state that a kind keeps for a series. */
export function seriesStateOf<S>({ name, noneOfSeries }: SeriesPlace<S>, { states }: Pick<SeriesMemory, 'states'>): S {
  return (states[name] ?? noneOfSeries) as S;
}

/** Mirrors are interchangeable within one (ecosystem, upstream): the key of a round. */
export function roundKeyOf(mirror: Pick<Mirror, 'ecosystem' | 'upstream'>): string {
  return `${mirror.ecosystem}|${mirror.upstream}`;
}

/** The mirrors of one upstream. */
export function* mirrorsOf(
  { mirrors }: { readonly mirrors: ReadonlyMap<string, MirrorMemory> },
  key: string,
): Iterable<MirrorMemory> {
  for (const mirror of mirrors.values()) if (roundKeyOf(mirror.mirror) === key) yield mirror;
}

/** The connection a mirror is judged by: what a CI job pays where it is measured, else what there is. */
export function primaryConnection(mirror: Pick<Mirror, 'connections'>): Connection {
  return mirror.connections.includes('cold') || mirror.connections.length === 0 ? 'cold' : 'warm';
}

/** The series of a target over a kind of connection, made where it is missing. */
export function seriesOf({ series }: MirrorMemory, target: Target, connection: Connection): SeriesMemory {
  const id = seriesId(target, connection);
  const known = series.get(id);
  if (known !== undefined) return known;
  const made = { id, target, connection, states: {}, serves: false, writtenAtMs: null };
  series.set(id, made);
  return made;
}

/** The canary's cold series; `null` where the mirror has no canary. */
export function canarySeries(mirror: MirrorMemory): SeriesMemory | null {
  return mirror.canary === null ? null : seriesOf(mirror, mirror.canary, 'cold');
}
