import { createHash } from 'node:crypto';
import type { WholeBody } from '../../core/body.ts';
import { isTimeout, type ProbeFailure } from '../../core/failure.ts';
import { limits } from '../../core/limits.ts';
import type { Facts } from '../../core/transcript.ts';
import { below, type End, type Responded, respondedOf, type Talk } from '../talk.ts';
import type { HttpContext } from './context.ts';

/**
 * What is stored about a file that was read to its end. Later probes use it to recognise whether the mirror still
 * serves the same bytes. Hashes are SHA-256, lower-case hex.
 */
export interface Copy {
  readonly path: string;
  /**
   * The ETags as sent; the newest is last. There can be several, because each server behind a mirror's URL can send its
   * own.
   */
  readonly etags: readonly string[];
  readonly bytes: number;
  /** `first`: the hash of the first `limits.peekBytes` bytes. `last`: the hash of the last `limits.peekBytes` bytes. */
  readonly first: string;
  readonly last: string;
  /** How the file differs from the signed list; `null`: it does not. */
  readonly wrong: { readonly failure: ProbeFailure; readonly facts: Facts } | null;
}

const etagsMax = 8;

/**
 * Makes the `Copy` of a file that was just read to its end.
 * @param before  the previous copy. Its ETags are copied if both copies have the same path and neither has a fault
 */
export function copyOf(
  path: string,
  { headers }: Responded,
  whole: WholeBody,
  wrong: Copy['wrong'],
  before?: Copy,
): Copy {
  const { bytes } = whole;
  const part = Math.min(bytes, limits.peekBytes);
  const [first, last] = [whole.read(0, part), whole.read(bytes - part, part)].map(sha256);
  const { etag } = headers;
  const known = before?.path === path && before.wrong === null && wrong === null ? before.etags : [];
  const etags = [...known.filter((one) => one !== etag), ...(etag === undefined ? [] : [etag])].slice(-etagsMax);
  return { path, etags, bytes, first: first ?? '', last: last ?? '', wrong };
}

/**
 * `same`: the mirror serves the bytes of the copy. `other`: it serves other bytes, or responds with a failure.
 * `unknown`: the response cannot be compared. `end`: how the conversation must end, for example after a timeout.
 */
type Compared = 'same' | 'other' | 'unknown' | { readonly end: End };

/**
 * Compares the file that the mirror serves with a copy. It compares ETags in a conditional request. Without ETags it
 * compares the length and the first and last `limits.peekBytes` bytes. If the compared parts are equal but the ETag is
 * new, the result is `unknown`, because the bytes in between may differ.
 */
export function* compareCopy(copy: Copy, context: HttpContext): Talk<Compared> {
  const { peekBytes } = limits;
  const condition = copy.etags.length === 0 ? {} : { 'if-none-match': copy.etags.join(', ') };
  const last = yield* part(copy, { ...condition, range: `bytes=-${peekBytes}` }, context);
  if (typeof last === 'string' || 'end' in last) return last;
  const isNew = copy.etags.length > 0 && last.headers['etag'] !== undefined;
  if (last.status === 206 && sha256(last.body) !== copy.last) return 'other';
  if (isNew) return 'unknown';
  if (last.status === 200 || copy.bytes <= peekBytes) return 'same';
  const first = yield* part(copy, { range: `bytes=0-${peekBytes - 1}` }, context);
  return typeof first === 'string' || 'end' in first ? first : 'same';
}

/**
 * Requests a part of the file and compares it with the copy. If this part is equal but does not decide, the response is
 * returned, and the caller compares more. It is a 206, or a 200 with the right length and beginning.
 */
function* part(
  copy: Copy,
  headers: Readonly<Record<string, string>>,
  context: HttpContext,
): Talk<Compared | Responded> {
  const request = { url: below(context, copy.path), headers, aside: true, asSent: true } as const;
  const { peekBytes: stopAfterBytes, packageIndexBytes: bodyBytesMax } = limits;
  const got = respondedOf(yield { ...request, stopAfterBytes, bodyBytesMax });
  if (got.tag === 'error') {
    const isLate = got.error.tag === 'failed' && isTimeout(got.error.failure.kind);
    return isLate || got.error.tag === 'unknown' ? { end: got.error } : 'other';
  }
  const { status, headers: own, body } = got.value;
  if (status === 304) return 'same';
  if (status === 206) {
    const bytes = /^bytes \d+-\d+\/(\d{1,15})$/.exec(own['content-range'] ?? '')?.[1];
    if (bytes === undefined) return 'unknown';
    if (Number(bytes) !== copy.bytes) return 'other';
    return headers['range']?.startsWith('bytes=0-') === true && sha256(body) !== copy.first ? 'other' : got.value;
  }
  if (status !== 200) return 'other';
  if (copy.etags.includes(own['etag'] ?? '')) return 'same';
  if (own['content-length'] === undefined) return 'unknown';
  const isSame =
    Number(own['content-length']) === copy.bytes && sha256(body.subarray(0, stopAfterBytes)) === copy.first;
  return isSame ? got.value : 'other';
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
