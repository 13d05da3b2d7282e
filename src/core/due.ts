import type { Connection, Control, Target } from './mirror.ts';
import type { HttpProtocol } from './transcript.ts';

/**
 * Why a probe runs. `scheduled`: by the schedule; `confirm`: in a round, at the same times as at other mirrors, to
 * confirm a failure or to recheck a light request; `recheck`: once more outside a round, after a wrong hash, a slow
 * download or a failed peek; `peek`: to read only the first bytes of an artifact; `build`: with other probes at the
 * same time over one connection; `once`: for the command line, or after a client run.
 */
export type Purpose = 'scheduled' | 'confirm' | 'recheck' | 'peek' | 'build' | 'once';

/** The build that a probe is part of: concurrent probes over one HTTP/2 connection. */
export interface BuildPlace {
  readonly id: string;
  /**
   * The number of probes in the build. One probe has the purpose `scheduled` and opens the connection; the other probes
   * have the purpose `build`.
   */
  readonly size: number;
}

export interface Due {
  /** The id of the probe, unique across restarts: at most 32 characters of `[0-9a-z-]`. */
  readonly probeId: string;
  readonly target: Target;
  readonly connection: Connection;
  readonly purpose: Purpose;
  /**
   * Time limit, > 0, for all requests of the probe together. Aside (preliminary) requests have their own limit
   * (`limits.asideTimeouts`).
   */
  readonly timeoutMs: number;
  /** For a download: the probe also times out if no byte arrives for this time. Absent: no such timeout. */
  readonly idleMs?: number;
  /** When the probe was planned to start, monotonic milliseconds. */
  readonly plannedAtMs: number;
  /**
   * The round that the probe belongs to: repeated probes of an upstream's mirrors, to confirm a failure or to recheck.
   * Probes of one round with the same `moment` are sent at the same time. `null`: the probe is in no round.
   */
  readonly round: { readonly id: string; readonly moment: number } | null;
  /** The preferred address family if the mirror's configuration sets none; absent: no preference. */
  readonly family?: 4 | 6;
  /** The only HTTP version to use; absent: all versions of the mirror's access. */
  readonly protocol?: HttpProtocol;
  readonly build?: BuildPlace;
  /** A digest of the location that the last index gave for the artifact (`Facts.artifact.at`); absent: not known. */
  readonly artifactAt?: string;
}

/**
 * An order to probe a target outside the schedule. Unless it is a peek (`isPeek`), other mirrors are probed for the
 * same module and step at the same times, for comparison.
 */
export interface RecheckOrder {
  readonly registry: string;
  readonly target: Target;
  /** The other mirrors to probe; `null`: all mirrors that have this step of the module. */
  readonly registries: readonly string[] | null;
  /** How long probes are repeated, milliseconds; 0: once. */
  readonly forMs: number;
  readonly stepMs: number;
  /** True: the probes may exceed the usual budget of probes outside the schedule. */
  readonly isUrgent: boolean;
  /** True: only the first bytes of the artifact are read, and no other mirror is probed. */
  readonly isPeek: boolean;
}

/** An order to probe that was not carried out. */
export interface Declined {
  readonly order: RecheckOrder;
  /** False if the target is not configured. The same order can then never be carried out. */
  readonly isKnown: boolean;
}

export interface Skipped extends Pick<Due, 'target' | 'connection'> {
  readonly because: 'paused' | 'over_budget' | 'overrun' | 'throttled' | 'maintenance' | 'local';
  readonly count: number;
}

export interface ControlDue extends Control {
  readonly timeoutMs: number;
}

/** The result of one probe of a control. */
export interface ControlResponse {
  readonly name: string;
  readonly answered: boolean;
  /** The time until the response; `null`: there was no response. */
  readonly latencyMs: number | null;
  /** Why there was no response (`ECONNREFUSED`, `timeout`); `null`: there was a response. */
  readonly code: string | null;
  readonly at: { readonly wallMs: number; readonly monotonicMs: number };
}

/** The limits of a pending probe. `doubt`: the mirror's canary is probed at once. `late`: the probe counts as bad. */
export type PendingLimit = 'doubt' | 'late';
