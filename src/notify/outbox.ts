import type { Advice } from '../core/advice.ts';
import type { Receiver } from '../core/config.ts';
import type { Finding } from '../core/finding.ts';
import { limits } from '../core/limits.ts';
import type { Delivery, DeliveryOutcome, Notice } from '../core/notice.ts';
import type { Now, Random, Row, Table } from '../core/ports.ts';
import { showsAlerts } from '../core/receiver-format.ts';
import type { Origin } from './alerts.ts';
import { isUnsent } from './chat/batch.ts';
import type { NoticeDraft } from './news.ts';
import {
  backoffMsFor,
  entryFromRow,
  findOverflow,
  isExpired,
  mayHaveArrived,
  outboxKeyOf,
  outboxRowOf,
  type Queue,
  type QueueEntry,
} from './queue.ts';
import { restoreStory, type Stories } from './stories.ts';

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
  /** The time of the present call. */
  now: Now;
  pending: ReturnType<typeof openOutboxTurn>;
}

/**
 * The changes of one call to the outbox: rows to commit together with their cause (findings, advice, deliveries),
 * and outcomes of notices to count.
 */
export interface NotifyTurn {
  readonly rows: readonly Row[];
  readonly deletes: readonly { readonly table: Table; readonly key: string }[];
  readonly outcomes: readonly { readonly receiver: string; readonly outcome: DeliveryOutcome }[];
}

/** Collects the row changes and outcomes of one call to the outbox. The last change of a key replaces earlier ones. */
export function openOutboxTurn() {
  const puts = new Map<string, Row>();
  const deletes = new Map<string, NotifyTurn['deletes'][number]>();
  const outcomes: NotifyTurn['outcomes'][number][] = [];
  const turn = {
    put(row: Row): void {
      deletes.delete(`${row.table}/${row.key}`);
      puts.set(`${row.table}/${row.key}`, row);
    },
    delete(table: Table, key: string): void {
      puts.delete(`${table}/${key}`);
      deletes.set(`${table}/${key}`, { table, key });
    },
    remove: ({ notice }: QueueEntry) => turn.delete('outbox', outboxKeyOf(notice)),
    drop(queue: Queue, entry: QueueEntry, outcome: DeliveryOutcome): void {
      queue.entries = queue.entries.filter((one) => one !== entry);
      turn.remove(entry);
      turn.count(queue.receiver.name, outcome);
    },
    count: (receiver: string, outcome: DeliveryOutcome) => void outcomes.push({ receiver, outcome }),
    done: (): NotifyTurn => ({ rows: [...puts.values()], deletes: [...deletes.values()], outcomes }),
  };
  return turn;
}

/**
 * Restores stored rows. Notices that no receiver can use are deleted by the next commit, and so are the rows `sent/` of
 * releases that edited messages.
 */
export function restoreOutbox(state: State, rows: readonly Row[]): void {
  const { now } = state;
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

/** Takes the next sequence number of the notices on a subject. */
export function nextSeqOf({ seqs, pending, now }: State, subject: string): number {
  const seq = (seqs.get(subject) ?? 0) + 1;
  seqs.set(subject, seq);
  pending.put({ table: 'meta', key: `seq/${subject}`, atMs: now.wallMs, value: seq });
  return seq;
}

/** Makes a notice without its text. It is due at once. */
export function noticeOf(
  { random, now: { wallMs } }: State,
  { type, subject }: Pick<NoticeDraft, 'type' | 'subject'>,
  receiver: Receiver,
  seq: number,
): Omit<Notice, 'body' | 'sentence'> {
  const times = { createdAtMs: wallMs, attempts: 0, nextAtMs: wallMs };
  return { id: random.id(wallMs), receiver: receiver.name, type, subject, seq, ...times };
}

export function outboxEntryOf(notice: Notice, findingId: string | null, { monotonicMs }: Now): QueueEntry {
  return { notice, findingId, bornMs: monotonicMs, dueMs: monotonicMs, inFlight: false, mayHaveArrived: false };
}

/**
 * Queues a notice at the end. Waiting notices on the same subject are removed if `isOver` allows it. The new notice
 * takes over their attempts and their wait.
 * @param waitMs  how long the notice waits for more news on its subject, milliseconds; 0: it is due now
 */
export function enqueue(state: State, queue: Queue, notice: Notice, findingId: string | null, waitMs: number): void {
  const { now } = state;
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

export function applyDelivery(state: State, queue: Queue, entry: QueueEntry, delivery: Delivery): void {
  const { now } = state;
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

export function expire({ queues, pending, now }: State): void {
  for (const queue of queues.values())
    for (const entry of queue.entries) if (isExpired(entry, now.monotonicMs)) pending.drop(queue, entry, 'expired');
}

/** Drops waiting notices until all receivers together have no more than the maximum (`state.outbox`). */
export function dropOverflow({ queues, outbox, pending }: State): void {
  const all = [...queues.values()];
  for (let over = all.reduce((sum, { entries }) => sum + entries.length, 0) - outbox; over > 0; over -= 1) {
    const found = findOverflow(all);
    if (found === null) break;
    pending.drop(found.queue, found.entry, 'overflow');
  }
}
