import type { Connection, Target } from './mirror.ts';
import type { HttpProtocol } from './transcript.ts';

/**
 * Why a probe runs. `scheduled`: by the schedule; `confirm`: in a confirming round; `recheck`: ordered out of turn;
 * `peek`: to read the first bytes of an artifact; `build`: concurrent with others over one connection; `once`: from the
 * command line, or after a client run.
 */
export type Purpose = 'scheduled' | 'confirm' | 'recheck' | 'peek' | 'build' | 'once';

/** The build that a probe is part of: concurrent probes over one HTTP/2 connection. */
export interface BuildPlace {
  readonly id: string;
  /** The number of probes: one of purpose `scheduled`, which connects, and others of purpose `build`. */
  readonly size: number;
}

export interface Due {
  /** Unique across restarts; at most 32 characters of `[0-9a-z-]`. */
  readonly probeId: string;
  readonly target: Target;
  readonly connection: Connection;
  readonly purpose: Purpose;
  /**
   * Time limit, > 0, for all requests of the probe together except `aside` requests. `limits.asideTimeouts` limits
   * those.
   */
  readonly timeoutMs: number;
  /** For a download: it also times out if no byte arrives for this long. Absent: no such timeout. */
  readonly idleMs?: number;
  /** Monotonic. */
  readonly plannedAtMs: number;
  /** The confirming round of the probe, and the index of its moment in that round; `null`: the probe is in no round. */
  readonly round: { readonly id: string; readonly moment: number } | null;
  /** Preferred address family, if the mirror's access sets none; absent: no preference. */
  readonly family?: 4 | 6;
  /** The only HTTP version to use; absent: those of the mirror's access. */
  readonly protocol?: HttpProtocol;
  readonly build?: BuildPlace;
  /** For an artifact: its location as a digest (`Facts.artifact.at`), from the last index; absent: not known. */
  readonly artifactAt?: string;
}

/**
 * An order to probe a target out of turn. The other mirrors are asked for the same module and step in the same moments.
 */
export interface RecheckOrder {
  readonly registry: string;
  readonly target: Target;
  /** The other mirrors; `null`: all that have this step of the module. */
  readonly registries: readonly string[] | null;
  /** How long probes are repeated, milliseconds; 0: once. */
  readonly forMs: number;
  readonly stepMs: number;
  /** The probes may exceed the usual budget of probes out of turn. */
  readonly isUrgent: boolean;
  /** Only the first bytes of the artifact are read, at `registry` alone. */
  readonly isPeek: boolean;
}

/** An order that was not carried out. */
export interface Declined {
  readonly order: RecheckOrder;
  /** False if the target is not configured. The same order can then never be carried out. */
  readonly isKnown: boolean;
}

export interface Skipped {
  readonly target: Target;
  readonly connection: Connection;
  readonly because: 'paused' | 'over_budget' | 'overrun' | 'throttled' | 'maintenance' | 'local';
  readonly count: number;
}

export interface ControlDue {
  readonly name: string;
  readonly url: string;
  readonly timeoutMs: number;
}

/** The result of one probe of a control. */
export interface ControlResponse {
  readonly name: string;
  readonly answered: boolean;
  /** `null`: no response. */
  readonly latencyMs: number | null;
  /** Why there was no response (`ECONNREFUSED`, `timeout`); `null`: there was one. */
  readonly code: string | null;
  readonly at: { readonly wallMs: number; readonly monotonicMs: number };
}
