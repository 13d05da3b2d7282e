import type { DeliveryFailure, Retry } from '../../core/notice.ts';
import type { Now } from '../../core/ports.ts';
import type { Card } from './card.ts';
import type { Tone } from './section.ts';

/** A request without its signature: where to, and what. */
export interface Post {
  readonly url: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/** One chat's incoming webhook: how it draws a card, what it takes, how it is signed, and how it says no. */
export interface ChatService {
  /** Where all this is written. */
  readonly spec: readonly string[];
  /** Least time between two messages: its rate, spread evenly, with something left for the operator's own tests. */
  readonly spacingMs: number;
  draw(card: Card): Post['body'];
  /** Whether a drawn card is within its limits. */
  fits(body: Post['body']): boolean;
  /** Adds the proof of the secret; `null`: the service knows none. */
  readonly sign: ((post: Post, secret: string, now: Now) => Post) | null;
  /** How a message that was sent is changed; absent: it cannot be. */
  readonly edit?: {
    /** Where to send; `receipt`: that of the message to change, `null`: a new one. */
    urlOf(url: string, receipt: string | null): string;
    /** What the service knows the new message by; `null`: the answer does not say. */
    receiptIn(body: string): string | null;
  };
  /** What an answer's body says went wrong; `null`: nothing, or the status says it better (410, 429, 503, redirects). */
  refusalIn(status: number, body: string): DeliveryFailure | null;
}

/** The mark before a title where the service has no colours of its own. */
export const marks: Readonly<Record<Tone, string>> = { bad: '🔴', warn: '🟠', act: '🔵', good: '🟢', info: '⚪' };

/** True where the status itself says what becomes of the notice. */
export function saysItself(status: number): boolean {
  return (status >= 300 && status < 400) || status === 410 || status === 429 || status === 503;
}

/**
 * What an answer in JSON says by its code, where 0 is success. An answer without one is no success: it is told again.
 * @param names  where the code may stand, the first that is there counts
 * @param waits  how long the service wants to be left alone, by code, milliseconds
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

/** A failure in the service's own words. */
export function refused(code: string, retry: Retry): DeliveryFailure {
  return { kind: 'refused', code, retry };
}

/** A gateway before the service writes its codes as texts. */
function isDigits(value: unknown): boolean {
  return typeof value === 'string' && /^-?\d{1,15}$/.test(value);
}

function codeIn(body: string, names: readonly string[]): number | null {
  try {
    const answer = JSON.parse(body) as Readonly<Record<string, unknown>> | null;
    const code = names.map((name) => answer?.[name]).find((value) => typeof value === 'number' || isDigits(value));
    return code !== undefined && Number.isSafeInteger(Number(code)) ? Number(code) : null;
  } catch {
    return null;
  }
}
