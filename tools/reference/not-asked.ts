/** What the one word `paused` of `because` stands for: why a mirror was not asked on purpose. Both reference pages say it by this. */
export const notAsked = {
  paused:
    'the mirror is paused by hand, or in doubt: a confirming round asks instead of its due probes, and an outage of some minutes skips dozens of them',
  throttled: 'the mirror asked us to stay away (`Retry-After`, 429)',
  maintenance: 'a maintenance window',
} as const;
