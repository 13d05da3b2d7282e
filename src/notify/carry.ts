import type { Delivery, Notice, Post } from '../core/notice.ts';
import type { Now } from '../core/ports.ts';
import { batchOf, isQuiet, sortOut } from './chat/batch.ts';
import { type Chat, isSameBot, renderChatMessage } from './chat/message.ts';
import { applyDelivery, type State } from './outbox.ts';
import type { Queue } from './queue.ts';
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

/** Returns the next message for a chat. The result is empty if none is due. */
export function takeCard(state: State, queue: Queue, receiver: Chat, now: Now): readonly Sendable[] {
  if (isQuiet(receiver.chat, now.wallMs)) queue.heldMs = now.monotonicMs;
  const batch = batchOf(queue, receiver.chat, now);
  const [first] = batch;
  if (first === undefined) return [];
  const { carried, card, message } = renderChatMessage(receiver, batch, state.origin, now);
  for (const entry of carried) {
    entry.inFlight = true;
    entry.carrier = first.notice.id;
  }
  const pacedMs = now.monotonicMs + chatServices[receiver.format].spacingMs;
  for (const other of state.queues.values()) if (isSameBot(other.receiver, receiver)) other.pacedMs = pacedMs;
  return [{ notice: first.notice, message, card }];
}

export function closeDelivery(state: State, queue: Queue, { id }: Notice, delivery: Delivery, now: Now): void {
  const sent = queue.entries.filter(({ notice, inFlight, carrier = notice.id }) => inFlight && carrier === id);
  for (const entry of sent) delete entry.carrier;
  const isRefused = delivery.tag === 'failed' && delivery.failure.kind === 'refused';
  if (delivery.tag === 'delivered') sortOut(queue, sent, 'taken');
  // A refusal with a wait is about the rate limit of the service. It says nothing about the content of the notices.
  else if (isRefused && delivery.failure.retry === 'later') sortOut(queue, sent, 'refused');
  for (const entry of sent) applyDelivery(state, queue, entry, delivery, now);
}
