import type { z } from 'zod';
import { isLoopback } from '../../core/addresses.ts';
import type { Config, Listen } from '../../core/config.ts';
import { limits } from '../../core/limits.ts';
import { Secret } from '../../core/secret.ts';
import { phrase } from '../../words/tell.ts';
import { durationField, file, mapping, secretText } from '../fields.ts';
import type { Reading } from '../reading.ts';
import { bearerToken } from './listen.ts';

export const alertmanagerKey = mapping(
  {
    token: secretText('Bearer token that Alertmanager sends with its webhook.', phrase('expected.token')).optional(),
    tokenFile: file('File that contains the bearer token.').optional(),
    repeat: durationField(
      'The `repeat_interval` of the Alertmanager route to this daemon. An alert that is not received for 3 × this counts as ended. Alertmanager sends no end for silenced or inhibited alerts.',
      { min: 1_000, max: limits.alertAgeMsMax / limits.alertRepeats },
    ).prefault('10m'),
  },
  phrase('expected.mappingToken'),
)
  .meta({
    description: 'Credentials for posts to `/api/v1/alertmanager`. The listen token is accepted too. See docs/loop.md.',
  })
  .optional();

export function readAlertmanager(
  alertmanager: z.output<typeof alertmanagerKey>,
  listen: Listen,
  reading: Reading,
): Pick<Config, 'alertmanager'> {
  if (alertmanager === undefined) return {};
  const { token, tokenFile, repeat } = alertmanager;
  if ((token === undefined) === (tokenFile === undefined)) {
    reading.error(['alertmanager'], phrase('expected.tokenEither'), { by: ['token', 'tokenFile'] });
    return {};
  }
  const secret = bearerToken(['alertmanager'], { token, tokenFile }, isLoopback(listen.host) ? null : 'error', reading);
  return secret === null ? {} : { alertmanager: { token: new Secret(secret), repeatMs: repeat } };
}
