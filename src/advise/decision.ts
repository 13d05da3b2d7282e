import type { Advice, AdviceCause, Refusal } from '../core/advice.ts';
import type { Finding } from '../core/finding.ts';
import type { Mirror } from '../core/mirror.ts';
import type { Bypass, Chain } from '../ecosystems/client.ts';
import type { Apart } from './apart.ts';
import type { Alarm } from './comparison/pair.ts';
import type { Prices } from './prices.ts';
import type { Weighed } from './weigh.ts';

export interface Decided {
  readonly cause: AdviceCause;
  readonly findings: readonly Finding[];
  readonly at: Mirror;
  readonly weighed: readonly Weighed[];
}

export interface MoveDecision extends Decided {
  readonly kind: 'move';
  readonly alarm: Alarm | null;
  /** The times that the test compared which chose the switch; `null`: no test of times chose it. */
  readonly tested: Apart | null;
  readonly to: Weighed;
  readonly after: Chain;
  /** The costs at both mirrors, as in `weighed`; `null`: the switch was not chosen by cost. */
  readonly prices: Prices | null;
  /** The confidence of the proposal that this switch corrects, which the correction keeps; absent: no correction. */
  readonly before?: Advice['confidence'];
}

/** The fields of a switch that no test of times or failures chose. */
export const untested = { kind: 'move', alarm: null, tested: null, prices: null } as const;

/** A refusal: no mirror can be advised although a switch is needed, or our own network is suspect. */
export interface Refused extends Decided {
  readonly kind: 'refuse';
  readonly refusal: Refusal;
  /** The mirrors that fail only because they pass on failures of the upstream. */
  readonly faults: readonly string[];
  readonly stranded: readonly string[];
}

/**
 * A decision to set a client setting that avoids HTTP/2, or to remove that setting.
 * @see docs/decisions/0051-the-clients-own-switch.md
 */
export interface BypassDecision extends Decided {
  readonly kind: 'bypass';
  /** `outage` sets the client setting, `failback` removes it. */
  readonly cause: 'outage' | 'failback';
  readonly bypass: Bypass;
  readonly after: Chain;
  /** Why a setting is advised instead of another mirror; `null` if the decision removes the setting. */
  readonly refusal: Refusal | null;
  readonly faults: readonly string[];
}

/**
 * `none`: there is no reason to leave the head, or the head is not monitored. `wait`: there is a reason, but no advice
 * now.
 */
export type Decision = { readonly kind: 'none' } | { readonly kind: 'wait' } | MoveDecision | BypassDecision | Refused;

/** A decision from which advice is composed. */
export type Composed = MoveDecision | Refused | BypassDecision;
