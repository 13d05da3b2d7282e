import type { Connection } from './mirror.ts';
import type { Target } from './target.ts';
import type { HttpProtocol } from './transcript.ts';

/**
 * Why a probe is made. `scheduled` at its pace; `confirm` inside a confirming round (enters no histogram, baseline or
 * SLO counter); `recheck` a second look at a wrong hash; `peek` the first bytes of an artifact, which judges nothing and
 * is a reason to look; `build` one of several requests at once over the connection of another probe, judged with them
 * alone; `once` by hand from the command line.
 */
export type Purpose = 'scheduled' | 'confirm' | 'recheck' | 'peek' | 'build' | 'once';

/** Several probes of one mirror as streams of one HTTP/2 connection at once, as a client's build requests them. */
export interface BuildPlace {
  readonly id: string;
  /** Its probes: the one that connects (`scheduled`, cold) and its companions (`build`, warm). */
  readonly size: number;
}

/** One probe that is to start now. */
export interface Due {
  /** Unique over restarts; the exemplar's label and the id of `GET /api/v1/probes/:id`. At most 32 characters `[0-9a-z-]`. */
  readonly probeId: string;
  readonly target: Target;
  readonly connection: Connection;
  readonly purpose: Purpose;
  /** The deadline of the probe; asides have one of the same length. Milliseconds, > 0. */
  readonly timeoutMs: number;
  /** Monotonic time at which it was to start; start minus this is the schedule delay. */
  readonly plannedAtMs: number;
  /** Which confirming round it belongs to, and which moment of it; `null` outside rounds. */
  readonly round: { readonly id: string; readonly moment: number } | null;
  /** Asked over this address family where the name has it; absent: the resolver's first answer. */
  readonly family?: 4 | 6;
  /** Asked over this HTTP version alone; absent: what the ecosystem's clients offer. */
  readonly protocol?: HttpProtocol;
  /** The build that it is part of; absent: it goes alone. */
  readonly build?: BuildPlace;
}

/** Asks the same question again of some mirrors, together, because its answer was odd: before it is believed. */
export interface LookOrder {
  readonly registry: string;
  /** What was asked of it. */
  readonly target: Target;
  /** The others that are asked the same; `null`: all that have such a target. */
  readonly registries: readonly string[] | null;
  /** How long, and how often; 0: once. Milliseconds. */
  readonly forMs: number;
  readonly stepMs: number;
  /** A decision is near: may cost more than the usual budget. */
  readonly isUrgent: boolean;
  /** Of an artifact its first bytes alone. */
  readonly isPeek: boolean;
}

/** A slot that passed without a probe, and why: counted as unknown, or as an overrun of its own predecessor. */
export interface Skipped {
  readonly target: Target;
  readonly connection: Connection;
  readonly because: 'paused' | 'over_budget' | 'overrun' | 'throttled' | 'maintenance' | 'local';
  readonly count: number;
}

/** Asks one control whether we are online. */
export interface ControlDue {
  readonly name: string;
  readonly url: string;
  readonly timeoutMs: number;
}

/** What a control said. `latencyMs` is `null` when it did not answer. */
export interface ControlAnswer {
  readonly name: string;
  readonly answered: boolean;
  readonly latencyMs: number | null;
  /** Why not, as a short code (`ECONNREFUSED`, `timeout`); `null` when it answered. */
  readonly code: string | null;
  readonly at: { readonly wallMs: number; readonly monotonicMs: number };
}
