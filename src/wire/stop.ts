import type { Phase } from '../core/failure.ts';
import type { Sentence } from '../core/sentence.ts';
import type { Marks } from '../core/transcript.ts';
import { saySentence } from '../words/tell.ts';
import { english } from '../words/words.ts';

/** Marks while a hop is under way. */
export type LiveMarks = { -readonly [K in keyof Marks]: Marks[K] };

/** Why a hop ended before its answer was whole. Thrown inside the wire only, caught once by the hop. */
export class WireStop extends Error {
  readonly code: string;
  /** Body bytes that had come when it ended. */
  readonly bytesRead: number;
  /** How its text is said in any language; `null`: it is the runtime's own, or a peer's. */
  readonly sentence: Sentence | null;
  /** Monotonic instant of the end; `null`: now. */
  readonly atMs: number | null;

  constructor(code: string, text: string | Sentence, bytesRead = 0, atMs: number | null = null) {
    super(saySentence(text, english).slice(0, 200));
    this.code = code;
    this.sentence = typeof text === 'string' ? null : text;
    this.bytesRead = bytesRead;
    this.atMs = atMs;
  }
}

/**
 * The phase that a hop stood in, by its marks. A hop whose last mark is the first byte of the head stands in
 * `transfer`, also while its head is not complete.
 * @param isSecure  true where the connection needs TLS before it can carry a request
 * @param isReady   true where the connection was there already (kept from an earlier hop)
 */
export function phaseOf(marks: Marks, isSecure: boolean, isReady: boolean, isLiteral: boolean): Phase {
  if (marks.firstByte !== undefined) return 'transfer';
  if (isReady || marks.secured !== undefined) return 'processing';
  if (marks.connected !== undefined) return isSecure ? 'tls' : 'processing';
  return marks.resolved !== undefined || isLiteral ? 'connect' : 'resolve';
}

function fieldOf(error: unknown, name: 'code' | 'reason'): string | null {
  if (typeof error !== 'object' || error === null || !(name in error)) return null;
  const value = (error as Record<string, unknown>)[name];
  return typeof value === 'string' && value !== '' ? value : null;
}

/** The runtime's code for an error: its own, else its cause's, else the first of an AggregateError's; `null` if none. */
export function codeOf(error: unknown): string | null {
  const own = fieldOf(error, 'code');
  if (own !== null || !(error instanceof Error)) return own;
  if (error.cause !== undefined) return codeOf(error.cause);
  return error instanceof AggregateError ? codeOf(error.errors[0]) : null;
}

/** Any error as a stop, with OpenSSL's reason as text where there is one. Ours pass unchanged. */
export function stopOf(error: unknown, bytesRead = 0, atMs: number | null = null): WireStop {
  if (error instanceof WireStop) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new WireStop(codeOf(error) ?? 'MW_DEFECT', fieldOf(error, 'reason') ?? message, bytesRead, atMs);
}
