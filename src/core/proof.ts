import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { Secret } from './secret.ts';

/** The header in which the daemon gives a nonce: a value with which a client proves once that it knows the token. */
export const nonceHeader = 'x-proof-nonce';
/** The header in which the daemon proves that it knows the token too, and that the response is its own. */
export const proofHeader = 'x-proof';
/** The scheme of `Authorization` for a proof (docs/decisions/0188). */
export const proofScheme = 'Mirrorwatch-Proof';

/** Headers of responses that decide what a client does. The proof of a response covers them. */
const provenHeader = /^x-(?:advice|state)-/;

export interface ProvenRequest {
  readonly nonce: string;
  /** A random value of the client, so that the proof of another response does not fit. */
  readonly clientNonce: string;
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  readonly bodyHash: string;
}

export interface ProvenResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  /** `null`: the proof was made before the body, because the response is a stream. */
  readonly body: string | Uint8Array | null;
}

export function bodyHashOf(body: string | Uint8Array): string {
  return createHash('sha256').update(body).digest('base64url');
}

/** Returns the proof that a client knows the token, for this request alone. */
export function requestProofOf(token: Secret, { nonce, clientNonce, method, path, bodyHash }: ProvenRequest): string {
  return proofOf(token, ['request', nonce, clientNonce, method, path, bodyHash]);
}

/** Returns the proof that the daemon knows the token and sent this response to the request with this proof. */
export function responseProofOf(
  token: Secret,
  requestProof: string,
  { status, headers, body }: ProvenResponse,
): string {
  const proven = Object.entries(headers).filter(([name]) => provenHeader.test(name));
  const lines = proven.map(([name, value]) => `${name}:${String(value)}`).toSorted();
  return proofOf(token, ['response', requestProof, status, lines, body === null ? null : bodyHashOf(body)]);
}

/** True if two proofs are equal. The comparison takes the same time wherever they differ. */
export function isSameProof(one: string, other: string): boolean {
  return timingSafeEqual(Buffer.from(bodyHashOf(one)), Buffer.from(bodyHashOf(other)));
}

function proofOf(token: Secret, parts: readonly unknown[]): string {
  return createHmac('sha256', token.reveal()).update(JSON.stringify(parts)).digest('base64url');
}
