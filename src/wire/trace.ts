import type { IncomingHttpHeaders } from 'node:http';
import type { Hop } from '../core/transcript.ts';
import type { Spill } from './body-hold.ts';
import type { CarriedRequest } from './carrier.ts';

export interface ExchangeRequest extends CarriedRequest {
  readonly bodyBytesMax: number;
  readonly stopAfterBytes: number | null;
  /** True: the body is not decoded. */
  readonly asSent?: true;
  readonly spill: Spill | null;
  /** Called with the length of each received piece of the body. */
  readonly received?: ((pieceBytes: number) => void) | undefined;
}

export interface ExchangeTrace {
  firstByteMs: number | null;
  endMs: number | null;
  status: number | null;
  /** The response headers with lower-case names. Repeated headers are joined by `, `. */
  headers: Readonly<Record<string, string>>;
  bodyBytes: number;
  /**
   * When the first `limits.slowStartBytes` of the body had arrived (monotonic), and the bytes by then; `null`: not yet.
   */
  ramp: Hop['ramp'] | null;
  /**
   * Why the request was sent again over HTTP/2: the server refused the stream, or its GOAWAY excludes the stream;
   * `null`: neither.
   */
  repeated: NonNullable<Hop['repeated']> | null;
}

export function newTrace(): ExchangeTrace {
  return { firstByteMs: null, endMs: null, status: null, headers: {}, bodyBytes: 0, ramp: null, repeated: null };
}

export function joinTraces(headers: IncomingHttpHeaders): Record<string, string> {
  const plain: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) plain[name.toLowerCase()] = Array.isArray(value) ? value.join(', ') : value;
  }
  return plain;
}

/** Returns the body length that the response headers state, bytes; `null`: they do not state it. */
export function statedBytesOf(method: string, { status, headers }: ExchangeTrace): number | null {
  // The response to HEAD has no body: it states the length that the response to GET would have.
  if (method === 'HEAD' || status === 204 || status === 304) return 0;
  const length = headers['content-length'];
  return length === undefined || headers['transfer-encoding'] !== undefined ? null : Number(length);
}
