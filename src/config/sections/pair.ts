import type { z } from 'zod';
import type { Config } from '../../core/config.ts';
import { Secret } from '../../core/secret.ts';
import { baseUrl } from '../../core/url.ts';
import { phrase } from '../../words/tell.ts';
import { bareUrl, durationField, file, mapping, secretText } from '../fields.ts';
import type { Reading } from '../reading.ts';
import { bearerToken } from './listen.ts';

export const pairKey = mapping({
  etcd: bareUrl(
    'URL of an etcd that both daemons use. Without this key both daemons only make dry runs of actions.',
  ).optional(),
  lease: durationField('If the acting daemon stops, the other one takes over after this time.', {
    min: 3_000,
    max: 20_000,
  }).prefault('15s'),
  token: secretText(
    'Token that only the two daemons know. They sign their changes in etcd with it. Without a token, a daemon does not undo changes of the other one.',
    phrase('expected.token'),
  ).optional(),
  tokenFile: file('File that contains the token.').optional(),
})
  .meta({
    description:
      'Settings for two daemons of this place with the same actions, so that only one of them acts. See docs/actions.md.',
  })
  .optional();

export function readPair(pair: z.output<typeof pairKey>, vantage: string, reading: Reading): Pick<Config, 'pair'> {
  const etcd = pair?.etcd === undefined ? null : baseUrl(pair.etcd);
  if (pair === undefined || etcd === null) return {};
  if (pair.token !== undefined && pair.tokenFile !== undefined)
    reading.error(['pair'], phrase('expected.tokenEither'), { by: ['token', 'tokenFile'] });
  const token = bearerToken(['pair'], pair, 'error', reading);
  const key = `/mirrorwatch/${vantage}/lease`;
  return { pair: { etcd: etcd.url, key, leaseMs: pair.lease, token: token === null ? null : new Secret(token) } };
}
