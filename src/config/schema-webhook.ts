import { webhookEvents } from '../core/config.ts';
import { checked, file, hosts, list, mapping, name, word } from './fields.ts';

/** One entry of `webhooks`. */
export const webhook = mapping(
  {
    name: name('Name of the receiver, unique.'),
    url: checked(
      'Where notices are sent; of an Alertmanager what comes before /api/v2/alerts.',
      'an http:// or https:// URL',
      isWebhookUrl,
    )
      .meta({ writeOnly: true })
      .optional(),
    urlFile: file('File that holds the URL.').optional(),
    secrets: list(
      checked('A signing secret.', 'whsec_ and the base64 of 24 to 64 bytes', isWebhookSecret).meta({
        writeOnly: true,
      }),
      'a list of whsec_… secrets',
      8,
    )
      .meta({ description: 'Signing secrets (Standard Webhooks); one signature each, so that they can be rotated.' })
      .prefault([]),
    secretsFile: file('File with one signing secret a line.').optional(),
    format: word(
      'Form of the body.',
      ['standard', 'alertmanager', 'slack', 'feishu', 'dingtalk', 'wecom'],
      ['standard', 'alertmanager'],
    ).prefault('standard'),
    lang: word('Language of the texts.', ['en', 'zh'], ['en']).prefault('en'),
    on: list(word('An event.', webhookEvents), 'a list of events')
      .min(1, { error: 'at least one event, or no `on` for all' })
      .meta({
        description: `What is sent; by default all of ${webhookEvents.join(' ')}, to an Alertmanager all but the last two.`,
      })
      .optional(),
    allow: hosts('Networks where a receiver may have a private address.', false)
      .meta({ description: 'Private networks where this receiver may be; public addresses need no entry.' })
      .prefault([]),
  },
  'a mapping with name, url and secrets',
);

/** True for an http or https URL; a path, a query and user-info are fine, they may be the receiver's credentials. */
export function isWebhookUrl(value: string): boolean {
  return /^https?:\/\/[^/]/i.test(value) && !/[\s\\#]/.test(value) && URL.canParse(value);
}

/** `whsec_` and standard base64 of 24 to 64 bytes. @see standard-webhooks spec, "Signature scheme" */
export function isWebhookSecret(value: string): boolean {
  const encoded = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(value)?.[1];
  if (encoded === undefined || encoded.length % 4 !== 0) return false;
  const bytes = Buffer.from(encoded, 'base64').length;
  return bytes >= 24 && bytes <= 64;
}
