import { webhookEvents } from '../core/config.ts';
import { severities } from '../core/finding.ts';
import { type ReceiverFormat, receiverFormats } from '../core/receiver-format.ts';
import { phrase } from '../words/tell.ts';
import {
  checked,
  duration,
  errorOf,
  file,
  hosts,
  list,
  mapping,
  name,
  secretText,
  text,
  timeZone,
  word,
} from './fields.ts';

/** A time of day such as 22:00. */
export const clockTime = (description: string) =>
  checked(description, phrase('expected.timeOfDay'), (value) => minuteOf(value) !== null);

const quiet = mapping({
  from: clockTime('Nothing is sent from this time of day, by `timeZone` …'),
  to: clockTime('… to this one; what was held goes out then, as one summary. Before `from`: of the next day.'),
  urgent: word('Whether advice to leave a mirror that is down or serves wrong bytes is still sent.', [
    'hold',
    'pass',
  ]).prefault('hold'),
});

const formats = Object.keys(receiverFormats) as [ReceiverFormat, ...ReceiverFormat[]];

/** One entry of `webhooks`. */
export const webhook = mapping(
  {
    name: name('Name of the receiver, unique.'),
    url: checked(
      'Where notices are sent; of an Alertmanager what comes before /api/v2/alerts.',
      phrase('expected.url'),
      isWebhookUrl,
    )
      .meta({ writeOnly: true })
      .optional(),
    urlFile: file('File that holds the URL.').optional(),
    secrets: list(secretText('A signing secret.', phrase('expected.secret')), phrase('expected.listSecrets'), 8)
      .meta({
        description:
          'Signing secrets: of `standard` whsec_… (one signature each, so that they can be rotated), of `feishu` and `dingtalk` the one that the bot shows; the others sign nothing.',
      })
      .prefault([]),
    secretsFile: file('File with one signing secret a line.').optional(),
    format: word(
      'Form of the body: `standard` and `alertmanager` for programs, the others cards for people.',
      formats,
    ).prefault('standard'),
    lang: word('Language of the cards, and of an alert’s annotations: English, or Simplified Chinese.', [
      'en',
      'zh',
    ]).prefault('en'),
    on: list(word('An event.', webhookEvents), phrase('expected.listEvents'))
      .min(1, errorOf(phrase('expected.atLeastEvent')))
      .meta({
        description: `What is sent; by default all of ${webhookEvents.join(' ')}, to an Alertmanager all but the last three.`,
      })
      .optional(),
    mirrors: list(text('A mirror.', phrase('expected.aNameOf'), 64), phrase('expected.listNames'))
      .min(1, errorOf(phrase('expected.atLeastMirrors')))
      .meta({
        description: 'Only messages about these mirrors, advice from or to one of them, and messages about no mirror.',
      })
      .optional(),
    ecosystems: list(text('An ecosystem.', phrase('expected.anEcosystem'), 64), phrase('expected.listEcosystems'))
      .min(1, errorOf(phrase('expected.atLeastEcosystems')))
      .meta({ description: 'Only messages about mirrors of these ecosystems, and messages about no mirror.' })
      .optional(),
    severity: word('Only findings of at least this severity; does not apply to advice.', severities).prefault('info'),
    group: duration('Cards: events within this time after the first one become one card. Default 15s.', {
      min: 0,
      max: 600_000,
    }).optional(),
    timeZone: timeZone('Cards: whose times they show, and whose clock quiet hours go by. Default UTC.').optional(),
    quiet: quiet.meta({ description: 'Cards: hours without messages.' }).optional(),
    page: checked(
      'Cards: where people reach the page. Default: what `listen` names, unless that is loopback or every address.',
      phrase('expected.urlNoQuery'),
      (value) => isWebhookUrl(value) && !value.includes('?'),
    ).optional(),
    allow: hosts('Networks where a receiver may have a private address.', false)
      .meta({ description: 'Private networks in which this receiver may be; public addresses need no entry.' })
      .prefault([]),
  },
  phrase('expected.mappingWith', { keys: 'name, url and secrets' }),
);

/** True for an http or https URL; a path, a query and user-info are fine, they may be the receiver's credentials. */
export function isWebhookUrl(value: string): boolean {
  return /^https?:\/\/[^/]/i.test(value) && !/[\s\\#]/.test(value) && URL.canParse(value);
}

/** The minute of the day that `22:00` names; `null`: none. */
export function minuteOf(value: string): number | null {
  const [, hours, minutes] = /^([01]\d|2[0-3]):([0-5]\d)$/.exec(value) ?? [];
  return hours === undefined || minutes === undefined ? null : Number(hours) * 60 + Number(minutes);
}

/** `whsec_` and standard base64 of 24 to 64 bytes. @see standard-webhooks spec, "Signature scheme" */
export function isWebhookSecret(value: string): boolean {
  const encoded = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(value)?.[1];
  if (encoded === undefined || encoded.length % 4 !== 0) return false;
  const bytes = Buffer.from(encoded, 'base64').length;
  return bytes >= 24 && bytes <= 64;
}
