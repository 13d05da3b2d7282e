import { expect } from 'vitest';
import type { ChatRule, Receiver } from '../../../../src/core/config.ts';
import type { Delivery, Notice } from '../../../../src/core/notice.ts';
import {
  type ChatFormat,
  isChatFormat,
  type ReceiverFormat,
  receiverFormats,
} from '../../../../src/core/receiver-format.ts';
import { Secret } from '../../../../src/core/secret.ts';
import type { Sendable } from '../../../../src/notify/notifier.ts';
import { advice, receiver, type Stage } from '../stage.ts';

export const formats = Object.keys(receiverFormats)
  .map((format) => format as ReceiverFormat)
  .filter(isChatFormat);

const usual: ChatRule = { timeZone: 'Asia/Shanghai', groupMs: 15_000, quiet: null, page: 'https://mw.example.com' };

/** A receiver that people read. */
export function chat(
  name: string,
  format: ChatFormat,
  rule: Partial<ChatRule> = {},
  more: Partial<Receiver> = {},
): Receiver {
  return receiver(name, {
    url: new Secret(`https://chat.example.com/${name}?key=hunter2`),
    secrets: [],
    format,
    chat: { ...usual, ...rule },
    ...more,
  });
}

export const refused: Delivery = {
  tag: 'failed',
  failure: { kind: 'refused', code: '310000', retry: 'later' },
};

export const tooFast: Delivery = {
  tag: 'failed',
  failure: { kind: 'refused', code: '130101', retry: { afterMs: 600_000 } },
};

/** Every text of a body that is neither a key nor a word of the service. */
export function textsOf(body: string): string {
  const texts: string[] = [];
  const visit = (value: unknown): void => {
    if (typeof value === 'string') texts.push(value);
    else if (typeof value === 'object' && value !== null) Object.values(value).forEach(visit);
  };
  visit(JSON.parse(body));
  return texts.join('\n');
}

/** The refs of what a message carries, in its order. */
export function refs(sent: Sendable | undefined): string[] {
  return [...textsOf(sent?.message.body ?? '""').matchAll(/#(msg-\d+)/g)].map(([, ref = '']) => ref);
}

/** Composes proposed advice. */
export function propose(stage: Stage, more: Parameters<typeof advice>[1] = {}): void {
  stage.advise('proposed', advice('x', more));
}

/** The one message. */
export function one(sent: readonly Sendable[]): Sendable & { readonly notice: Notice } {
  expect(sent).toHaveLength(1);
  return sent[0] as Sendable;
}
