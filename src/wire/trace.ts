import type { IncomingHttpHeaders } from 'node:http';
import type { Hop } from '../core/transcript.ts';
import type { Spill } from './body-hold.ts';
import type { CarriedRequest } from './carrier.ts';

export interface ExchangeRequest extends CarriedRequest {
  readonly bodyBytesMax: number;
  readonly stopAfterBytes: number | null;
  /** As `ProbeRequest.asSent`. */
  readonly asSent?: true;
  readonly spill: Spill | null;
  /** As `Over.received`. */
  readonly received?: ((pieceBytes: number) => void) | undefined;
}

export interface ExchangeTrace {
  firstByteMs: number | null;
  endMs: number | null;
  status: number | null;
  /** The response headers with lower-case names. Repeated headers are joined by `, `. */
  headers: Readonly<Record<string, string>>;
  bodyBytes: number;
  /** The same as `Hop.ramp`. */
  ramp: Hop['ramp'] | null;
  /** As `Hop.repeated`. */
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
  // The response to HEAD states the length that the response to GET would have.
  if (method === 'HEAD' || status === 204 || status === 304) return 0;
  const length = headers['content-length'];
  return length === undefined || headers['transfer-encoding'] !== undefined ? null : Number(length);
}
