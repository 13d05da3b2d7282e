import { limits } from '../../core/limits.ts';

/**
 * Tokens for unplanned probes; each probe takes one. If `tokens` is too small, urgent orders may use `urgent`, and
 * probes of first bytes may use `peeks`.
 */
export class Budget {
  tokens: number = limits.roundTokensStart;
  urgent: number = limits.roundUrgentFactor * limits.roundTokensStart;
  peeks: number = 0;

  /** Adds the tokens that one more settled scheduled sample earns. */
  earn(): void {
    const { roundTokensShare, roundTokensMax, roundUrgentFactor, peekTokensShare, peekTokensMax } = limits;
    this.peeks = Math.min(peekTokensMax, this.peeks + peekTokensShare);
    this.tokens = Math.min(roundTokensMax, this.tokens + roundTokensShare);
    this.urgent = Math.min(roundUrgentFactor * roundTokensMax, this.urgent + roundUrgentFactor * roundTokensShare);
  }

  /** True if the budget is large enough for `requests` probes. */
  canPay(requests: number, isUrgent: boolean): boolean {
    return this.tokens >= requests || (isUrgent && this.urgent >= requests);
  }

  /** Takes the tokens of `requests` probes. Returns false, and takes none, if the budget is too small. */
  pay(requests: number, isUrgent: boolean): boolean {
    if (!this.canPay(requests, isUrgent)) return false;
    if (this.tokens >= requests) this.tokens -= requests;
    else this.urgent -= requests;
    return true;
  }

  /** Takes the token of one peek (a probe of first bytes). Returns false if the budget is too small. */
  payPeek(): boolean {
    if (this.tokens > limits.roundTokensKeptOfPeeks) return this.pay(1, false);
    if (this.peeks < 1) return false;
    this.peeks -= 1;
    return true;
  }
}
