import type { ChatRule } from '../core/config.ts';
import { receiverFormats } from '../core/receiver-format.ts';
import type { Path } from './issues.ts';
import type { Report } from './report.ts';
import type { FileConfig } from './schema.ts';
import { minuteOf } from './schema-webhook.ts';

/** A receiver as written. */
export type FileReceiver = FileConfig['webhooks'][number];

/** Long enough for what one fault brings about, short enough to be news. */
const groupMsUsual = 15_000;

/** What spans several keys of a receiver that people read. */
export function checkChat(path: Path, { format, secrets }: FileReceiver, count: number, report: Report): void {
  const at = [...path, secrets.length > 0 ? 'secrets' : 'secretsFile'];
  const needs = [[...path, 'format']];
  if (receiverFormats[format].secrets === 'none') {
    if (count > 0) report.error(at, `no secrets: ${format} checks no signature, its URL is the secret`, { needs });
  } else if (count > 1) report.error(at, `one secret: a ${format} bot has no more`, { needs });
}

/** How people are told. */
export function chatRule(path: Path, webhook: FileReceiver, report: Report): ChatRule {
  const { timeZone, group = groupMsUsual, quiet, page } = webhook;
  const [fromMinute, toMinute] = [minuteOf(quiet?.from ?? ''), minuteOf(quiet?.to ?? '')];
  if (quiet !== undefined && timeZone === undefined)
    report.error(path, 'a timeZone, which quiet hours go by', { by: ['quiet', 'timeZone'] });
  if (fromMinute !== null && fromMinute === toMinute)
    report.error([...path, 'quiet'], 'from and to that differ: nothing would ever be sent');
  const hours = quiet === undefined || fromMinute === null || toMinute === null ? null : { fromMinute, toMinute };
  return {
    timeZone: timeZone ?? 'UTC',
    groupMs: group,
    quiet: hours === null ? null : { ...hours, urgent: quiet?.urgent ?? 'hold' },
    page: page?.replace(/\/+$/, '') ?? null,
  };
}
