import type { Skipped } from '../core/due.ts';
import type { Reason } from '../core/failure.ts';
import type { Connection, Mirror } from '../core/mirror.ts';
import type { Sample } from '../core/sample.ts';
import type { Target } from '../core/target.ts';
import type { Absence } from './absence.ts';
import type { MirrorContents } from './contents/subject.ts';
import type { Density } from './density.ts';
import type { Mark } from './round/loss.ts';
import type { StepTimes } from './rules/cold.ts';
import type { AddressFamily, Detour } from './rules/detour.ts';
import type { OutageState } from './rules/outage.ts';
import type { OtherSpeed, ProtocolFault } from './rules/protocol.ts';
import type { SpeedState } from './rules/speed.ts';

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
  lastOkAtMs: number | null;
  lastJudgedAtMs: number | null;
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
  /** When the last probe began that got any HTTP answer, monotonic milliseconds. */
  answeredFromMs: number | null;
  /** Its answers and silences of the last two minutes. */
  marks: readonly Mark[];
  address: string | null;
  /** What each kind of finding keeps of it, by the kind's name. */
  readonly states: Map<string, unknown>;
  /** One address family does not answer, the other does; `null`: not, or not known. */
  detour: Detour | null;
  /** It fails over one HTTP version; `null`: over none, or none is known. */
  protocolFault: ProtocolFault | null;
  /** How long it took over the other HTTP version, asked since its canary became slow; `null`: not asked, or it is not slow. */
  otherSpeed: OtherSpeed | null;
  /** The family that could not be connected to last, until it answers; `null`: none. */
  failedOver: { readonly family: AddressFamily; readonly reason: Reason; readonly probeId: string } | null;
  /** When it last answered over each family, monotonic milliseconds. */
  readonly answeredOver: Map<AddressFamily, number>;
  /** Answers of the last round over the other family, by target, the newest last. */
  readonly insteadOf: Map<string, Sample>;
  /** It is slow, and so is everything else, or it is out: not told yet. */
  isSpikeHeld: boolean;
  /** When its canary's last outage ended, monotonic milliseconds; `null`: none since the start. */
  backMs: number | null;
  /** What its answers have said of lists, tags and releases. */
  readonly contents: MirrorContents;
  readonly stepTimes: Map<string, StepTimes>;
  readonly series: Map<string, SeriesMemory>;
  readonly out: Set<SeriesMemory>;
  /** Why the last slot of its canary passed without a probe; `null`: it did not. */
  lastSkip: Skipped['because'] | null;
  /** Planned time of the last scheduled canary and the widest gap seen, for paces that a cron expression names. */
  lastPlannedMs: number | null;
  plannedGapMs: number | null;
  isDirty: boolean;
  writtenAtMs: number | null;
}

/** What is known of a control. `known`: it has answered since the start. */
export interface ControlMemory {
  readonly up: boolean | null;
  readonly known: boolean;
  readonly marks: readonly Mark[];
}
