import type { Advice } from '../core/advice.ts';
import type { Receiver } from '../core/config.ts';
import type { Finding } from '../core/finding.ts';
import { limits } from '../core/limits.ts';
import type { Delivery, Notice } from '../core/notice.ts';
import type { Now, Random, Row } from '../core/ports.ts';
import { showsAlerts } from '../core/receiver-format.ts';
import type { Origin } from './alerts.ts';
import { isUnsent } from './chat/batch.ts';
import type { NoticeDraft } from './news.ts';
import {
  backoffMsFor,
  entryFromRow,
  mayHaveArrived,
  outboxRowOf,
  type Queue,
  type QueueEntry,
  removeExpired,
  removeOverflow,
} from './queue.ts';
import { restoreStory, type Stories } from './stories.ts';
import type { OutboxTurn } from './turn.ts';

/** The ids of the last notices about an open finding, by receiver. */
type Opened = Readonly<Record<string, string>>;

export interface State {
  origin: Origin;
  readonly live: Map<string, Finding>;
  /** Advice that is proposed now, by the mirror to leave. */
  readonly advised: Map<string, Advice>;
  /**
   * When a finding must be sent to an Alertmanager again, monotonic milliseconds. The key is `<receiver>/<finding>`.
   */
  readonly pushAtMs: Map<string, number>;
  readonly queues: Map<string, Queue>;
  /** The last sequence number of the notices on each subject. */
  readonly seqs: Map<string, number>;
  /** The ids of notices about each open finding, by the id of the finding. */
  readonly opened: Map<string, Opened>;
  readonly stories: Stories;
  readonly random: Random;
  readonly outbox: number;
  pending: OutboxTurn;
}

/**
 * Restores stored rows. Notices that no receiver can use are deleted by the next commit, and so are the rows `sent/` of
 * releases that edited messages.
 */
export function restoreOutbox(state: State, rows: readonly Row[], now: Now): void {
  for (const row of rows) {
    if (row.table === 'outbox') {
      const entry = entryFromRow(row, now);
      const queue = entry === null ? undefined : state.queues.get(entry.notice.receiver);
      if (entry === null || queue === undefined) state.pending.delete('outbox', row.key);
      else if (isFor(queue.receiver, entry)) queue.entries.push(asKnown(queue.receiver, entry, now));
      else state.pending.remove(entry);
    } else if (row.table === 'meta' && row.key.startsWith('seq/') && typeof row.value === 'number') {
      state.seqs.set(row.key.slice('seq/'.length), row.value);
    } else if (row.table === 'meta' && row.key.startsWith('opened/')) {
      state.opened.set(row.key.slice('opened/'.length), { ...(row.value as Opened) });
    } else if (row.table === 'meta' && row.key.startsWith('story/')) restoreStory(state.stories, row, now);
    else if (row.table === 'meta' && row.key.startsWith('sent/')) state.pending.delete('meta', row.key);
  }
  for (const queue of state.queues.values())
    queue.entries.sort((a, b) => a.bornMs - b.bornMs || a.notice.seq - b.notice.seq);
}

function asKnown({ chat }: Receiver, entry: QueueEntry, now: Now): QueueEntry {
  return chat !== undefined && isUnsent(entry, chat, now) ? { ...entry, mayHaveArrived: false } : entry;
}

/** True if a stored body has the format that the receiver needs now. Only a body for Alertmanager is a list. */
export function isFor(receiver: Receiver, { notice }: QueueEntry): boolean {
  return showsAlerts(receiver) === notice.body.startsWith('[');
}

export function nextSeqOf(state: State, subject: string): number {
  const seq = (state.seqs.get(subject) ?? 0) + 1;
  state.seqs.set(subject, seq);
  return seq;
}

export function seqRowOf(subject: string, seq: number, now: Now): Row {
  return { table: 'meta', key: `seq/${subject}`, atMs: now.wallMs, value: seq };
}

/** Makes a notice without its text. It is due at once. */
export function noticeOf(
  draft: Pick<NoticeDraft, 'type' | 'subject'>,
  receiver: Receiver,
  id: string,
  seq: number,
  now: Now,
): Omit<Notice, 'body' | 'sentence'> {
  return {
    id,
    receiver: receiver.name,
    type: draft.type,
    subject: draft.subject,
    seq,
    createdAtMs: now.wallMs,
    attempts: 0,
    nextAtMs: now.wallMs,
  };
}

export function outboxEntryOf(notice: Notice, findingId: string | null, { monotonicMs }: Now): QueueEntry {
  return { notice, findingId, bornMs: monotonicMs, dueMs: monotonicMs, inFlight: false, mayHaveArrived: false };
}

/**
 * Queues a notice at the end. Waiting notices on the same subject are removed if `isOver` allows it. The new notice
 * takes over their attempts and their wait.
 * @param waitMs  how long the notice waits for more news on its subject, milliseconds; 0: it is due now
 */
export function enqueue(
  state: State,
  queue: Queue,
  notice: Notice,
  findingId: string | null,
  now: Now,
  waitMs: number = queue.receiver.chat?.groupMs ?? 0,
): void {
  let { attempts } = notice;
  let dueMs = now.monotonicMs + waitMs;
  for (const old of queue.entries) {
    if (old.inFlight || old.notice.subject !== notice.subject || !isOver(state, old, findingId)) continue;
    if (old.notice.attempts > attempts) {
      attempts = old.notice.attempts;
      dueMs = Math.max(dueMs, old.dueMs);
    } else if (waitMs > 0) dueMs = Math.min(dueMs, Math.max(now.monotonicMs, old.dueMs));
    state.pending.drop(queue, old, 'replaced');
  }
  const nextAtMs = now.wallMs + (dueMs - now.monotonicMs);
  const entry: QueueEntry = { ...outboxEntryOf({ ...notice, attempts, nextAtMs }, findingId, now), dueMs };
  queue.entries.push(entry);
  state.pending.put(outboxRowOf(entry));
}

/**
 * True if a newer notice about `findingId` may replace this waiting notice. It may not if the waiting notice is about
 * another finding that is still open.
 */
function isOver(state: State, old: QueueEntry, findingId: string | null): boolean {
  return old.findingId === null || old.findingId === findingId || !state.opened.has(old.findingId);
}

export function applyDelivery(state: State, queue: Queue, entry: QueueEntry, delivery: Delivery, now: Now): void {
  entry.inFlight = false;
  queue.failure = delivery.tag === 'failed' ? delivery.failure : null;
  if (delivery.tag === 'delivered') return state.pending.drop(queue, entry, 'delivered');
  const { failure } = delivery;
  entry.mayHaveArrived ||= mayHaveArrived(failure);
  if (failure.kind === 'gone') {
    queue.disabled = true;
    for (const one of queue.entries) state.pending.drop(queue, one, 'disabled');
    return;
  }
  if (failure.retry === 'never') return state.pending.drop(queue, entry, 'rejected');
  const newer = queue.entries.find((one) => one !== entry && one.notice.subject === entry.notice.subject);
  const attempts = entry.notice.attempts + 1;
  // The wait for the next attempt is limited, because an alert must not expire at the receiver during the wait.
  const longestMs = showsAlerts(queue.receiver) ? limits.pushEveryMs : limits.deliveryBackoffMsMax;
  // The wait that the receiver requests is limited too, because a notice must not expire during the wait.
  const afterMs = failure.retry === 'later' ? 0 : Math.min(failure.retry.afterMs, longestMs);
  const waitMs = Math.max(afterMs, Math.min(longestMs, backoffMsFor(attempts, state.random.next())));
  if (afterMs > 0) queue.notBeforeMs = Math.max(queue.notBeforeMs, now.monotonicMs + afterMs);
  if (newer !== undefined && isOver(state, entry, newer.findingId)) {
    newer.dueMs = Math.max(newer.dueMs, now.monotonicMs + waitMs);
    newer.notice = { ...newer.notice, attempts, nextAtMs: now.wallMs + waitMs };
    state.pending.drop(queue, entry, 'replaced');
    state.pending.put(outboxRowOf(newer));
    return;
  }
  entry.dueMs = now.monotonicMs + waitMs;
  entry.notice = { ...entry.notice, attempts, nextAtMs: now.wallMs + waitMs };
  state.pending.put(outboxRowOf(entry));
  state.pending.count(queue.receiver.name, 'retried');
}

export function expire(state: State, now: Now): void {
  for (const queue of state.queues.values())
    for (const entry of removeExpired(queue, now.monotonicMs)) state.pending.drop(queue, entry, 'expired');
}

/** Drops waiting notices until all receivers together have no more than the maximum (`state.outbox`). */
export function dropOverflow(state: State): void {
  const total = (): number => [...state.queues.values()].reduce((sum, queue) => sum + queue.entries.length, 0);
  while (total() > state.outbox) {
    const over = removeOverflow([...state.queues.values()]);
    if (over === null) break;
    state.pending.drop(over.queue, over.entry, 'overflow');
  }
}
