import type { DeliveryFailure, Retry } from '../../core/notice.ts';
import type { Now } from '../../core/ports.ts';
import { readMapping } from '../../core/read-json.ts';
import type { Card, Tone } from './section.ts';

export interface ServicePost {
  readonly url: string;
  readonly body: Readonly<Record<string, unknown>>;
}

export interface ChatService {
  /** The minimum time between two messages, milliseconds; longer than the rate limit requires. */
  readonly spacingMs: number;
  draw(card: Card): ServicePost['body'];
  fits(body: ServicePost['body']): boolean;
  /** Adds the signature; `null`: the service has none. */
  readonly sign: ((post: ServicePost, secret: string, now: Now) => ServicePost) | null;
  /** Returns the URL of the request from the configured one; absent: the two are equal. */
  urlOf?(url: string): string;
  /** Reads the error in the body of a response; `null`: the status alone shows whether it is an error. */
  refusalIn(status: number, body: string): DeliveryFailure | null;
}

export const marks: Readonly<Record<Tone, string>> = { bad: '🔴', warn: '🟠', act: '🔵', good: '🟢', info: '⚪' };

export function formatCode(text: string): string {
  return `\`\`\`\n${text.replaceAll('```', "'''")}\n\`\`\``;
}

export function hasOwnStatus(status: number): boolean {
  return (status >= 300 && status < 400) || status === 410 || status === 429 || status === 503;
}

/**
 * Returns the error in a JSON response by its code. Code 0 means success. A 2xx response without a code is a failure.
 * `null`: a success, or the status alone shows the error.
 * @param names  possible fields of the code: the first one with a number is used
 * @param waits  the wait before the next message, by code, milliseconds
 */
export function refusalByCode(
  status: number,
  body: string,
  names: readonly string[],
  waits: Readonly<Record<string, number>>,
): DeliveryFailure | null {
  if (hasOwnStatus(status)) return null;
  const code = codeIn(body, names);
  if (code === 0) return null;
  if (code === null) return status >= 200 && status < 300 ? refused('unreadable', 'later') : null;
  const waitMs = waits[code];
  return refused(String(code), waitMs === undefined ? 'later' : { afterMs: waitMs });
}

export function refused(code: string, retry: Retry): DeliveryFailure {
  return { kind: 'refused', code, retry };
}

/** True for text of digits, because some chat services send error codes as text. */
function isDigits(value: unknown): boolean {
  return typeof value === 'string' && /^-?\d{1,15}$/.test(value);
}

function codeIn(body: string, names: readonly string[]): number | null {
  const response = parseResponse(body);
  const code = names.map((name) => response[name]).find((value) => typeof value === 'number' || isDigits(value));
  return code !== undefined && Number.isSafeInteger(Number(code)) ? Number(code) : null;
}

/** Returns the fields of a JSON response; empty for any other response. */
export function parseResponse(body: string): Readonly<Record<string, unknown>> {
  return readMapping(body) ?? {};
}
