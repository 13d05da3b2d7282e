import type { Connection, Target } from './mirror.ts';
import type { HttpProtocol } from './transcript.ts';

/**
 * `recheck`: out of turn, by order or after a wrong hash. `build`: beside others over one connection, judged only
 * with them. `once`: by hand on the command line.
 */
export type Purpose = 'scheduled' | 'confirm' | 'recheck' | 'peek' | 'build' | 'once';

/** Concurrent probes over one HTTP/2 connection, as a client's build sends them. */
export interface BuildPlace {
  readonly id: string;
  /** The number of probes: one that connects (`scheduled`, cold), and others (`build`, warm). */
  readonly size: number;
}

/** One probe that is to start now. */
export interface Due {
  /** Unique over restarts, at most 32 characters `[0-9a-z-]`. */
  readonly probeId: string;
  readonly target: Target;
  readonly connection: Connection;
  readonly purpose: Purpose;
  /** Of the timed part, milliseconds, > 0. Asides: see `limits.asideTimeouts`. */
  readonly timeoutMs: number;
  /** Planned start, monotonic. */
  readonly plannedAtMs: number;
  /** The confirming round and its moment; `null`: none. */
  readonly round: { readonly id: string; readonly moment: number } | null;
  /** Preferred address family, if the mirror's access sets none; absent: no preference. */
  readonly family?: 4 | 6;
  /** The only HTTP version to use; absent: those that the ecosystem's clients offer. */
  readonly protocol?: HttpProtocol;
  readonly build?: BuildPlace;
}

/** An order to probe one question at several mirrors together. */
export interface LookOrder {
  readonly registry: string;
  readonly target: Target;
  /** The other mirrors; `null`: all with such a target. */
  readonly registries: readonly string[] | null;
  /** How long probes are repeated, milliseconds; 0: once. */
  readonly forMs: number;
  /** Between two probes of the target, milliseconds. */
  readonly stepMs: number;
  /** The probes may exceed the usual budget. */
  readonly isUrgent: boolean;
  /** True: only the first bytes of an artifact are read. */
  readonly isPeek: boolean;
}

/** Planned probes that did not run, and why. */
export interface Skipped {
  readonly target: Target;
  readonly connection: Connection;
  readonly because: 'paused' | 'over_budget' | 'overrun' | 'throttled' | 'maintenance' | 'local';
  readonly count: number;
}

/** A probe of one control. */
export interface ControlDue {
  readonly name: string;
  readonly url: string;
  readonly timeoutMs: number;
}

/** The result of a control. `latencyMs` is `null` without a response. */
export interface ControlAnswer {
  readonly name: string;
  readonly answered: boolean;
  readonly latencyMs: number | null;
  /** Why there was no response (`ECONNREFUSED`, `timeout`); `null` if there was one. */
  readonly code: string | null;
  readonly at: { readonly wallMs: number; readonly monotonicMs: number };
}
