import { createHash } from 'node:crypto';
import type { ProbeFailure } from '../../core/failure.ts';
import type { Facts } from '../../core/transcript.ts';
import type { Expect } from './expect.ts';
import { headText, startsWith } from './format.ts';
import { compilePattern } from './pattern.ts';
import type { Head } from './profile.ts';

/** What is wrong with an answer by what its entry expects, or what was verified by it. */
export type Judged =
  | { readonly tag: 'ok'; readonly facts: Facts }
  | { readonly tag: 'error'; readonly error: ProbeFailure };

/**
 * Holds an answer to its entry: beginning, pattern and size first, then the hash where the whole file is at hand.
 * A size is `content-length` where only the beginning was read, of an answer that is not coded: none was asked for.
 * @param changedAtMs  the date that it states; `null`: only `Last-Modified` may tell
 */
export function judge(head: Head, expect: Expect, changedAtMs: number | null): Judged {
  const failure = shapeFailure(head, expect) ?? sizeFailure(head, expect) ?? ageFailure(head, expect, changedAtMs);
  if (failure !== null) return { tag: 'error', error: failure };
  if (!head.isWhole) return { tag: 'ok', facts: {} };
  const got = sha256Of(head.body);
  const { sha256: want } = expect;
  if (want === undefined) return { tag: 'ok', facts: {} };
  if (got !== want) return { tag: 'error', error: { kind: 'mismatch', algorithm: 'sha256', want, got } };
  return { tag: 'ok', facts: { verified: { algorithm: 'sha256', digest: got, against: 'pinned' } } };
}

/** Lower-case hex. */
export function sha256Of(body: Uint8Array): string {
  return createHash('sha256').update(body).digest('hex');
}

function shapeFailure({ body }: Head, { startsHex, matches }: Expect): ProbeFailure | null {
  if (startsHex !== undefined && !startsWith(body, startsHex))
    return { kind: 'wrong_content', expected: 'the first bytes that its entry names' };
  if (matches === undefined) return null;
  const pattern = compilePattern(matches);
  return pattern.tag === 'ok' && pattern.value.isIn(headText(body))
    ? null
    : { kind: 'wrong_content', expected: 'what its entry matches' };
}

function sizeFailure(head: Head, { bytes, bytesMin = 0, bytesMax }: Expect): ProbeFailure | null {
  const size = head.isWhole ? head.body.length : announced(head);
  if (size === null) return null;
  const isRight = (bytes ?? size) === size && size >= bytesMin && size <= (bytesMax ?? size);
  return isRight ? null : { kind: 'malformed', expected: 'a file of the size that its entry names' };
}

function announced({ headers }: Head): number | null {
  const text = headers['content-length'] ?? '';
  return headers['content-encoding'] === undefined && /^\d{1,15}$/.test(text) ? Number(text) : null;
}

function ageFailure({ nowWallMs }: Head, { newerThanMs }: Expect, changedAtMs: number | null): ProbeFailure | null {
  if (newerThanMs === undefined) return null;
  if (changedAtMs === null) return { kind: 'malformed', expected: 'a date to tell its age by' };
  return nowWallMs - changedAtMs <= newerThanMs
    ? null
    : { kind: 'malformed', expected: 'a file as new as its entry says' };
}
