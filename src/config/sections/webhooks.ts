import type { z } from 'zod';
import { classBySpelling } from '../../core/address-class.ts';
import { addressBytesOf, isWithin, parseNetwork } from '../../core/addresses.ts';
import {
  type ChatRule,
  type Config,
  type OnlyRule,
  type Receiver,
  type WebhookEvent,
  webhookEvents,
} from '../../core/config.ts';
import { severities } from '../../core/finding.ts';
import type { Mirror } from '../../core/mirror.ts';
import { isChatFormat, type ReceiverFormat, receiverFormats, showsAlerts } from '../../core/receiver-format.ts';
import { Secret } from '../../core/secret.ts';
import { isInnerHost } from '../../core/url.ts';
import { phrase } from '../../words/tell.ts';
import {
  checked,
  clockTime,
  durationField,
  errorOf,
  file,
  hosts,
  isWebhookUrl,
  list,
  mapping,
  name,
  secretText,
  text,
  timeZone,
  word,
} from '../fields.ts';
import { checkUnique, type Path, type Reading, type Report } from '../reading.ts';

const quiet = mapping('For chat cards: hours without messages.', {
  from: clockTime('Start of the hours without messages, in `timeZone`.'),
  to: clockTime(
    'End of the hours without messages. One summary of the delayed messages is then sent. A time before `from` is on the next day.',
  ),
  urgent: word(
    '`pass`: advice to leave a mirror that is down or serves wrong bytes is sent at once. `hold`: this advice is delayed, too.',
    ['hold', 'pass'],
  ).prefault('hold'),
});

const formats = Object.keys(receiverFormats) as [ReceiverFormat, ...ReceiverFormat[]];

const webhook = mapping(
  null,
  {
    name: name('Name of the receiver, unique.'),
    url: checked(
      'URL of the receiver. For an Alertmanager, the part before /api/v2/alerts.',
      phrase('expected.url'),
      isWebhookUrl,
    )
      .meta({ writeOnly: true })
      .optional(),
    urlFile: file('File that contains the URL of the receiver.').optional(),
    secrets: list(secretText('A signing secret.', phrase('expected.secret')), phrase('expected.listSecrets'), 8)
      .describe(
        'Signing secrets. For `standard`: `whsec_…`, several of them for rotation (one signature each). For `feishu` and `dingtalk`: the secret that the bot shows. Other formats are not signed.',
      )
      .prefault([]),
    secretsFile: file('File with one signing secret per line.').optional(),
    format: word(
      'Format of the messages. `standard` and `alertmanager` are for programs; the others are cards for people.',
      formats,
    ).prefault('standard'),
    lang: word('Language of the cards, and of an alert’s annotations: English, or Simplified Chinese.', [
      'en',
      'zh',
    ]).prefault('en'),
    on: list(word('An event.', webhookEvents), phrase('expected.listEvents'))
      .min(1, errorOf(phrase('expected.atLeastEvent')))
      .describe('Events to send. Default: all; to an Alertmanager all but `recovery`, `advice` and `action`.')
      .optional(),
    mirrors: list(text('A mirror.', phrase('expected.aNameOf'), 64), phrase('expected.listNames'))
      .min(1, errorOf(phrase('expected.atLeastMirrors')))
      .describe(
        'Only these messages are sent: messages about one of these mirrors, advice from or to one of them, and messages about no mirror.',
      )
      .optional(),
    ecosystems: list(text('An ecosystem.', phrase('expected.anEcosystem'), 64), phrase('expected.listEcosystems'))
      .min(1, errorOf(phrase('expected.atLeastEcosystems')))
      .describe('Only messages about mirrors of these ecosystems, and messages about no mirror, are sent.')
      .optional(),
    severity: word(
      'Only findings of at least this severity are sent. The key does not apply to advice and actions.',
      severities,
    ).prefault('info'),
    group: durationField('For chat cards: events within this time after the first one become one card. Default 15s.', {
      min: 0,
      max: 600_000,
    }).optional(),
    timeZone: timeZone(
      'For chat cards: time zone of the displayed times and of the quiet hours. Default UTC.',
    ).optional(),
    quiet: quiet.optional(),
    page: checked(
      'For chat cards: URL of the page for people. Default: the address in `listen`, unless that is loopback or means all addresses of the host.',
      phrase('expected.urlNoQuery'),
      (value) => isWebhookUrl(value) && !value.includes('?'),
    ).optional(),
    allow: hosts('Networks where a receiver may have a private address.', false)
      .describe('Private networks that may contain this receiver. Public addresses need no entry.')
      .prefault([]),
  },
  phrase('expected.mappingWith', { keys: 'name, url and secrets' }),
);

export const webhooksKey = list(webhook, phrase('expected.listReceivers'), 64)
  .describe('Receivers of findings and advice.')
  .prefault([]);

/** True for `whsec_`, followed by 24 to 64 bytes in standard base64. @see standard-webhooks spec, "Signature scheme" */
export function isWebhookSecret(value: string): boolean {
  const encoded = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(value)?.[1];
  if (encoded === undefined || encoded.length % 4 !== 0) return false;
  const bytes = Buffer.from(encoded, 'base64').length;
  return bytes >= 24 && bytes <= 64;
}

type FileReceiver = z.output<typeof webhook>;

/** The default time to collect events for one message, milliseconds: long enough for the events of one fault. */
const groupMsUsual = 15_000;

export function readReceivers(
  written: readonly FileReceiver[],
  mirrors: readonly Mirror[],
  reading: Reading,
): readonly Receiver[] {
  checkUnique('webhooks', written, reading);
  return written.map((webhook, at) => {
    const path = ['webhooks', at];
    checkOnly(path, webhook, mirrors, reading);
    return readReceiver(path, webhook, reading);
  });
}

function readReceiver(path: Path, webhook: FileReceiver, reading: Reading): Receiver {
  const { url, urlFile, secretsFile, format } = webhook;
  if ((url === undefined) === (urlFile === undefined))
    reading.error(path, phrase('expected.urlEither'), { by: ['url', 'urlFile'] });
  const fileUrl = urlFile === undefined ? null : reading.secret([...path, 'urlFile'], urlFile);
  if (fileUrl !== null && !isWebhookUrl(fileUrl)) reading.error([...path, 'urlFile'], phrase('expected.fileUrl'));
  const more = secretsFile === undefined ? [] : secretLines([...path, 'secretsFile'], webhook, reading);
  const secrets = [...webhook.secrets, ...more];
  if (showsAlerts(webhook)) checkAlertmanager(path, webhook, fileUrl, reading);
  else if (isChatFormat(format)) checkChat(path, webhook, secrets.length, reading);
  else checkStandard(path, webhook, reading);
  if (!isChatFormat(format)) refuseChatKeys(path, webhook, reading);
  return {
    name: webhook.name,
    url: new Secret(url ?? fileUrl ?? ''),
    secrets: secrets.map((secret) => new Secret(secret)),
    format,
    lang: webhook.lang,
    on: webhook.on ?? (showsAlerts(webhook) ? webhookEvents.filter(isAlert) : webhookEvents),
    ...onlyOf(webhook),
    ...(isChatFormat(format) ? { chat: chatRule(path, webhook, reading) } : {}),
    allow: webhook.allow,
  };
}

function checkChat(path: Path, { format, secrets }: FileReceiver, count: number, report: Report): void {
  const at = [...path, secrets.length > 0 ? 'secrets' : 'secretsFile'];
  const needs = [[...path, 'format']];
  if (receiverFormats[format].secrets === 'none') {
    if (count > 0) report.error(at, phrase('expected.noSecretsChat', { format }), { needs });
  } else if (count > 1) report.error(at, phrase('expected.oneSecret', { format }), { needs });
}

function chatRule(path: Path, webhook: FileReceiver, report: Report): ChatRule {
  const { timeZone, group = groupMsUsual, quiet, page } = webhook;
  if (quiet !== undefined && timeZone === undefined)
    report.error(path, phrase('expected.timeZoneQuiet'), { by: ['quiet', 'timeZone'] });
  if (quiet !== undefined && quiet.from === quiet.to) report.error([...path, 'quiet'], phrase('expected.fromTo'));
  return {
    timeZone: timeZone ?? 'UTC',
    groupMs: group,
    quiet: quiet === undefined ? null : { fromMinute: quiet.from, toMinute: quiet.to, urgent: quiet.urgent },
    page: page?.replace(/(?<!\/)\/+$/, '') ?? null,
  };
}

function onlyOf({ mirrors, ecosystems, severity }: FileReceiver): { readonly only?: OnlyRule } {
  if (mirrors === undefined && ecosystems === undefined && severity === 'info') return {};
  return { only: { mirrors: mirrors ?? null, ecosystems: ecosystems ?? null, severity } };
}

/** Reports filters for unknown mirrors and ecosystems, because no finding would match them. */
function checkOnly(path: Path, webhook: FileReceiver, mirrors: readonly Mirror[], report: Report): void {
  for (const [at, name] of (webhook.mirrors ?? []).entries())
    if (!mirrors.some((mirror) => mirror.name === name))
      report.error([...path, 'mirrors', at], phrase('expected.nameMirror'), { needs: [['mirrors']] });
  for (const [at, id] of (webhook.ecosystems ?? []).entries())
    if (!mirrors.some((mirror) => mirror.ecosystem === id))
      report.error([...path, 'ecosystems', at], phrase('expected.ecosystemOf'), { needs: [['mirrors']] });
}

function checkStandard(path: Path, { secrets, secretsFile, lang }: FileReceiver, report: Report): void {
  if (lang !== 'en') report.error([...path, 'lang'], phrase('expected.langPrograms'), { needs: [[...path, 'format']] });
  if (secrets.length === 0 && secretsFile === undefined) {
    report.error(path, phrase('expected.atLeastSecret'), { by: ['secrets', 'secretsFile', 'format'] });
  }
  for (const [at, secret] of secrets.entries())
    if (!isWebhookSecret(secret))
      report.error([...path, 'secrets', at], phrase('expected.whsec'), { needs: [[...path, 'format']] });
}

function refuseChatKeys(path: Path, webhook: FileReceiver, report: Report): void {
  for (const key of ['group', 'timeZone', 'quiet', 'page'] as const)
    if (webhook[key] !== undefined)
      report.error([...path, key], phrase('expected.chatAlone'), { needs: [[...path, 'format']] });
}

/**
 * True for events that Alertmanager gets as alerts. `recovery` is not one of them, because the end of a finding ends
 * its alert.
 */
function isAlert(event: WebhookEvent): boolean {
  return event !== 'recovery' && event !== 'advice' && event !== 'action';
}

function checkAlertmanager(path: Path, webhook: FileReceiver, fileUrl: string | null, report: Report): void {
  const { url, secrets, secretsFile, on = [] } = webhook;
  const given = secrets.length > 0 ? 'secrets' : secretsFile === undefined ? null : 'secretsFile';
  if (given !== null) report.error([...path, given], phrase('expected.noSecretsAm'));
  for (const [at, event] of on.entries())
    if (!isAlert(event)) report.error([...path, 'on', at], phrase('expected.finding'));
  for (const [key, value] of [
    ['url', url],
    ['urlFile', fileUrl],
  ] as const) {
    if (value == null || !(value.includes('?') || /\/api\/v\d+(\/|$)/.test(value))) continue;
    report.error([...path, key], phrase('expected.alertmanager'));
  }
}

function secretLines(path: Path, { secretsFile = '', format }: FileReceiver, reading: Reading): readonly string[] {
  const text = reading.text(path, secretsFile);
  if (text === null) return [];
  const lines = text.split(/\r?\n/).filter((line) => line !== '');
  if (isChatFormat(format)) {
    if (lines.length === 1) return lines;
    reading.error(path, phrase('expected.fileSecret'));
    return [];
  }
  if (lines.length > 0 && lines.every(isWebhookSecret)) return lines;
  reading.error(path, phrase('expected.fileWhsec'));
  return [];
}

/**
 * Warns of receivers at an address that is not public, or at `localhost`, if `allow` does not contain the address:
 * nothing would be sent to them. The same without any `allow` for names of internal networks, such as `hooks.corp`. The
 * address of any other name is known only when the daemon sends.
 */
export function warnOfGuardedReceivers({ webhooks }: Config, report: Report): void {
  for (const [at, { name, url, allow }] of webhooks.entries()) {
    const host = (URL.parse(url.reveal())?.hostname ?? '').replace(/^\[|\]$/g, '');
    const is = classBySpelling(host);
    // Addresses for documentation are left out, because examples contain them.
    const isInner = is === null && isInnerHost(host) && allow.length === 0;
    if (!isInner && (is === null || is === 'public' || is === 'documentation')) continue;
    // `localhost` and names below it.
    const bytes = addressBytesOf(host) ?? [127, 0, 0, 1];
    if (allow.some((text) => isWithin(bytes, parseNetwork(text) ?? { bytes: [], bits: 0 }))) continue;
    report.warning(['webhooks', at], phrase('expected.receiverAllow'), {
      seen: phrase('load.seenReceiver', { name, address: host }),
    });
  }
}
