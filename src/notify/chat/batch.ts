import type { ChatRule } from '../../core/config.ts';
import type { Notice } from '../../core/notice.ts';
import type { Now } from '../../core/ports.ts';
import type { Queue, QueueEntry } from '../queue.ts';
import { isUrgent, sectionNoticeOf } from '../receivers/section.ts';
import { minuteOfDay } from './times.ts';

const batchMax = 30;

/**
 * Returns the notices of the card to send now, oldest first. The result is empty until a notice is due, and while
 * another message is being sent. It is also empty while the rate limit, `Retry-After` or quiet hours forbid sending.
 */
export function batchOf(queue: Queue, rule: ChatRule, now: Now): readonly QueueEntry[] {
  if (isClosed(queue) || openMs(queue) > now.monotonicMs) return [];
  const may = waiting(queue, rule, now.wallMs);
  const first = may.find((entry) => entry.dueMs <= now.monotonicMs);
  if (first === undefined) return [];
  if (first.alone !== undefined) return [first];
  return may.filter((entry) => entry.alone === undefined).slice(0, batchMax);
}

/**
 * Returns when the next card is due, monotonic milliseconds. `Infinity`: no notice waits, another message is being
 * sent, or the receiver is disabled.
 */
export function batchMsOf(queue: Queue, rule: ChatRule, now: Now): number {
  if (isClosed(queue)) return Number.POSITIVE_INFINITY;
  const may = waiting(queue, rule, now.wallMs);
  const held = may.length < queue.entries.length && isQuiet(rule, now.wallMs);
  const times = [
    ...may.map(({ dueMs }) => dueMs),
    ...(held ? [now.monotonicMs + quietEndMsOf(rule, now.wallMs) - now.wallMs] : []),
  ];
  return Math.max(openMs(queue), Math.min(...times));
}

/** True if quiet hours are over and some of these notices were created during them. */
export function wasHeld(entries: readonly QueueEntry[], rule: ChatRule, now: Now): boolean {
  return !isQuiet(rule, now.wallMs) && entries.some(({ notice }) => isQuiet(rule, notice.createdAtMs));
}

/**
 * True for a restored notice that was certainly not sent: it still waited for other notices of its card or for the end
 * of quiet hours.
 */
export function isUnsent({ notice }: QueueEntry, rule: ChatRule, { wallMs }: Now): boolean {
  if (notice.attempts > 0) return false;
  const isHeld = isQuiet(rule, notice.createdAtMs) && isQuiet(rule, wallMs);
  return notice.nextAtMs > wallMs || (isHeld && !mayPass(notice, rule));
}

/**
 * Records whether the chat service accepted a card. If a card with several notices is refused, each notice is sent
 * alone, so that one refused notice does not block the others. A notice that is refused alone stays alone. After a
 * success, the other notices may share a card again.
 */
export function sortOut(queue: Queue, sent: readonly QueueEntry[], outcome: 'taken' | 'refused'): void {
  if (outcome === 'refused') for (const entry of sent) entry.alone = sent.length > 1 ? 'try' : 'stays';
  if (outcome === 'taken') for (const entry of queue.entries) if (entry.alone === 'try') delete entry.alone;
}

function isClosed(queue: Queue): boolean {
  return queue.disabled || queue.entries.some(({ inFlight }) => inFlight);
}

function openMs(queue: Queue): number {
  return Math.max(queue.notBeforeMs, queue.pacedMs);
}

/**
 * Returns the notices that quiet hours do not delay. If an older notice on the same subject must be sent alone, newer
 * notices wait for it.
 */
function waiting({ entries }: Queue, rule: ChatRule, wallMs: number): readonly QueueEntry[] {
  const quiet = isQuiet(rule, wallMs);
  const may = entries.filter(({ notice }) => !quiet || mayPass(notice, rule));
  const behind = (entry: QueueEntry): boolean =>
    may.some((one) => one !== entry && one.alone !== undefined && isBefore(one, entry, entries));
  return may.some(({ alone }) => alone !== undefined) ? may.filter((entry) => !behind(entry)) : may;
}

/** True if the notice is sent in quiet hours. This runs often, so it parses only the bodies of advice notices. */
function mayPass(notice: Notice, { quiet }: ChatRule): boolean {
  return quiet?.urgent === 'pass' && notice.type === 'mirror.advice' && isUrgent(sectionNoticeOf(notice));
}

function isBefore(one: QueueEntry, other: QueueEntry, entries: readonly QueueEntry[]): boolean {
  return one.notice.subject === other.notice.subject && entries.indexOf(one) < entries.indexOf(other);
}

const dayMinutes = 24 * 60;
const minuteMs = 60_000;

type Hours = Pick<ChatRule, 'quiet' | 'timeZone'>;

export function isQuiet({ quiet, timeZone }: Hours, wallMs: number): boolean {
  if (quiet === null) return false;
  const now = minuteOfDay(wallMs, timeZone);
  const { fromMinute, toMinute } = quiet;
  return fromMinute < toMinute ? now >= fromMinute && now < toMinute : now >= fromMinute || now < toMinute;
}

/**
 * Returns the end of the current quiet hours, wall milliseconds; outside quiet hours, `wallMs` itself. If daylight
 * saving time begins or ends in that night, the configured minute may be skipped, so the loops correct the end.
 */
export function quietEndMsOf(hours: Hours, wallMs: number): number {
  if (!isQuiet(hours, wallMs)) return wallMs;
  const { quiet, timeZone } = hours;
  const startOfMinute = Math.floor(wallMs / minuteMs) * minuteMs;
  let end = startOfMinute + ahead(minuteOfDay(wallMs, timeZone), quiet?.toMinute ?? 0) * minuteMs;
  while (isQuiet(hours, end)) end += minuteMs;
  while (!isQuiet(hours, end - minuteMs)) end -= minuteMs;
  return end;
}

function ahead(from: number, to: number): number {
  return (to - from + dayMinutes) % dayMinutes;
}
