import type { Receiver } from '../core/config.ts';
import { severities } from '../core/finding.ts';
import { limits } from '../core/limits.ts';
import type { Delivery, DeliveryFailure, Notice } from '../core/notice.ts';
import type { Now, Row } from '../core/ports.ts';
import { severityOf } from './alerts.ts';
import type { NoticeDraft } from './news.ts';

const inFlightMax = 8;

/** One undelivered notice. Its own times are monotonic milliseconds; the times in `notice` are wall times. */
export interface QueueEntry {
  notice: Notice;
  readonly findingId: string | null;
  readonly bornMs: number;
  dueMs: number;
  inFlight: boolean;
  /**
   * True: the receiver may have the notice although no attempt succeeded. Then its text must not change, because the
   * receiver may drop a second notice with the same id. Alerts may change: Alertmanager knows no ids of notices.
   */
  mayHaveArrived: boolean;
  /** While this notice is being sent in a chat message: the id of the first notice of that message. */
  carrier?: string;
  /**
   * Set if the notice is sent in its own chat message. `try`: a card with several notices was refused. `stays`: this
   * notice was refused alone.
   */
  alone?: 'try' | 'stays';
}

/** Notices that wait for one receiver, oldest first. */
export class Queue {
  receiver: Receiver;
  /** The receiver's last response was 410 (Gone): nothing is sent until the next reload or start. */
  disabled: boolean = false;
  /**
   * The end of the wait that the receiver requires (by `Retry-After` or the code of a rate limit), monotonic
   * milliseconds. The wait is at most `limits.deliveryBackoffMsMax`.
   */
  notBeforeMs: number = Number.NEGATIVE_INFINITY;
  /** The failure of the last delivery; `null`: it succeeded, or none has ended yet. */
  failure: DeliveryFailure | null = null;
  /** Until this time, monotonic milliseconds, the receiver's rate limit forbids the next message. */
  pacedMs: number = Number.NEGATIVE_INFINITY;
  /**
   * When quiet hours last delayed messages, monotonic milliseconds. The reported age of a waiting notice starts at this
   * time or later.
   */
  heldMs: number = Number.NEGATIVE_INFINITY;
  entries: QueueEntry[] = [];

  constructor(receiver: Receiver) {
    this.receiver = receiver;
  }
}

/**
 * Returns the notices to send now: for each subject the oldest, if it is due and not being sent. At most `inFlightMax`
 * notices of a receiver are sent at once.
 */
export function listDueEntries(queue: Queue, nowMs: number): readonly QueueEntry[] {
  if (queue.disabled || queue.notBeforeMs > nowMs) return [];
  const free = inFlightMax - queue.entries.filter((entry) => entry.inFlight).length;
  return heads(queue)
    .filter((entry) => !entry.inFlight && entry.dueMs <= nowMs)
    .slice(0, Math.max(0, free));
}

/**
 * Returns when the next notice expires, monotonic milliseconds. Notices that are being sent do not count. `Infinity`:
 * no notice waits.
 */
export function expiryMsOf(queue: Queue): number {
  const waiting = queue.entries.filter((entry) => !entry.inFlight);
  return Math.min(...waiting.map((entry) => entry.bornMs + limits.deliveryAgeMsMax));
}

/**
 * Returns when the next notice is due, monotonic milliseconds. `Infinity`: no notice waits, or none can be sent now.
 */
export function attemptMsOf(queue: Queue): number {
  const isFull = queue.entries.filter((entry) => entry.inFlight).length >= inFlightMax;
  if (queue.disabled || isFull) return Number.POSITIVE_INFINITY;
  const waiting = heads(queue).filter((entry) => !entry.inFlight);
  return Math.min(...waiting.map((entry) => Math.max(entry.dueMs, queue.notBeforeMs)));
}

function heads(queue: Queue): readonly QueueEntry[] {
  const first = new Map<string, QueueEntry>();
  for (const entry of queue.entries) if (!first.has(entry.notice.subject)) first.set(entry.notice.subject, entry);
  return [...first.values()];
}

export function isExpired({ inFlight, bornMs }: QueueEntry, nowMs: number): boolean {
  return !inFlight && nowMs - bornMs >= limits.deliveryAgeMsMax;
}

/**
 * Finds the oldest waiting notice of the longest queue; notices about mismatches come last. The result is `null` if all
 * notices are being sent.
 */
export function findOverflow(queues: readonly Queue[]): { readonly queue: Queue; readonly entry: QueueEntry } | null {
  const longest = queues.toSorted((a, b) => b.entries.length - a.entries.length);
  for (const canGo of [(entry: QueueEntry) => entry.notice.type !== 'mirror.mismatch', () => true])
    for (const queue of longest) {
      const entry = queue.entries.find((one) => !one.inFlight && canGo(one));
      if (entry !== undefined) return { queue, entry };
    }
  return null;
}

/** Error codes of failures before a connection was open. After such a failure the receiver cannot have the notice. */
const unconnected: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ERR_INVALID_URL',
]);

export function mayHaveArrived(failure: DeliveryFailure): boolean {
  if (failure.kind === 'network') return !unconnected.has(failure.code);
  if (failure.kind === 'refused') return failure.code === 'unreadable';
  return failure.kind !== 'tls' && failure.kind !== 'forbidden_target';
}

/** Returns the result of a delivery that a defect of this program prevented. */
export function notSent(): Delivery {
  return { tag: 'failed', failure: { kind: 'network', code: 'DEFECT', retry: 'later' } };
}

export function outboxKeyOf(notice: Notice): string {
  return `${notice.receiver}/${notice.id}`;
}

export function outboxRowOf({ notice, findingId }: QueueEntry): Row {
  return { table: 'outbox', key: outboxKeyOf(notice), atMs: notice.createdAtMs, value: { notice, findingId } };
}

/**
 * Restores a waiting notice from its row. It is due at the latest after the largest back-off.
 * @returns `null` if the row contains no valid notice
 */
export function entryFromRow(row: Row, now: Now): QueueEntry | null {
  const value = row.value as { readonly notice?: Partial<Notice>; readonly findingId?: unknown } | null;
  const notice = value?.notice;
  if (typeof notice?.nextAtMs !== 'number' || typeof notice.createdAtMs !== 'number') return null;
  const { id, receiver, body, subject, type, seq, attempts } = notice;
  if (![id, receiver, body, subject, type].every((field) => typeof field === 'string')) return null;
  if (![seq, attempts].every((field) => typeof field === 'number')) return null;
  const waitMs = Math.min(limits.deliveryBackoffMsMax, Math.max(0, notice.nextAtMs - now.wallMs));
  return {
    notice: notice as Notice,
    findingId: typeof value?.findingId === 'string' ? value.findingId : null,
    bornMs: now.monotonicMs - Math.max(0, now.wallMs - notice.createdAtMs),
    dueMs: now.monotonicMs + waitMs,
    inFlight: false,
    // The earlier process may have ended while it was sending this notice.
    mayHaveArrived: true,
  };
}

/**
 * Returns the wait before the next attempt, milliseconds. It doubles with each attempt up to the largest back-off. Half
 * of it is random, so that many daemons do not send at the same time.
 * @param attempts  attempts made so far, ≥ 1
 * @param share     randomness in [0, 1)
 */
export function backoffMsFor(attempts: number, share: number): number {
  const ceiling = Math.min(limits.deliveryBackoffMsMax, limits.deliveryBackoffMsMin * 2 ** Math.min(attempts, 30));
  return Math.max(limits.deliveryBackoffMsMin, ceiling / 2 + (ceiling / 2) * share);
}

/**
 * True if an event passes the filter `only` of a receiver. An event without the value that a filter compares (mirror,
 * ecosystem or severity) passes that filter.
 */
export function isMeant({ only }: Pick<Receiver, 'only'>, { finding, action, ...draft }: NoticeDraft): boolean {
  if (only === undefined) return true;
  const { mirrors, ecosystems, severity } = only;
  const advice = action?.row.advice ?? draft.advice;
  const about = finding !== null ? [finding.registry] : [advice?.from, advice?.to];
  const named = about.filter((name) => name != null);
  const ecosystem = finding?.ecosystem ?? advice?.ecosystem ?? null;
  if (mirrors !== null && named.length > 0 && !named.some((name) => mirrors.includes(name))) return false;
  if (ecosystems !== null && ecosystem !== null && !ecosystems.includes(ecosystem)) return false;
  return finding === null || severities.indexOf(severityOf(finding)) >= severities.indexOf(severity);
}
