import type { Advice, AdviceCause, Candidate, Gate } from './advice.ts';
import type { Upstream } from './mirror.ts';
import type { Sentence } from './result.ts';
import type { MirrorState } from './standing.ts';

/**
 * Why a failback (the switch back to home) is not due. `wait`: the wait since the last switch is not over. `responses`:
 * too few good responses in a row. `failing`: home fails now. `hourly`: it fails in most hours. `spells`: it is slow
 * again and again. `alert`: an alert of another system names it. `slower`, `failures`: it is worse than the mirror in
 * use. `recent`: its last failures are recent. `downloads`: too few downloads succeeded.
 */
export type Obstacle =
  | 'alert'
  | 'wait'
  | 'responses'
  | 'failing'
  | 'slower'
  | 'recent'
  | 'failures'
  | 'downloads'
  | 'hourly'
  | 'spells';

/** Why no switch to a mirror is advised now. */
export type Blocker =
  /** Our own network is suspect. */
  | { readonly kind: 'own_network' }
  /**
   * The gate excludes the mirror. `why`: the reason for its state; `null`: the gate says it. `lacks`: the capabilities
   * that it lacks, with gate `capability`.
   */
  | {
      readonly kind: 'gate';
      readonly gate: Gate;
      readonly why: Sentence | null;
      readonly lacks?: readonly string[];
    }
  /** An operator dismissed the switch until this wall time, milliseconds. */
  | { readonly kind: 'dismissed'; readonly cause: AdviceCause; readonly untilMs: number }
  /** The mirror does not work now. */
  | { readonly kind: 'failing' }
  /** No test has passed its bound, or not by enough. `sum` of `bound`; `null`: nothing is compared yet. */
  | { readonly kind: 'evidence'; readonly sum: number | null; readonly bound: number | null }
  /** The switch waits until downloads are measured. */
  | { readonly kind: 'downloads' }
  /** The switch waits some seconds until it is known what fails. */
  | { readonly kind: 'in_doubt' }
  /** A build or a fetch costs no less there. */
  | { readonly kind: 'dearer' }
  /** The head must be slow for this time, milliseconds, because leaving it was a loss before. */
  | { readonly kind: 'spell'; readonly holdMs: number }
  /** Another candidate is cheaper, or preferred at the same cost. */
  | { readonly kind: 'cheaper'; readonly than: string }
  /** A failback is not due. `good`: the number of good responses that are missing. */
  | { readonly kind: 'home'; readonly obstacle: Obstacle; readonly good: number };

/** Why clients stay although their mirror has a fault. */
export type Stay =
  /** Clients skip the mirror, and lose this time a request, seconds. */
  | { readonly kind: 'passed_over'; readonly lostSeconds: number }
  | { readonly kind: 'waiting'; readonly holdMs: number }
  | { readonly kind: 'dismissed'; readonly to: string; readonly cause: AdviceCause; readonly untilMs: number };

export interface MirrorVerdict extends Candidate {
  readonly state: MirrorState;
  /** Since when it has this state, wall milliseconds; absent: the record is not stored. */
  readonly sinceMs?: number;
  /** The canary probes of the last `seconds`: `all` with a verdict, and `failed` of them. */
  readonly probes: { readonly all: number; readonly failed: number; readonly seconds: number };
  /** The share of failed requests that the cost contains, 0 to 1. */
  readonly failedShare: number;
  /** Why no switch to this mirror is advised; `null`: it is the head, or nothing speaks against the switch. */
  readonly blocker: Blocker | null;
  /**
   * An item that a configured lock file needs and the mirror withholds by a policy of its operator, as `module@version`.
   * Absent: none is known.
   */
  readonly withheld?: string;
}

/** All that is decided about one upstream in one turn. What is said about advice is a text of this record. */
export interface UpstreamVerdict extends Upstream {
  /** When the record was made, wall milliseconds. */
  readonly atMs: number;
  /** The first mirror of the advised chain; `null`: it is not monitored. */
  readonly head: string | null;
  /** The first mirror of the declared chain; `null`: it is not monitored. */
  readonly home: string | null;
  /** All mirrors, the best first. Mirrors that may not be advised come last. */
  readonly mirrors: readonly MirrorVerdict[];
  /** The open and the accepted advice, in this order. */
  readonly advice: readonly Pick<Advice, 'id' | 'state' | 'phase' | 'cause' | 'from' | 'to' | 'newClients'>[];
  /** Why clients stay although the head has a fault; `null`: it has none, or advice is open. */
  readonly stay: Stay | null;
  /** Why clients that follow accepted advice do not go back to `home` yet; `null`: they do not, or the way is open. */
  readonly back: Blocker | null;
}
