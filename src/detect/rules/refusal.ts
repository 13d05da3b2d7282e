import type { OutageRule } from '../../core/config.ts';
import type { Outcome } from '../../core/failure.ts';
import { type Reason, reasonWeight } from '../../core/failure.ts';
import { limits } from '../../core/limits.ts';
import type { Target } from '../../core/target.ts';
import { type Says, scopeOf } from './says.ts';

/** How often in a row the canary was refused, and whether that is a finding. */
export interface RefusalState {
  readonly isOpen: boolean;
  readonly refusals: number;
  readonly oks: number;
  readonly reason: Reason | null;
  readonly probeIds: readonly string[];
}

export const noRefusal: RefusalState = { isOpen: false, refusals: 0, oks: 0, reason: null, probeIds: [] };

/**
 * The refusal an outcome of the canary is, or `null`: throttled, denied, status or a refused client certificate; and
 * absent, while a sibling serves the same thing (where nobody does, it does not exist).
 */
export function refusalOf(outcome: Outcome, siblingServesIt: boolean): Reason | null {
  if (outcome.tag !== 'failed') return null;
  const { kind } = outcome.failure;
  if (reasonWeight[kind] !== 'refusal') return null;
  return kind === 'absent' && !siblingServesIt ? null : kind;
}

/**
 * Judges one canary sample: opens at `rule.open` refusals in a row, closes after `rule.close` ok ones. Failures of
 * another kind hold both streaks: they are the outage rule's business.
 */
export function judgeRefusal(
  state: RefusalState,
  heard: { readonly outcome: Outcome; readonly refusal: Reason | null; readonly probeId: string },
  rule: OutageRule,
): { readonly state: RefusalState; readonly event: 'opened' | 'closed' | null } {
  if (heard.outcome.tag === 'ok') {
    if (!state.isOpen) return { state: noRefusal, event: null };
    const oks = state.oks + 1;
    return oks >= rule.close ? { state: noRefusal, event: 'closed' } : { state: { ...state, oks }, event: null };
  }
  if (heard.refusal === null) return { state, event: null };
  const next: RefusalState = {
    ...state,
    refusals: state.refusals + 1,
    oks: 0,
    reason: heard.refusal,
    probeIds: [...state.probeIds, heard.probeId].slice(-limits.findingProbes),
  };
  if (state.isOpen || next.refusals < rule.open) return { state: next, event: null };
  return { state: { ...next, isOpen: true }, event: 'opened' };
}

/** What an opened refusal says of its mirror. */
export function refusalSays(name: string, target: Target, { reason, refusals, probeIds }: RefusalState): Says {
  if (reason === null) return null;
  return {
    tag: 'trouble',
    scope: scopeOf([target]),
    cause: reason,
    evidence: { samples: refusals, failures: refusals, probeIds },
    actionable: true,
    text: `${name} answers and refuses (${reason}): ${refusals} canary probes in a row.`,
  };
}
