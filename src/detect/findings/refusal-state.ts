import type { OutageRule } from '../../core/config.ts';
import { type Outcome, type Reason, reasonWeight } from '../../core/failure.ts';
import { limits } from '../../core/limits.ts';

export interface RefusalState {
  readonly isOpen: boolean;
  readonly refusals: number;
  /** End of the first refused probe of the streak (refusals in a row) or open finding, monotonic milliseconds. */
  readonly fromMs: number | null;
  /** The sum of all `Retry-After` values in the streak (refusals in a row) or open finding, milliseconds. */
  readonly wishMs: number;
  readonly oks: number;
  readonly reason: Reason | null;
  readonly status: number | null;
  readonly probeIds: readonly string[];
}

export const noRefusal: RefusalState = {
  isOpen: false,
  refusals: 0,
  fromMs: null,
  wishMs: 0,
  oks: 0,
  reason: null,
  status: null,
  probeIds: [],
};

/**
 * The reason of the refusal in an outcome; `null`: no refusal. An absent item is a refusal only if another mirror of
 * the upstream serves it.
 */
export function refusalOf(outcome: Outcome, siblingServesIt: boolean): Reason | null {
  if (outcome.tag !== 'failed') return null;
  const { kind } = outcome.failure;
  if (reasonWeight[kind] !== 'refusal') return null;
  return kind === 'absent' && !siblingServesIt ? null : kind;
}

function wishMsOf(outcome: Outcome): number {
  if (outcome.tag !== 'failed' || outcome.failure.kind !== 'throttled') return 0;
  return outcome.failure.retryAfterMs ?? 0;
}

/**
 * The state after one more sample of a target.
 * @see docs/detection.md#rules-of-findings
 */
export function updateRefusal(
  state: RefusalState,
  result: {
    readonly outcome: Outcome;
    readonly refusal: Reason | null;
    /** True if the mirror may still serve another step, which a probe will show. */
    readonly mayBeChance: boolean;
    readonly probeId: string;
    readonly endedMs: number;
  },
  rule: OutageRule,
): RefusalState {
  const { outcome } = result;
  if (outcome.tag === 'ok') {
    const oks = state.oks + 1;
    return state.isOpen && oks < rule.close ? { ...state, oks } : noRefusal;
  }
  if (result.refusal === null || outcome.tag !== 'failed') return state;
  const fromMs = state.fromMs ?? result.endedMs;
  const refusals = state.refusals + 1;
  const wishMs = state.wishMs + wishMsOf(outcome);
  const isRow = refusals >= rule.open && result.endedMs - fromMs >= rule.overMs;
  const isChance = result.mayBeChance && refusals === 1 && wishMs < limits.refusalLongMs;
  return {
    isOpen: state.isOpen || isRow || (wishMs >= limits.refusalWishMs && !isChance),
    refusals,
    fromMs,
    wishMs,
    oks: 0,
    reason: result.refusal,
    status: 'status' in outcome.failure ? outcome.failure.status : null,
    probeIds: [...state.probeIds, result.probeId].slice(-limits.findingProbes),
  };
}
