import { limits } from '../../core/limits.ts';
import type { Notice } from '../../core/notice.ts';
import type { Row } from '../../core/ports.ts';
import type { OutboxTurn } from '../turn.ts';

/** A sent message of a chat that can still be edited. */
export interface SentMessage {
  /** The id of the first notice that the message carried. */
  readonly key: string;
  /** The service's id of the message. */
  readonly receipt: string;
  /** The ids of the notices that the message has carried; after an edit only the newest `limits.sentNotices`. */
  readonly ids: readonly string[];
  readonly notices: readonly Notice[];
}

/**
 * Editable messages by receiver, at most `limits.sentMessages` for each receiver. The message that was sent or edited
 * last is at the end.
 */
export type SentMessages = Map<string, readonly SentMessage[]>;

const keyPrefix = 'sent/';

/**
 * Returns the sent message to edit for a notice that updates an earlier one; `null`: there is none, or it cannot be
 * edited.
 */
export function messageToChange(sent: SentMessages, { receiver, updates }: Notice): SentMessage | null {
  if (updates === undefined) return null;
  return sent.get(receiver)?.find(({ ids }) => ids.includes(updates)) ?? null;
}

/** Returns the notices of a message after others are added. Each added notice replaces an older one on its subject. */
export function shownWith({ notices }: SentMessage, added: readonly Notice[]): readonly Notice[] {
  const subjects = new Set(added.map(({ subject }) => subject));
  return [...notices.filter(({ subject }) => !subjects.has(subject)), ...added];
}

export function recordSent(
  sent: SentMessages,
  message: SentMessage,
  receiver: string,
  wallMs: number,
  turn: OutboxTurn,
): void {
  const others = (sent.get(receiver) ?? []).filter(({ key }) => key !== message.key);
  const all = [...others, message];
  for (const { key } of all.slice(0, -limits.sentMessages)) turn.delete('meta', rowKey(receiver, key));
  sent.set(receiver, all.slice(-limits.sentMessages));
  const value = { v: 1, receiver, ...message };
  turn.put({ table: 'meta', key: rowKey(receiver, message.key), atMs: wallMs, value });
}

export function dropSent(sent: SentMessages, key: string, receiver: string, turn: OutboxTurn): void {
  sent.set(
    receiver,
    (sent.get(receiver) ?? []).filter((one) => one.key !== key),
  );
  turn.delete('meta', rowKey(receiver, key));
}

/**
 * Restores a sent message from its stored row.
 * @returns false, without restoring it, if the row has another version or the receiver cannot edit messages
 */
export function restoreSent(sent: SentMessages, { value }: Row, isChangeable: (receiver: string) => boolean): boolean {
  const { v, receiver, ...message } = value as SentMessage & { readonly v: number; readonly receiver: string };
  if (v !== 1 || !isChangeable(receiver)) return false;
  sent.set(receiver, [...(sent.get(receiver) ?? []), message]);
  return true;
}

function rowKey(receiver: string, key: string): string {
  return `${keyPrefix}${receiver}/${key}`;
}
