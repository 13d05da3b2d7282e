import { type ChatRule, type OnlyRule, type Receiver, type WebhookEvent, webhookEvents } from '../core/config.ts';
import { isChatFormat, receiverFormats, showsAlerts } from '../core/receiver-format.ts';
import { Secret } from '../core/secret.ts';
import { phrase } from '../words/tell.ts';
import type { Path } from './issues.ts';
import type { Reader, Report } from './report.ts';
import type { FileConfig } from './schema.ts';
import { isWebhookSecret, isWebhookUrl, minuteOf } from './schema-webhook.ts';

/** A receiver as written. */
type FileReceiver = FileConfig['webhooks'][number];

/** Long enough for all events of one fault, short enough to be timely. */
const groupMsUsual = 15_000;

/** Checks over several keys of a receiver for people. */
function checkChat(path: Path, { format, secrets }: FileReceiver, count: number, report: Report): void {
  const at = [...path, secrets.length > 0 ? 'secrets' : 'secretsFile'];
  const needs = [[...path, 'format']];
  if (receiverFormats[format].secrets === 'none') {
    if (count > 0) report.error(at, phrase('expected.noSecretsChat', { format }), { needs });
  } else if (count > 1) report.error(at, phrase('expected.oneSecret', { format }), { needs });
}

/** How messages to people are sent. */
function chatRule(path: Path, webhook: FileReceiver, report: Report): ChatRule {
  const { timeZone, group = groupMsUsual, quiet, page } = webhook;
  const [fromMinute, toMinute] = [minuteOf(quiet?.from ?? ''), minuteOf(quiet?.to ?? '')];
  if (quiet !== undefined && timeZone === undefined)
    report.error(path, phrase('expected.timeZoneQuiet'), { by: ['quiet', 'timeZone'] });
  if (fromMinute !== null && fromMinute === toMinute) report.error([...path, 'quiet'], phrase('expected.fromTo'));
  const hours = quiet === undefined || fromMinute === null || toMinute === null ? null : { fromMinute, toMinute };
  return {
    timeZone: timeZone ?? 'UTC',
    groupMs: group,
    quiet: hours === null ? null : { ...hours, urgent: quiet?.urgent ?? 'hold' },
    page: page?.replace(/\/+$/, '') ?? null,
  };
}

/** The receivers under `webhooks`, with their files read, after checks over several keys. */
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
    report.error(path, phrase('expected.urlEither'), { by: ['url', 'urlFile'] });
  const fileUrl = urlFile === undefined ? null : reader.secret([...path, 'urlFile'], urlFile);
  if (fileUrl !== null && !isWebhookUrl(fileUrl)) report.error([...path, 'urlFile'], phrase('expected.fileUrl'));
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

/** A filter for an unknown mirror or ecosystem would exclude every event. */
function checkOnly(path: Path, webhook: FileReceiver, mirrors: FileConfig['mirrors'], report: Report): void {
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
    report.error(path, phrase('expected.atLeastSecret'), {
      by: ['secrets', 'secretsFile', 'format'],
    });
  }
  for (const [at, secret] of secrets.entries())
    if (!isWebhookSecret(secret))
      report.error([...path, 'secrets', at], phrase('expected.whsec'), {
        needs: [[...path, 'format']],
      });
}

function refuseChatKeys(path: Path, webhook: FileReceiver, report: Report): void {
  for (const key of ['group', 'timeZone', 'quiet', 'page'] as const)
    if (webhook[key] !== undefined)
      report.error([...path, key], phrase('expected.chatAlone'), { needs: [[...path, 'format']] });
}

/** An alert is a finding; that one has ended is said by the alert itself, and advice is none, nor is an action. */
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
    report.error(path, phrase('expected.fileSecret'));
    return [];
  }
  if (lines.length > 0 && lines.every(isWebhookSecret)) return lines;
  report.error(path, phrase('expected.fileWhsec'));
  return [];
}
