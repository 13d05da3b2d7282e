import type { z } from 'zod';
import type { Config } from '../../core/config.ts';
import { durationField, dwellRange, mapping, share } from '../fields.ts';

export const adviseKey = mapping({
  hold: durationField(
    'Minimum time from a switch to the failback (the switch back to the preferred mirror), or to a switch because of lag. Within this time, a switch because of slowness needs 1.5 times the evidence. A failback also needs 48 good responses in a row of the preferred mirror. After a bad response, it needs up to 98. So with a shorter value the failback is rarely earlier. Advice to leave a mirror that is down or serves wrong bytes never waits.',
    dwellRange,
  ).prefault('10m'),
  ttl: durationField(
    'How long advice is valid after it was issued, accepted or renewed. At the end, advice that still applies is renewed.',
    { min: 60_000, max: 365 * 86_400_000 },
  ).prefault('24h'),
  minGain: share('The minimum relative gain of expected time that justifies a switch.').prefault('20%'),
  failureCost: durationField(
    'The cost of a failed build, stated as waiting time: one failure counts as much as a build that takes this much longer.',
    {
      min: 0,
      max: 86_400_000,
    },
  ).prefault('5m'),
})
  .meta({ description: 'When a switch is advised, and how long advice is valid.' })
  .prefault({});

export function readAdvise({ hold, ttl, minGain, failureCost }: z.output<typeof adviseKey>): Config['advise'] {
  return { holdMs: hold, ttlMs: ttl, minGain, failureCostMs: failureCost };
}
