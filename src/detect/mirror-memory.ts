import type { Connection, Mirror } from '../core/mirror.ts';
import type { Target } from '../core/target.ts';
import type { Absence } from './absence.ts';
import type { Line, Mark } from './confirm/loss.ts';
import type { Density } from './density.ts';
import type { Families } from './rules/detour.ts';
import type { OutageState } from './rules/outage.ts';
import type { Protocols } from './rules/protocol.ts';
import type { SpeedState } from './rules/speed.ts';
import type { Sight } from './sight.ts';

type Changeable<T> = { -readonly [Key in keyof T]: T[Key] };

/** All that is known of one series: a target over one kind of connection. */
export interface SeriesMemory extends Changeable<SpeedState> {
  readonly id: string;
  target: Target;
  readonly connection: Connection;
  outage: OutageState;
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

/** Series of a mirror that are in outage. */
export interface Outages {
  readonly out: Set<SeriesMemory>;
  /** When its canary's last outage ended, monotonic milliseconds; `null`: none since the start. */
  backMs: number | null;
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
  readonly family: Families;
  readonly protocol: Protocols;
  readonly outages: Outages;
  readonly series: Map<string, SeriesMemory>;
  readonly row: RowState;
}

/** What is known of a control. `known`: it has answered since the start. */
export interface ControlMemory {
  readonly up: boolean | null;
  readonly known: boolean;
  readonly marks: readonly Mark[];
}
