import type { DeliveryFailure, Retry } from '../../core/notice.ts';
import type { Now } from '../../core/ports.ts';
import type { Card } from './card.ts';
import type { Tone } from './section.ts';

/** A request without its signature: URL and body. */
export interface Post {
  readonly url: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/** The incoming webhook of one chat service: how it renders a card, its limits, its signature, and its errors. */
export interface ChatService {
  /** URLs of the service's documentation. */
  readonly spec: readonly string[];
  /** The minimum milliseconds between two messages: the rate limit, with a reserve for tests of the operator. */
  readonly spacingMs: number;
  draw(card: Card): Post['body'];
  /** Whether a rendered card is within the service's limits. */
  fits(body: Post['body']): boolean;
  /** Adds the signature; `null`: the service has none. */
  readonly sign: ((post: Post, secret: string, now: Now) => Post) | null;
  /** How a sent message is edited; absent: it cannot be. */
  readonly edit?: {
    /** The URL of the request. @param receipt  that of the message to edit; `null`: for a new message */
    urlOf(url: string, receipt: string | null): string;
    /** The service's id of the new message; `null`: the response has none. */
    receiptIn(body: string): string | null;
  };
  /** The error in a response's body; `null`: none, or the status is more specific (410, 429, 503, redirects). */
  refusalIn(status: number, body: string): DeliveryFailure | null;
}

/** The mark before a title where the service has no colours of its own. */
export const marks: Readonly<Record<Tone, string>> = { bad: '🔴', warn: '🟠', act: '🔵', good: '🟢', info: '⚪' };

/** A block of code in Markdown. */
export function formatCode(text: string): string {
  return `\`\`\`\n${text.replaceAll('```', "'''")}\n\`\`\``;
}

/** True if the status alone decides what happens to the notice. */
export function saysItself(status: number): boolean {
  return (status >= 300 && status < 400) || status === 410 || status === 429 || status === 503;
}

/**
 * The error in a JSON response by its code; 0 is success. A response without a code is no success: the message is sent
 * again.
 * @param names  possible fields of the code, the first one present is used
 * @param waits  the wait before the next message, by code, milliseconds
 */
export function refusalByCode(
  status: number,
  body: string,
  names: readonly string[],
  waits: Readonly<Record<string, number>>,
): DeliveryFailure | null {
  if (saysItself(status)) return null;
  const code = codeIn(body, names);
  if (code === 0) return null;
  if (code === null) return status >= 200 && status < 300 ? refused('unreadable', 'later') : null;
  const waitMs = waits[code];
  return refused(String(code), waitMs === undefined ? 'later' : { afterMs: waitMs });
}

/** A failure with the service's own code. */
export function refused(code: string, retry: Retry): DeliveryFailure {
  return { kind: 'refused', code, retry };
}

/** Whether a value is an error code as text, as gateways of these services write it. */
function isDigits(value: unknown): boolean {
  return typeof value === 'string' && /^-?\d{1,15}$/.test(value);
}

function codeIn(body: string, names: readonly string[]): number | null {
  const answer = parseAnswer(body);
  const code = names.map((name) => answer[name]).find((value) => typeof value === 'number' || isDigits(value));
  return code !== undefined && Number.isSafeInteger(Number(code)) ? Number(code) : null;
}

/** The fields of a JSON response; empty for any other response. */
export function parseAnswer(body: string): Readonly<Record<string, unknown>> {
  try {
    return (JSON.parse(body) as Readonly<Record<string, unknown>> | null) ?? {};
  } catch {
    return {};
  }
}
