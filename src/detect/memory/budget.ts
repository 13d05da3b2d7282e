import { limits } from '../../core/limits.ts';

/**
 * Tokens for unplanned probes; each probe takes one. If `tokens` is too small, urgent orders may use `urgent`, and
 * probes of first bytes may use `peeks`.
 */
export interface Budget {
  readonly tokens: number;
  readonly urgent: number;
  readonly peeks: number;
}

export const startBudget: Budget = {
  tokens: limits.roundTokensStart,
  urgent: limits.roundUrgentFactor * limits.roundTokensStart,
  peeks: 0,
};

/** The budget after one more settled scheduled sample, which earns tokens. */
export function addTokens({ tokens, urgent, peeks }: Budget): Budget {
  const { roundTokensShare, roundTokensMax, roundUrgentFactor, peekTokensShare, peekTokensMax } = limits;
  return {
    peeks: Math.min(peekTokensMax, peeks + peekTokensShare),
    tokens: Math.min(roundTokensMax, tokens + roundTokensShare),
    urgent: Math.min(roundUrgentFactor * roundTokensMax, urgent + roundUrgentFactor * roundTokensShare),
  };
}

/** The budget that remains after `requests` probes; `null`: the budget is too small for them. */
export function spend(budget: Budget, requests: number, isUrgent: boolean): Budget | null {
  if (budget.tokens >= requests) return { ...budget, tokens: budget.tokens - requests };
  if (isUrgent && budget.urgent >= requests) return { ...budget, urgent: budget.urgent - requests };
  return null;
}

/** The budget that remains after one peek (a probe of first bytes); `null`: the budget is too small for it. */
export function spendForPeek(budget: Budget): Budget | null {
  if (budget.tokens > limits.roundTokensKeptOfPeeks) return spend(budget, 1, false);
  return budget.peeks < 1 ? null : { ...budget, peeks: budget.peeks - 1 };
}
