import type { OutageRule } from '../../core/config.ts';
import { type Outcome, type Reason, reasonWeight } from '../../core/failure.ts';
import type { Finding } from '../../core/finding.ts';
import { limits } from '../../core/limits.ts';
import type { Sentence } from '../../core/sentence.ts';
import type { Step, Target } from '../../core/target.ts';
import { phrase, told } from '../../words/tell.ts';
import { isDown } from './roll-up.ts';
import { canaryFirst, type Says, scopeOf } from './says.ts';

/** How often in a row a target was refused, and whether that is a finding. */
export interface RefusalState {
  readonly isOpen: boolean;
  readonly refusals: number;
  /** When the first of the row ended, monotonic milliseconds; `null` without a row. */
  readonly fromMs: number | null;
  readonly oks: number;
  readonly reason: Reason | null;
  readonly probeIds: readonly string[];
}

/** A target that nobody refuses. */
export const noRefusal: RefusalState = {
  isOpen: false,
  refusals: 0,
  fromMs: null,
  oks: 0,
  reason: null,
  probeIds: [],
};

/**
 * The refusal an outcome is, or `null`: throttled, denied, status or a refused client certificate; and absent, while a
 * sibling serves the same thing (where nobody does, it does not exist).
 */
export function refusalOf(outcome: Outcome, siblingServesIt: boolean): Reason | null {
  if (outcome.tag !== 'failed') return null;
  const { kind } = outcome.failure;
  if (reasonWeight[kind] !== 'refusal') return null;
  return kind === 'absent' && !siblingServesIt ? null : kind;
}

/** True for a wish to be left alone for longer than a minute: that is a refusal at once, nobody need ask again. */
function isLongWish(outcome: Outcome): boolean {
  if (outcome.tag !== 'failed' || outcome.failure.kind !== 'throttled') return false;
  return (outcome.failure.retryAfterMs ?? 0) > limits.refusalWishMs;
}

/**
 * Judges one sample of a target: opens at `rule.open` refusals in a row that span `rule.overMs`, or at a long
 * `Retry-After`; closes after `rule.close` ok ones. Failures of another kind hold both streaks: they are the outage
 * rule's business.
 * @see design.md section 5.2, Refusal
 */
export function judgeRefusal(
  state: RefusalState,
  heard: {
    readonly outcome: Outcome;
    readonly refusal: Reason | null;
    readonly probeId: string;
    readonly endedMs: number;
  },
  rule: OutageRule,
): { readonly state: RefusalState; readonly event: 'opened' | 'closed' | null } {
  if (heard.outcome.tag === 'ok') {
    if (!state.isOpen) return { state: noRefusal, event: null };
    const oks = state.oks + 1;
    return oks >= rule.close ? { state: noRefusal, event: 'closed' } : { state: { ...state, oks }, event: null };
  }
  if (heard.refusal === null) return { state, event: null };
  const fromMs = state.fromMs ?? heard.endedMs;
  const next: RefusalState = {
    ...state,
    refusals: state.refusals + 1,
    fromMs,
    oks: 0,
    reason: heard.refusal,
    probeIds: [...state.probeIds, heard.probeId].slice(-limits.findingProbes),
  };
  const isRow = next.refusals >= rule.open && heard.endedMs - fromMs >= rule.overMs;
  if (state.isOpen || !(isRow || isLongWish(heard.outcome))) return { state: next, event: null };
  return { state: { ...next, isOpen: true }, event: 'opened' };
}

/** One series that is refused. */
export interface RefusedSeries {
  readonly target: Target;
  readonly refusal: RefusalState;
}

/**
 * What the refused series of one mirror come to. It is reason enough to leave where the canary, or its step over half of
 * the modules and at least two, is refused.
 * @param known  the cause the open finding has, which stays; `null` where none is open
 */
export function refusalSays(
  name: string,
  refused: Iterable<RefusedSeries>,
  context: { readonly canaryStep: Step | null; readonly modules: number; readonly known: Finding['cause'] | null },
): Says {
  const all = canaryFirst(refused);
  const [first] = all;
  if (first === undefined) return { tag: 'well', ...told('found.refusal.well', { name }) };
  const needed = all.filter(({ target }) => target.step === context.canaryStep && target.module !== null);
  const refusals = all.reduce((sum, { refusal }) => sum + refusal.refusals, 0);
  const reason = first.refusal.reason ?? 'denied';
  return {
    tag: 'trouble',
    scope: scopeOf(all.map(({ target }) => target)),
    cause: context.known ?? reason,
    evidence: {
      samples: refusals,
      failures: refusals,
      probeIds: all.flatMap(({ refusal }) => refusal.probeIds).slice(0, limits.findingProbes),
    },
    actionable: isDown({
      canaryOut: first.target.canary,
      modulesOut: new Set(needed.map(({ target }) => target.module)).size,
      modules: context.modules,
    }),
    ...(first.target.canary
      ? told('found.refusal', { name, cause: reason, times: timesPhrase(first.refusal.refusals) })
      : told('found.refusalOnly', { name, cause: reason, targets: all.length })),
  };
}

function timesPhrase(count: number): Sentence {
  return phrase('found.times', { count });
}
