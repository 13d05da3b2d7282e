import type { Advice } from '../core/advice.ts';
import type { Receiver } from '../core/config.ts';
import type { Finding } from '../core/finding.ts';
import { limits } from '../core/limits.ts';
import type { Delivery, Notice } from '../core/notice.ts';
import type { Now, Random, Row } from '../core/ports.ts';
import { showsAlerts } from '../core/receiver-format.ts';
import { type Origin, renderAlertBody } from './alerts.ts';
import { isUnsent } from './chat/batch.ts';
import { isChangeable } from './chat/message.ts';
import { restoreSent, type SentMessages } from './chat/sent.ts';
import { type BodyMeta, bodyOf, type News } from './news.ts';
import {
  backoffMsFor,
  type Entry,
  entryFromRow,
  isMeant,
  mayHaveArrived,
  outboxRowOf,
  type Queue,
  removeExpired,
  removeOverflow,
} from './queue.ts';
import { findBase, restoreStory, type Stories, storyRowOf, viewOf } from './stories.ts';
import type { Turn } from './turn.ts';

/** The ids of the last notices about an open finding, by receiver. */
type Opened = Readonly<Record<string, string>>;

export interface State {
  origin: Origin;
  readonly live: Map<string, Finding>;
  /** Advice that is proposed now, by the mirror to leave. */
  readonly advised: Map<string, Advice>;
  /** When a finding is due to be sent to an Alertmanager again, by `<receiver>/<finding>`; monotonic. */
  readonly pushAtMs: Map<string, number>;
  readonly queues: Map<string, Queue>;
  /** The last sequence number of each subject. */
  readonly seqs: Map<string, number>;
  /** By the id of the finding. */
  readonly opened: Map<string, Opened>;
  readonly stories: Stories;
  readonly sent: SentMessages;
  readonly random: Random;
  readonly outbox: number;
  pending: Turn;
}

/** Restores stored rows; notices and sent messages that no receiver can use are deleted with the next turn. */
export function restore(state: State, rows: readonly Row[], now: Now): void {
  const canChange = (name: string): boolean => {
    const queue = state.queues.get(name);
    return queue !== undefined && isChangeable(queue.receiver);
  };
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
    else if (row.table === 'meta' && row.key.startsWith('sent/') && !restoreSent(state.sent, row, canChange))
      state.pending.delete('meta', row.key);
  }
  for (const queue of state.queues.values())
    queue.entries.sort((a, b) => a.bornMs - b.bornMs || a.notice.seq - b.notice.seq);
}

function asKnown({ chat }: Receiver, entry: Entry, now: Now): Entry {
  return chat !== undefined && isUnsent(entry, chat, now) ? { ...entry, mayHaveArrived: false } : entry;
}

/** True if a stored body has the form that the receiver needs now; only one for Alertmanager is a list. */
export function isFor(receiver: Receiver, { notice }: Entry): boolean {
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

/** `programs`: receivers that show alerts (Alertmanager). `people`: all others, also of format `standard`. */
type Audience = 'all' | 'programs' | 'people';

export function tell(state: State, news: News, audience: Audience, now: Now): void {
  const isRecovery = news.type === 'mirror.recovery';
  const story = state.stories.get(news.subject);
  const base = findBase(state.stories, news);
  const findingId = news.finding?.id ?? null;
  const opened = findingId === null ? undefined : state.opened.get(findingId);
  if (isRecovery && opened === undefined && news.finding?.state === 'acknowledged') return;
  if (isRecovery && findingId !== null) {
    state.opened.delete(findingId);
    state.pending.delete('meta', `opened/${findingId}`);
  }
  const wanting = [...state.queues.values()].filter((queue) => isOf(queue, audience) && wants(queue, news, findingId));
  for (const queue of wanting) if (queue.disabled) state.pending.count(queue.receiver.name, 'disabled');
  const live = wanting.filter((queue) => !queue.disabled);
  const told: Record<string, string> = { ...(isRecovery ? {} : opened) };
  if (live.length > 0) {
    const seq = nextSeqOf(state, news.subject);
    state.pending.put(seqRowOf(news.subject, seq, now));
    for (const queue of live) {
      const id = state.random.id(now.wallMs);
      told[queue.receiver.name] = id;
      const { name } = queue.receiver;
      const resolves = toldAs(queue, opened?.[name] ?? (isRecovery ? story?.told[name] : null) ?? null);
      const updates = toldAs(queue, base?.told[name] ?? null);
      const body = textFor(state, queue.receiver, news, { seq, resolves, updates, story: viewOf(story) }, now);
      const notice: Notice = {
        ...noticeOf(news, queue.receiver, id, seq, now),
        body,
        ...sentenceFor(queue.receiver, news),
        ...(updates === null ? {} : { updates }),
      };
      enqueue(state, queue, notice, findingId, now);
    }
  }
  if (story !== undefined && audience !== 'programs') {
    if (!isRecovery && base !== story) story.told = { ...story.told, ...told };
    state.pending.put(storyRowOf(news.subject, story, now));
  }
  const isKnown = opened !== undefined && live.length === 0;
  if (findingId !== null && !isRecovery && !isKnown) {
    state.opened.set(findingId, told);
    state.pending.put({ table: 'meta', key: `opened/${findingId}`, atMs: now.wallMs, value: told });
  }
  while (total(state) > state.outbox) {
    const over = removeOverflow([...state.queues.values()]);
    if (over === null) break;
    state.pending.drop(over.queue, over.entry, 'overflow');
  }
}

function textFor(
  state: State,
  receiver: Receiver,
  news: News,
  meta: Omit<BodyMeta, 'vantage' | 'wallMs'>,
  now: Now,
): string {
  // A chat also gets this body: its card is rendered from it when the notice is sent.
  if (!showsAlerts(receiver) || news.finding === null)
    return bodyOf(news, { ...meta, vantage: state.origin.vantage, wallMs: now.wallMs });
  const isRecovery = news.type === 'mirror.recovery';
  const endedAtMs = isRecovery ? (news.finding.closedAtMs ?? now.wallMs) : null;
  const advised = isRecovery ? null : (state.advised.get(news.finding.registry ?? '') ?? null);
  return renderAlertBody(news.finding, state.origin, receiver.lang, endedAtMs, advised);
}

/** The sentence that a card translates; the body has only its English text. */
function sentenceFor({ chat }: Receiver, { finding, action }: News): Pick<Notice, 'sentence'> {
  const sentence = finding?.sentence ?? action?.row.because;
  return chat === undefined || sentence == null ? {} : { sentence };
}

/** The id of a notice to refer to; for a chat `null` if that notice was not sent yet. */
function toldAs(queue: Queue, id: string | null): string | null {
  if (queue.receiver.chat === undefined) return id;
  return queue.entries.some((one) => one.notice.id === id && !one.inFlight && !one.mayHaveArrived) ? null : id;
}

function isOf({ receiver }: Queue, audience: Audience): boolean {
  return audience === 'all' || showsAlerts(receiver) === (audience === 'programs');
}

function wants(queue: Queue, news: News, findingId: string | null): boolean {
  // The end of an alert has the same filter as its beginning: Alertmanager gets both.
  const event = showsAlerts(queue.receiver) ? news.finding?.kind : news.event;
  if (event === undefined || !queue.receiver.on.includes(event) || !isMeant(queue.receiver, news)) return false;
  if (news.weight === 'news') return true;
  return queue.entries.some(
    (entry) => entry.findingId === findingId && entry.notice.type === news.type && isFresh(queue, entry),
  );
}

/** Whether a waiting notice may be replaced: it was not sent under its id, or its receiver ignores ids. */
function isFresh({ receiver }: Queue, { inFlight, mayHaveArrived: isOut }: Entry): boolean {
  return !inFlight && (!isOut || showsAlerts(receiver));
}

/** A notice that is due at once, without its text. */
export function noticeOf(
  news: Pick<News, 'type' | 'subject'>,
  receiver: Receiver,
  id: string,
  seq: number,
  now: Now,
): Omit<Notice, 'body' | 'sentence'> {
  return {
    id,
    receiver: receiver.name,
    type: news.type,
    subject: news.subject,
    seq,
    createdAtMs: now.wallMs,
    attempts: 0,
    nextAtMs: now.wallMs,
  };
}

export function entryOf(notice: Notice, findingId: string | null, { monotonicMs }: Now): Entry {
  return { notice, findingId, bornMs: monotonicMs, dueMs: monotonicMs, inFlight: false, mayHaveArrived: false };
}

/** Queues a notice at the end; it replaces waiting ones on its subject (`isOver`) and inherits their back-off. */
export function enqueue(state: State, queue: Queue, notice: Notice, findingId: string | null, now: Now): void {
  const groupMs = queue.receiver.chat?.groupMs ?? 0;
  let { attempts } = notice;
  let dueMs = now.monotonicMs + groupMs;
  for (const old of queue.entries) {
    if (old.inFlight || old.notice.subject !== notice.subject || !isOver(state, old, findingId)) continue;
    if (old.notice.attempts > attempts) {
      attempts = old.notice.attempts;
      dueMs = Math.max(dueMs, old.dueMs);
    } else if (groupMs > 0) dueMs = Math.min(dueMs, Math.max(now.monotonicMs, old.dueMs));
    state.pending.drop(queue, old, 'replaced');
  }
  const nextAtMs = now.wallMs + (dueMs - now.monotonicMs);
  const entry: Entry = { ...entryOf({ ...notice, attempts, nextAtMs }, findingId, now), dueMs };
  queue.entries.push(entry);
  state.pending.put(outboxRowOf(entry));
}

/** True if a newer notice replaces a waiting one: not if that one is about another finding that is still open. */
function isOver(state: State, old: Entry, findingId: string | null): boolean {
  return old.findingId === null || old.findingId === findingId || !state.opened.has(old.findingId);
}

export function applyDelivery(state: State, queue: Queue, entry: Entry, delivery: Delivery, now: Now): void {
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
  // An alert must not expire at the receiver during the wait.
  const longestMs = showsAlerts(queue.receiver) ? limits.pushEveryMs : limits.deliveryBackoffMsMax;
  // A requested wait must not hold notices until they expire.
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

function total(state: State): number {
  return [...state.queues.values()].reduce((sum, queue) => sum + queue.entries.length, 0);
}
