import { type Receiver, type WebhookEvent, webhookEvents } from '../core/config.ts';
import { Secret } from '../core/secret.ts';
import type { Path } from './issues.ts';
import type { Reader, Report } from './report.ts';
import type { FileConfig } from './schema.ts';
import { isWebhookSecret, isWebhookUrl } from './schema-webhook.ts';

type FileReceiver = FileConfig['webhooks'][number];

/** The receivers under `webhooks`, their files read; what spans several keys of one is checked. */
export function readReceivers(file: FileConfig, reader: Reader, report: Report): readonly Receiver[] {
  return file.webhooks.map((webhook, at) => readReceiver(['webhooks', at], webhook, reader, report));
}

function readReceiver(path: Path, webhook: FileReceiver, reader: Reader, report: Report): Receiver {
  const { url, urlFile, secretsFile, format } = webhook;
  if ((url === undefined) === (urlFile === undefined))
    report.error(path, 'either url or urlFile', { by: ['url', 'urlFile'] });
  const fileUrl = urlFile === undefined ? null : reader.secret([...path, 'urlFile'], urlFile);
  if (fileUrl !== null && !isWebhookUrl(fileUrl))
    report.error([...path, 'urlFile'], 'a file with an http:// or https:// URL');
  const more = secretsFile === undefined ? [] : secretLines([...path, 'secretsFile'], secretsFile, reader, report);
  const secrets = [...webhook.secrets, ...more];
  if (format === 'alertmanager') checkAlertmanager(path, webhook, fileUrl, report);
  else if (secrets.length === 0 && secretsFile === undefined) {
    report.error(path, 'at least one secret, in secrets or secretsFile, to sign with', {
      by: ['secrets', 'secretsFile', 'format'],
    });
  }
  return {
    name: webhook.name,
    url: new Secret(url ?? fileUrl ?? ''),
    secrets: secrets.map((secret) => new Secret(secret)),
    format: format === 'alertmanager' ? 'alertmanager' : 'standard',
    lang: 'en',
    on: webhook.on ?? (format === 'alertmanager' ? webhookEvents.filter(isAlert) : webhookEvents),
    allow: webhook.allow,
  };
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

function secretLines(path: Path, name: string, reader: Reader, report: Report): readonly string[] {
  const text = reader.text(path, name);
  if (text === null) return [];
  const lines = text.split(/\r?\n/).filter((line) => line !== '');
  if (lines.length > 0 && lines.every(isWebhookSecret)) return lines;
  report.error(path, 'a file with whsec_ and the base64 of 24 to 64 bytes on each line');
  return [];
}
