import type { Phase } from '../../core/failure.ts';
import type { Marks } from '../../core/transcript.ts';

/** Marks while a hop is under way. */
export type LiveMarks = { -readonly [K in keyof Marks]: Marks[K] };

/** Why a hop ended before its answer was whole. Thrown inside the wire only, caught once by the hop. */
export class WireStop extends Error {
  readonly code: string;
  /** Body bytes that had come when it ended. */
  readonly bytesRead: number;
  /** Monotonic instant of the end; `null`: now. */
  readonly atMs: number | null;

  constructor(code: string, text: string, bytesRead = 0, atMs: number | null = null) {
    super(text.slice(0, 200));
    this.code = code;
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

/**
 * undici's errors in the words of our table: one code for one fact.
 * - its parser's errors have no code of their own (undici 8.12): before the head is complete `MW_BAD_HEAD`, later
 *   `HPE_INVALID_CHUNK_SIZE`, and `UND_ERR_SOCKET` where only the end came too early
 * - `bad response` (100 unasked, an answer to nothing) and `bad upgrade` are a bad head
 * @param socketError  what the socket itself reported first, which says more than "other side closed"
 */
export function exchangeStop(
  error: unknown,
  state: { readonly hasHead: boolean; readonly bytesRead: number; readonly socketError: Error | null },
  atMs: number,
): WireStop {
  const stop = stopOf(error, state.bytesRead, atMs);
  const as = (code: string, text = stop.message): WireStop => new WireStop(code, text, state.bytesRead, atMs);
  if (error instanceof Error && error.name === 'HTTPParserError') {
    if (/EOF/i.test(error.message)) return as('UND_ERR_SOCKET', 'connection ended inside the answer');
    return as(state.hasHead ? 'HPE_INVALID_CHUNK_SIZE' : 'MW_BAD_HEAD');
  }
  switch (stop.code) {
    case 'UND_ERR_HEADERS_OVERFLOW':
      return as('MW_HEAD_TOO_LARGE', 'the head is larger than the limit');
    case 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH':
      // What undici says of any parser's error once it has read a Content-Length, also one in the same head.
      return state.hasHead ? stop : as('MW_BAD_HEAD', 'the head is no HTTP/1.1');
    case 'UND_ERR_SOCKET':
      if (/^bad (response|upgrade)/.test(stop.message)) return as('MW_BAD_HEAD');
      return state.socketError === null ? stop : stopOf(state.socketError, state.bytesRead, atMs);
    default:
      return stop;
  }
}
