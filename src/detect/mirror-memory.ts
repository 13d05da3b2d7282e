import type { Skipped } from '../core/due.ts';
import { type Connection, egressOf, type Mirror, seriesId, type Target } from '../core/mirror.ts';
import { Absence, Density } from './absence.ts';
import type { Line, Mark } from './confirm/loss.ts';

/** The state of one series: a target over one kind of connection. */
export interface SeriesMemory {
  readonly id: string;
  target: Target;
  readonly connection: Connection;
  /** The state of each kind of finding for this series, by the kind's name. */
  readonly states: Record<string, unknown>;
  /** True if the last settled sample of the series was ok. */
  serves: boolean;
  /** Monotonic time of the last row; `null` before the first. */
  writtenAtMs: number | null;
}

/** A mirror in doubt. Monotonic milliseconds. */
export interface Doubt {
  readonly sinceMs: number;
  untilMs: number;
  /** The targets in doubt, by id; never empty. */
  readonly targets: Map<string, Target>;
  /**
   * Start of the last moment that showed the vantage to be fine: earlier held samples are settled. `null` before one did.
   */
  clearedMs: number | null;
}

/** What the canary of one mirror showed. */
class Sight {
  /** Wall milliseconds. */
  lastOkAtMs: number | null = null;
  lastJudgedAtMs: number | null = null;
  /** Monotonic milliseconds. */
  judgedMonotonicMs: number | null = null;
  /** True if the last judged canary sample was ok. */
  canaryServes: boolean = false;
  lastOkRttMs: number | null = null;
  /** True after an ok sample since the start or in restored state. */
  hasOk: boolean = false;
  /** The canary has been probed at least once since the start. */
  wasAsked: boolean = false;
  /** Since when the canary failed only because of our resolver, proxy or machine; wall milliseconds. */
  blindSinceMs: number | null = null;
  /** Why the last slot of the canary passed without a probe; `null`: the canary was probed. */
  lastSkip: Skipped['because'] | null = null;
  /** Planned time of the last scheduled canary and the widest gap seen, for cron paces. */
  lastPlannedMs: number | null = null;
  plannedGapMs: number | null = null;
}

/** The row of a mirror: whether it has changed, and when it was written; `null`: not yet, or it is due now. */
export interface RowState {
  isDirty: boolean;
  writtenAtMs: number | null;
}

/** The state of one mirror. */
export class MirrorMemory {
  mirror: Mirror;
  readonly egress: string;
  /** See `roundKeyOf`. A mirror of another upstream has a new memory. */
  readonly roundKey: string;
  canary: Target | null = null;
  /** Number of modules that have a target for the canary's step. */
  modules: number = 0;
  doubt: Doubt | null = null;
  /** Pauses and maintenance windows belong to the name of a mirror: they stay when a reload replaces it. */
  readonly absence: Absence;
  /** Probes sent before went to the mirror that this one replaced, monotonic milliseconds; `-Infinity`: there was none. */
  readonly sinceMs: number;
  readonly density = new Density();
  readonly sight = new Sight();
  readonly line: Line = { answeredFromMs: null, marks: [], address: null };
  /** The state of each kind of finding for this mirror, by the kind's name. */
  readonly states = new Map<string, unknown>();
  readonly series = new Map<string, SeriesMemory>();
  readonly row: RowState = { isDirty: false, writtenAtMs: null };

  constructor(mirror: Mirror, replaced?: { readonly absence: Absence; readonly atMs: number }) {
    this.mirror = mirror;
    this.absence = replaced?.absence ?? new Absence();
    this.sinceMs = replaced?.atMs ?? Number.NEGATIVE_INFINITY;
    this.egress = egressOf(mirror);
    this.roundKey = roundKeyOf(mirror);
  }
}

/** The state of a control. `known`: it has responded since the start. */
export interface ControlMemory {
  readonly up: boolean | null;
  readonly known: boolean;
  readonly marks: readonly Mark[];
}

/** Where a kind keeps its state of a mirror, with the initial state. */
export interface Place<M> {
  readonly name: string;
  readonly none: () => M;
}

/** Where a kind keeps its state of a series. */
export interface SeriesPlace<S> {
  readonly name: string;
  readonly noneOfSeries?: S;
}

/** The state of a kind for a mirror, or for this daemon; created at first use. */
export function stateOf<M>({ name, none }: Place<M>, { states }: Pick<MirrorMemory, 'states'>): M {
  const known = states.get(name);
  if (known !== undefined) return known as M;
  const made = none();
  states.set(name, made);
  return made;
}

/** The state of a kind for a series. */
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
  for (const mirror of mirrors.values()) if (mirror.roundKey === key) yield mirror;
}

/** The connection that a mirror is judged by: cold where it is measured, as a CI job has it, else the other. */
export function primaryConnectionOf(mirror: Pick<Mirror, 'connections'>): Connection {
  return mirror.connections.includes('cold') || mirror.connections.length === 0 ? 'cold' : 'warm';
}

/** The series of a target over a kind of connection; created if missing. */
export function seriesOf({ series }: MirrorMemory, target: Target, connection: Connection): SeriesMemory {
  const id = seriesId(target, connection);
  const known = series.get(id);
  if (known !== undefined) return known;
  const made = { id, target, connection, states: {}, serves: false, writtenAtMs: null };
  series.set(id, made);
  return made;
}

/** The canary's cold series; `null` where the mirror has no canary. */
export function canarySeriesOf(mirror: MirrorMemory): SeriesMemory | null {
  return mirror.canary === null ? null : seriesOf(mirror, mirror.canary, 'cold');
}
