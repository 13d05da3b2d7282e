import type { z } from 'zod';
import type { Config } from '../../core/config.ts';
import { baseUrl } from '../../core/url.ts';
import { bareUrl, durationField, mapping } from '../fields.ts';

export const pairKey = mapping({
  etcd: bareUrl(
    'URL of an etcd that both daemons use. Without this key both daemons only make dry runs of actions.',
  ).optional(),
  lease: durationField('If the acting daemon stops, the other one takes over after this time.', {
    min: 3_000,
    max: 20_000,
  }).prefault('15s'),
})
  .meta({
    description:
      'Settings for two daemons of this place with the same actions, so that only one of them acts. See docs/actions.md.',
  })
  .optional();

export function readPair(pair: z.output<typeof pairKey>, vantage: string): Pick<Config, 'pair'> {
  const etcd = pair?.etcd === undefined ? null : baseUrl(pair.etcd);
  if (pair === undefined || etcd === null) return {};
  return { pair: { etcd: etcd.url, key: `/mirrorwatch/${vantage}/lease`, leaseMs: pair.lease } };
}
