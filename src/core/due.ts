import type { Connection, Target } from './mirror.ts';
import type { HttpProtocol } from './transcript.ts';

/**
 * The purpose of a probe. `scheduled`: at its pace. `confirm`: in a confirming round (not in any histogram, baseline or
 * SLO counter). `recheck`: a second probe after a wrong hash. `peek`: the first bytes of an artifact, not judged, may
 * cause a recheck. `build`: one of several concurrent requests over the connection of another probe, judged only with
 * them. `once`: by hand on the command line.
 */
export type Purpose = 'scheduled' | 'confirm' | 'recheck' | 'peek' | 'build' | 'once';

/** Concurrent probes of one mirror as streams of one HTTP/2 connection, as a client's build sends them. */
export interface BuildPlace {
  readonly id: string;
  /** The number of its probes: the one that connects (`scheduled`, cold) and its companions (`build`, warm). */
  readonly size: number;
}

/** One probe that is to start now. */
export interface Due {
  /** Unique over restarts; the exemplar's label and the id of `GET /api/v1/probes/:id`. At most 32 characters `[0-9a-z-]`. */
  readonly probeId: string;
  readonly target: Target;
  readonly connection: Connection;
  readonly purpose: Purpose;
  /** The limit of the timed part, milliseconds, > 0. Asides have limits of their own: see `limits.asideTimeouts`. */
  readonly timeoutMs: number;
  /** Planned start on the monotonic clock; start minus this is the schedule delay. */
  readonly plannedAtMs: number;
  /** The confirming round and moment it belongs to; `null` outside rounds. */
  readonly round: { readonly id: string; readonly moment: number } | null;
  /** The address family to use where the name has it; absent: the resolver's first address. */
  readonly family?: 4 | 6;
  /** The only HTTP version to use; absent: those that the ecosystem's clients offer. */
  readonly protocol?: HttpProtocol;
  /** The build it belongs to; absent: none. */
  readonly build?: BuildPlace;
}

/** An order to probe one question at several mirrors together: again after an odd response, or for a periodic download. */
export interface LookOrder {
  readonly registry: string;
  /** The target to probe at `registry`. */
  readonly target: Target;
  /** The other mirrors to probe; `null`: all that have such a target. */
  readonly registries: readonly string[] | null;
  /** How long the probes are repeated, milliseconds; 0: one probe of each mirror. */
  readonly forMs: number;
  /** The time between two probes of the target, milliseconds. */
  readonly stepMs: number;
  /** A decision is near: the probes may exceed the usual budget. */
  readonly isUrgent: boolean;
  /** True: only the first bytes of an artifact are read. */
  readonly isPeek: boolean;
}

/** A slot that passed without a probe, and why: counted as unknown, or as an overrun of the probe before it. */
export interface Skipped {
  readonly target: Target;
  readonly connection: Connection;
  readonly because: 'paused' | 'over_budget' | 'overrun' | 'throttled' | 'maintenance' | 'local';
  readonly count: number;
}

/** A probe of one control: is this host online? */
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
  /** Why there was no response, as a short code (`ECONNREFUSED`, `timeout`); `null` if there was one. */
  readonly code: string | null;
  readonly at: { readonly wallMs: number; readonly monotonicMs: number };
}
