/** The reasons of `paused`: why a due probe was not sent. Both reference pages use them. */
export const notAsked = {
  paused: 'the mirror is paused by an operator, or in doubt (a confirming round replaces its due probes)',
  throttled: 'the mirror sent `Retry-After` or 429',
  maintenance: 'a maintenance window',
} as const;
