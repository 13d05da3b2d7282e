import { limits } from '../core/limits.ts';
import type { Delivery, Notice, Post } from '../core/notice.ts';
import type { Now } from '../core/ports.ts';
import { batchOf, isQuiet, sortOut } from './chat/batch.ts';
import { type Chat, isSameBot, renderChatChange, renderChatMessage } from './chat/message.ts';
import { dropSent, messageToChange, recordSent, type SentMessage, shownWith } from './chat/sent.ts';
import { applyDelivery, type State } from './outbox.ts';
import type { Queue, QueueEntry } from './queue.ts';
import { chatServices } from './receivers/receivers.ts';
import type { Card } from './receivers/section.ts';

export interface Sendable {
  readonly notice: Notice;
  readonly message: Parameters<Post['send']>[0];
  /**
   * The content of a chat message, before it is rendered for the chat service. Absent: the receiver is not a chat, or
   * the message is a test.
   */
  readonly card?: Card;
}

interface Carrying {
  readonly carried: readonly QueueEntry[];
  readonly card: Card;
  readonly message: Sendable['message'];
  readonly changes: SentMessage | null;
}

/** Returns the next message for a chat: a new one, or an edit of a sent one. The result is empty if none is due. */
export function takeCard(state: State, queue: Queue, receiver: Chat, now: Now): readonly Sendable[] {
  if (isQuiet(receiver.chat, now.wallMs)) queue.heldMs = now.monotonicMs;
  const batch = batchOf(queue, receiver.chat, now);
  const [first] = batch;
  if (first === undefined) return [];
  const { carried, card, message, changes } = carryingOf(state, receiver, batch, first, now);
  for (const entry of carried) {
    entry.inFlight = true;
    entry.carrier = first.notice.id;
    if (changes !== null) entry.changes = changes.key;
  }
  const pacedMs = now.monotonicMs + chatServices[receiver.format].spacingMs;
  for (const other of state.queues.values()) if (isSameBot(other.receiver, receiver)) other.pacedMs = pacedMs;
  return [{ notice: first.notice, message, card }];
}

function carryingOf(state: State, receiver: Chat, batch: readonly QueueEntry[], first: QueueEntry, now: Now): Carrying {
  const changes = messageToChange(state.sent, first.notice);
  const alike = batch.filter(({ notice }) => messageToChange(state.sent, notice) === changes);
  if (changes !== null) {
    const notices = shownWith(
      changes,
      alike.map(({ notice }) => notice),
    );
    const change = renderChatChange(receiver, changes.receipt, notices, state.origin, now);
    if (change !== null) return { ...change, carried: alike, changes };
  }
  return { ...renderChatMessage(receiver, alike, state.origin, now), changes: null };
}

export function closeDelivery(state: State, queue: Queue, { id }: Notice, delivery: Delivery, now: Now): void {
  const sent = queue.entries.filter(({ notice, inFlight, carrier = notice.id }) => inFlight && carrier === id);
  const changed = state.sent.get(queue.receiver.name)?.find(({ key }) => key === sent[0]?.changes) ?? null;
  for (const entry of sent) {
    delete entry.carrier;
    delete entry.changes;
  }
  if (changed !== null && isUnchangeable(delivery)) return sendAnew(state, queue, sent, changed);
  const isRefused = delivery.tag === 'failed' && delivery.failure.kind === 'refused';
  if (delivery.tag === 'delivered') {
    sortOut(queue, sent, 'taken');
    keepSent(state, queue, sent, changed, delivery.receipt, now);
  }
  // A refusal with a wait is about the rate limit of the service. It says nothing about the content of the notices.
  else if (isRefused && delivery.failure.retry === 'later') sortOut(queue, sent, 'refused');
  for (const entry of sent) applyDelivery(state, queue, entry, delivery, now);
}

function isUnchangeable(delivery: Delivery): boolean {
  if (delivery.tag === 'delivered') return false;
  const { failure } = delivery;
  return failure.kind === 'refused' || (failure.kind === 'status' && failure.status === 404);
}

function sendAnew(state: State, queue: Queue, entries: readonly QueueEntry[], { key }: SentMessage): void {
  dropSent(state.sent, key, queue.receiver.name, state.pending);
  for (const entry of entries) entry.inFlight = false;
}

/**
 * Records a sent or edited message, so that it can be edited later. A new message is recorded only if its service
 * returned an id for it (`receipt`).
 */
function keepSent(
  state: State,
  { receiver }: Queue,
  entries: readonly QueueEntry[],
  changed: SentMessage | null,
  receipt: string | undefined,
  now: Now,
): void {
  const notices = entries.map(({ notice }) => notice);
  const ids = notices.map(({ id }) => id);
  const [key] = ids;
  const message =
    changed !== null
      ? { ...changed, ids: [...changed.ids, ...ids].slice(-limits.sentNotices), notices: shownWith(changed, notices) }
      : key !== undefined && receipt !== undefined
        ? { key, receipt, ids, notices }
        : null;
  if (message !== null) recordSent(state.sent, message, receiver.name, now.wallMs, state.pending);
}
