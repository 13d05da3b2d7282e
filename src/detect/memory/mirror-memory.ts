import type { Skipped } from '../../core/due.ts';
import { getOrMake } from '../../core/get-or-make.ts';
import { type Connection, egressOf, type Mirror, type Step, seriesId, type Target } from '../../core/mirror.ts';
import { Absence } from './absence.ts';
import { Density } from './density.ts';
import type { Mark, NetworkLine } from './loss.ts';

export class SeriesMemory {
  readonly id: string;
  target: Target;
  readonly connection: Connection;
  /** The states of the rules, by rule name. */
  readonly states: Record<string, unknown> = {};
  /**
   * What the last judged sample shows, over the kind of connection by which the mirror is judged: the mirror serves the
   * item, or the item is absent. `null`: neither, or there is no sample yet.
   */
  item: 'served' | 'absent' | null = null;
  /** True once a sample is settled: its outcome is final. */
  isSettled: boolean = false;
  /**
   * The newest versions that the target resolved to (keys of `Memory.seen`), with the time of the first response,
   * monotonic milliseconds.
   */
  versions: readonly { readonly key: string; readonly atMs: number }[] = [];
  /** The location of the target's artifact, as the last index response stated it; absent: not known. */
  artifact?: StatedArtifact;
  /** When the series' row was last written, monotonic milliseconds; `null` before the first time. */
  writtenAtMs: number | null = null;
  /** The number of rows that this process has written. */
  rowsWritten: number = 0;

  constructor(target: Target, connection: Connection) {
    this.id = seriesId(target, connection);
    this.target = target;
    this.connection = connection;
  }
}

/**
 * The location of an artifact, as an index stated it. `version`: the resolved version. `at`: the location, as in
 * `Facts.artifact`. `isUnproven`: the location changed and was not probed since. `movedMs`: when the location changed,
 * monotonic milliseconds.
 */
export interface StatedArtifact {
  readonly version: string;
  readonly at: string;
  readonly isUnproven: boolean;
  readonly movedMs: number;
}

/**
 * The doubt of a mirror: targets that failed after a success, while the failure is not confirmed yet. Times are
 * monotonic milliseconds.
 */
export interface Doubt {
  readonly sinceMs: number;
  untilMs: number;
  /** No confirming probe times out before this time. */
  readonly patientUntilMs: number;
  /** The longest round trip of light responses and first bytes since the doubt began, milliseconds. */
  slowestMs: number;
  /** The targets in doubt (with an unconfirmed failure), by id; never empty. */
  readonly targets: Map<string, Target>;
  /**
   * Start of the last concurrent probes that did not blame our network; `null`: none. Samples that ended before this
   * time are settled.
   */
  clearedMs: number | null;
}

class Sight {
  /** When the canary was last ok, and when it was last judged. Wall milliseconds. */
  lastOkAtMs: number | null = null;
  lastJudgedAtMs: number | null = null;
  /** When the canary was last judged, monotonic milliseconds. */
  judgedMonotonicMs: number | null = null;
  /** True if the last judged sample of the canary was ok. */
  canaryServes: boolean = false;
  lastOkRttMs: number | null = null;
  /** The last slow response of any status: its end, monotonic milliseconds, and its round trip; `null`: none. */
  slow: { readonly endedMs: number; readonly rttMs: number } | null = null;
  /** True if a sample was ok since the daemon started. Also true if a restored row shows a recent success. */
  hasOk: boolean = false;
  /** True if the canary was probed since the daemon started. */
  wasProbed: boolean = false;
  /**
   * Since when a failure on our side (of the resolver or this machine) prevents results about the canary, wall
   * milliseconds; `null`: there is none now.
   */
  blindSinceMs: number | null = null;
  /** Why the last due canary probe was skipped; `null`: none was skipped since the last judged sample. */
  lastSkip: Skipped['because'] | null = null;
  /**
   * The planned time of the last scheduled canary probe, monotonic milliseconds. `plannedGapMs`: the widest gap between
   * two such times in succession.
   */
  lastPlannedMs: number | null = null;
  plannedGapMs: number | null = null;
}

/** `writtenAtMs`: when the row was last written; `null`: never, or the row is due now. */
export interface RowState {
  isDirty: boolean;
  writtenAtMs: number | null;
}

export class MirrorMemory {
  mirror: Mirror;
  readonly egress: string;
  readonly roundKey: string;
  canary: Target | null = null;
  /** How many modules have a target for the canary's step. */
  modules: number = 0;
  doubt: Doubt | null = null;
  /**
   * Why the mirror is not probed. Kept when a reload replaces the mirror, because pauses and maintenance belong to the
   * mirror's name.
   */
  readonly absence: Absence;
  /** Probes that started before this time went to the replaced mirror; monotonic milliseconds. */
  readonly sinceMs: number;
  readonly density = new Density();
  readonly sight = new Sight();
  readonly line: NetworkLine = { respondedFromMs: null, marks: [], address: null };
  /** The states of the rules, by rule name. */
  readonly states = new Map<string, unknown>();
  readonly series = new Map<string, SeriesMemory>();
  /** The steps that have had a series. */
  readonly steps = new Set<Step>();
  readonly row: RowState = { isDirty: false, writtenAtMs: null };

  constructor(mirror: Mirror, replaced?: { readonly absence: Absence; readonly atMs: number }) {
    this.mirror = mirror;
    this.absence = replaced?.absence ?? new Absence();
    this.sinceMs = replaced?.atMs ?? Number.NEGATIVE_INFINITY;
    this.egress = egressOf(mirror);
    this.roundKey = roundKeyOf(mirror);
  }
}

/** `known`: the control has responded since the daemon started. */
export interface ControlMemory {
  readonly up: boolean | null;
  readonly known: boolean;
  readonly marks: readonly Mark[];
}

/**
 * The suspicion that our network fails over one egress (proxy, resolver and address family). Times are monotonic
 * milliseconds, except `sinceWallMs`.
 */
export interface Suspicion {
  readonly sinceMs: number;
  readonly sinceWallMs: number;
  /**
   * The numbers of responses and failures of each mirror since `patternSinceMs`, the start of the current review
   * period.
   */
  pattern: ReadonlyMap<string, { readonly responded: number; readonly failed: number }>;
  patternSinceMs: number;
  /** True if our own network loses packets. */
  isLoss: boolean;
  /** The key of the round whose probes show when the suspicion against our network ends. */
  readonly roundKey: string;
  /** The mirrors that were in doubt (with an unconfirmed failure) when the suspicion began. */
  readonly doubted: ReadonlySet<string>;
}

interface Place<M> {
  readonly name: string;
  readonly none: () => M;
}

interface SeriesPlace<S> {
  readonly name: string;
  readonly noneOfSeries?: S;
}

/** A rule's state for a mirror or for this daemon. It is created at first use. */
export function stateOf<M>({ name, none }: Place<M>, { states }: Pick<MirrorMemory, 'states'>): M {
  return getOrMake(states, name, none) as M;
}

export function seriesStateOf<S>({ name, noneOfSeries }: SeriesPlace<S>, { states }: Pick<SeriesMemory, 'states'>): S {
  return (states[name] ?? noneOfSeries) as S;
}

/** The key of a round (the confirming probes of interchangeable mirrors): the ecosystem and the upstream. */
export function roundKeyOf(mirror: Pick<Mirror, 'ecosystem' | 'upstream'>): string {
  return `${mirror.ecosystem}|${mirror.upstream}`;
}

export function mirrorsOf({ mirrors }: { readonly mirrors: ReadonlyMap<string, MirrorMemory> }, key: string) {
  return mirrors.values().filter((mirror) => mirror.roundKey === key);
}

/** The kind of connection that a mirror is judged by: `cold` if configured (a CI job connects anew), else `warm`. */
export function primaryConnectionOf(mirror: Pick<Mirror, 'connections'>): Connection {
  return mirror.connections.includes('cold') || mirror.connections.length === 0 ? 'cold' : 'warm';
}

export function seriesOf({ series, steps }: MirrorMemory, target: Target, connection: Connection): SeriesMemory {
  steps.add(target.step);
  return getOrMake(series, seriesId(target, connection), () => new SeriesMemory(target, connection));
}

export function canarySeriesOf(mirror: MirrorMemory): SeriesMemory | null {
  return mirror.canary === null ? null : seriesOf(mirror, mirror.canary, 'cold');
}
