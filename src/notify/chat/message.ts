import type { ChatRule, Receiver } from '../../core/config.ts';
import { limits } from '../../core/limits.ts';
import type { Post } from '../../core/notice.ts';
import type { Now } from '../../core/ports.ts';
import type { Origin } from '../alerts.ts';
import type { QueueEntry } from '../queue.ts';
import { chatServices } from '../receivers/receivers.ts';
import type { Card, Reader } from '../receivers/section.ts';
import type { ChatService } from '../receivers/service.ts';
import { wasHeld } from './batch.ts';
import { cardOf, draw } from './card.ts';

type Message = Parameters<Post['send']>[0];

export type Chat = Receiver & { readonly chat: ChatRule; readonly format: keyof typeof chatServices };

export function isChat(receiver: Receiver): receiver is Chat {
  return receiver.chat !== undefined && receiver.format in chatServices;
}

/** True for receivers with the same URL, because the service counts their messages together. */
export function isSameBot(one: Receiver, other: Receiver): boolean {
  return one.url.reveal() === other.url.reveal();
}

/** Renders one request with as many of these notices as fit in a message, at least the first. */
export function renderChatMessage(
  receiver: Chat,
  entries: readonly QueueEntry[],
  origin: Origin,
  now: Now,
): { readonly carried: readonly QueueEntry[]; readonly card: Card; readonly message: Message } {
  const service = chatServices[receiver.format];
  const reader = readerOf(receiver, origin);
  const all = entries.map(({ notice }) => draw(notice, reader));
  for (let count = entries.length; ; count -= 1) {
    const carried = entries.slice(0, count);
    const held = wasHeld(carried, receiver.chat, now) ? receiver.chat.quiet : null;
    const whole = cardOf(all.slice(0, count), reader, held, entries.length - count);
    const card = count > 1 ? whole : shortened(service, whole);
    const body = service.draw(card);
    if (count > 1 && !service.fits(body)) continue;
    return { carried, card, message: request(receiver, service, body, now) };
  }
}

/** Shortens a card of one notice: drops the last rows until the card fits in a message of the service. */
function shortened(service: ChatService, card: Card): Card {
  const [section] = card.sections;
  if (section === undefined || section.rows.length === 0 || service.fits(service.draw(card))) return card;
  return shortened(service, { ...card, sections: [{ ...section, rows: section.rows.slice(0, -1) }] });
}

function request(
  { url, secrets, allow }: Chat,
  service: ChatService,
  body: Record<string, unknown>,
  now: Now,
): Message {
  const [secret] = secrets;
  const plain = { url: service.urlOf?.(url.reveal()) ?? url.reveal(), body };
  const post = secret === undefined || service.sign === null ? plain : service.sign(plain, secret.reveal(), now);
  return {
    url: post.url,
    headers: { 'content-type': 'application/json; charset=utf-8' },
    body: JSON.stringify(post.body),
    allow,
    timeoutMs: limits.deliveryMs,
    refusalIn: service.refusalIn,
  };
}

function readerOf({ lang, chat }: Chat, { vantage, base }: Origin): Reader {
  return { language: lang, timeZone: chat.timeZone, vantage, page: chat.page ?? followed(base) };
}

/** Returns the URL for links to the status page; `null` if it is unknown, or on loopback, which a phone cannot open. */
function followed(base: string | null): string | null {
  return base === null || /^https?:\/\/(127\.|localhost[:/]|\[::1\])/.test(base) ? null : base;
}
