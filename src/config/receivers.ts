import { type OnlyRule, type Receiver, type WebhookEvent, webhookEvents } from '../core/config.ts';
import { isChatFormat, receiverFormats, showsAlerts } from '../core/receiver-format.ts';
import { Secret } from '../core/secret.ts';
import { chatRule, checkChat, type FileReceiver } from './chats.ts';
import type { Path } from './issues.ts';
import type { Reader, Report } from './report.ts';
import type { FileConfig } from './schema.ts';
import { isWebhookSecret, isWebhookUrl } from './schema-webhook.ts';

/** The receivers under `webhooks`, their files read; what spans several keys of one is checked. */
export function readReceivers(file: FileConfig, reader: Reader, report: Report): readonly Receiver[] {
  return file.webhooks.map((webhook, at) => {
    const path = ['webhooks', at];
    checkOnly(path, webhook, file.mirrors, report);
    return readReceiver(path, webhook, reader, report);
  });
}

function readReceiver(path: Path, webhook: FileReceiver, reader: Reader, report: Report): Receiver {
  const { url, urlFile, secretsFile, format } = webhook;
  if ((url === undefined) === (urlFile === undefined))
    report.error(path, 'either url or urlFile', { by: ['url', 'urlFile'] });
  const fileUrl = urlFile === undefined ? null : reader.secret([...path, 'urlFile'], urlFile);
  if (fileUrl !== null && !isWebhookUrl(fileUrl))
    report.error([...path, 'urlFile'], 'a file with an http:// or https:// URL');
  const more = secretsFile === undefined ? [] : secretLines([...path, 'secretsFile'], webhook, reader, report);
  const secrets = [...webhook.secrets, ...more];
  if (showsAlerts(webhook)) checkAlertmanager(path, webhook, fileUrl, report);
  else if (isChatFormat(format)) checkChat(path, webhook, secrets.length, report);
  else checkStandard(path, webhook, report);
  if (!isChatFormat(format)) refuseChatKeys(path, webhook, report);
  return {
    name: webhook.name,
    url: new Secret(url ?? fileUrl ?? ''),
    secrets: secrets.map((secret) => new Secret(secret)),
    format,
    lang: webhook.lang,
    on: webhook.on ?? (showsAlerts(webhook) ? webhookEvents.filter(isAlert) : webhookEvents),
    ...onlyOf(webhook),
    ...(isChatFormat(format) ? { chat: chatRule(path, webhook, report) } : {}),
    allow: webhook.allow,
  };
}

function onlyOf({ mirrors, ecosystems, severity }: FileReceiver): { readonly only?: OnlyRule } {
  if (mirrors === undefined && ecosystems === undefined && severity === 'info') return {};
  return { only: { mirrors: mirrors ?? null, ecosystems: ecosystems ?? null, severity } };
}

/** A filter by what is not there would be silent for ever. */
function checkOnly(path: Path, webhook: FileReceiver, mirrors: FileConfig['mirrors'], report: Report): void {
  for (const [at, name] of (webhook.mirrors ?? []).entries())
    if (!mirrors.some((mirror) => mirror.name === name))
      report.error([...path, 'mirrors', at], 'the name of a mirror under mirrors', { needs: [['mirrors']] });
  for (const [at, id] of (webhook.ecosystems ?? []).entries())
    if (!mirrors.some((mirror) => mirror.ecosystem === id))
      report.error([...path, 'ecosystems', at], 'the ecosystem of a mirror under mirrors', { needs: [['mirrors']] });
}

function checkStandard(path: Path, { secrets, secretsFile, lang }: FileReceiver, report: Report): void {
  if (lang !== 'en')
    report.error([...path, 'lang'], 'en: what programs read is not translated', { needs: [[...path, 'format']] });
  if (secrets.length === 0 && secretsFile === undefined) {
    report.error(path, 'at least one secret, in secrets or secretsFile, to sign with', {
      by: ['secrets', 'secretsFile', 'format'],
    });
  }
  for (const [at, secret] of secrets.entries())
    if (!isWebhookSecret(secret))
      report.error([...path, 'secrets', at], 'whsec_ and the base64 of 24 to 64 bytes', {
        needs: [[...path, 'format']],
      });
}

const chats = Object.keys(receiverFormats).filter((format) => isChatFormat(format as keyof typeof receiverFormats));
const chatWords = `${chats.slice(0, -1).join(', ')} and ${chats.at(-1)}`;

function refuseChatKeys(path: Path, webhook: FileReceiver, report: Report): void {
  for (const key of ['group', 'timeZone', 'quiet', 'page'] as const)
    if (webhook[key] !== undefined)
      report.error([...path, key], `of ${chatWords} alone`, { needs: [[...path, 'format']] });
}

/** An alert is a finding; that one has ended is said by the alert itself, and advice is none. */
function isAlert(event: WebhookEvent): boolean {
  return event !== 'recovery' && event !== 'advice';
}

function checkAlertmanager(path: Path, webhook: FileReceiver, fileUrl: string | null, report: Report): void {
  const { url, secrets, secretsFile, on = [] } = webhook;
  const given = secrets.length > 0 ? 'secrets' : secretsFile === undefined ? null : 'secretsFile';
  if (given !== null) report.error([...path, given], 'no secrets: Alertmanager checks no signature');
  for (const [at, event] of on.entries())
    if (!isAlert(event)) report.error([...path, 'on', at], 'a kind of finding: that is what alerts are made of');
  for (const [key, value] of [
    ['url', url],
    ['urlFile', fileUrl],
  ] as const) {
    if (value == null || !(value.includes('?') || /\/api\/v\d+(\/|$)/.test(value))) continue;
    report.error([...path, key], 'the base URL of an Alertmanager, without /api/v2/alerts and without a query');
  }
}

function secretLines(
  path: Path,
  { secretsFile = '', format }: FileReceiver,
  reader: Reader,
  report: Report,
): readonly string[] {
  const text = reader.text(path, secretsFile);
  if (text === null) return [];
  const lines = text.split(/\r?\n/).filter((line) => line !== '');
  if (isChatFormat(format)) {
    if (lines.length === 1) return lines;
    report.error(path, 'a file with one line, the secret');
    return [];
  }
  if (lines.length > 0 && lines.every(isWebhookSecret)) return lines;
  report.error(path, 'a file with whsec_ and the base64 of 24 to 64 bytes on each line');
  return [];
}
