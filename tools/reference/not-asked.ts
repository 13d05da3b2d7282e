/**
 * The reasons of `paused`: why a due probe was not sent. Two pages use these texts: docs/reasons.md and
 * docs/metrics.md.
 */
export const notAsked = {
  paused: 'an operator paused the mirror, or it is in doubt (a confirming round replaces its due probes)',
  throttled: 'the mirror sent `Retry-After` or 429, and the wait is not over',
  maintenance: 'a maintenance window is active',
} as const;
