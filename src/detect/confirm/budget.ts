import { limits } from '../../core/limits.ts';

/**
 * The budget of unplanned probes, one token each. Canary doubts are free; doubts of other targets and looks pay. Urgent
 * orders may use a second budget, `limits.roundUrgentFactor` times as large, while the first is too small.
 */
export interface Budget {
  readonly tokens: number;
  readonly urgent: number;
  /** Tokens for peeks only. */
  readonly peeks: number;
}

/** The budget after a start: enough for a few rounds. */
export const startBudget: Budget = {
  tokens: limits.roundTokensStart,
  urgent: limits.roundUrgentFactor * limits.roundTokensStart,
  peeks: 0,
};

/** The budget after one more settled scheduled sample, which adds `limits.roundTokensShare` (design.md section 5.1). */
export function addTokens({ tokens, urgent, peeks }: Budget): Budget {
  const { roundTokensShare, roundTokensMax, roundUrgentFactor, peekTokensShare, peekTokensMax } = limits;
  return {
    peeks: Math.min(peekTokensMax, peeks + peekTokensShare),
    tokens: Math.min(roundTokensMax, tokens + roundTokensShare),
    urgent: Math.min(roundUrgentFactor * roundTokensMax, urgent + roundUrgentFactor * roundTokensShare),
  };
}

/** The budget after `asks` probes; `null` where it is too small for all of them. */
export function spend(budget: Budget, asks: number, isUrgent: boolean): Budget | null {
  if (budget.tokens >= asks) return { ...budget, tokens: budget.tokens - asks };
  if (isUrgent && budget.urgent >= asks) return { ...budget, urgent: budget.urgent - asks };
  return null;
}

/**
 * The budget after one peek: from the shared budget if enough is left for looks, else from the peeks' own, so that
 * peeks do not stop after a few looks. `null` where both are too small.
 */
export function spendForPeek(budget: Budget): Budget | null {
  if (budget.tokens > limits.roundTokensKeptOfPeeks) return spend(budget, 1, false);
  return budget.peeks < 1 ? null : { ...budget, peeks: budget.peeks - 1 };
}
