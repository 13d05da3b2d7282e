import { limits } from '../../core/limits.ts';

/**
 * What may be asked outside the plan: one token an ask. Canary doubts are free; the doubt of another target and looks
 * pay. Urgent orders draw on a purse of their own once the first is empty, three times as large.
 */
export interface Budget {
  readonly tokens: number;
  readonly urgent: number;
}

/** The budget after a start: enough for a few rounds. */
export const startBudget: Budget = {
  tokens: limits.roundTokensStart,
  urgent: limits.roundUrgentFactor * limits.roundTokensStart,
};

/** The budget after one more settled scheduled sample: a fifth of an ask (design 5.1). */
export function earn({ tokens, urgent }: Budget): Budget {
  const { roundTokensShare, roundTokensMax, roundUrgentFactor } = limits;
  return {
    tokens: Math.min(roundTokensMax, tokens + roundTokensShare),
    urgent: Math.min(roundUrgentFactor * roundTokensMax, urgent + roundUrgentFactor * roundTokensShare),
  };
}

/** The budget after `asks` more; `null` where it has not enough for all of them. */
export function spend(budget: Budget, asks: number, isUrgent: boolean): Budget | null {
  if (budget.tokens >= asks) return { ...budget, tokens: budget.tokens - asks };
  if (isUrgent && budget.urgent >= asks) return { ...budget, urgent: budget.urgent - asks };
  return null;
}
