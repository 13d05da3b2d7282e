import type { ProbeFailure } from '../../core/failure.ts';
import type { Facts } from '../../core/transcript.ts';
import type { WholeBody } from '../../core/whole-body.ts';
import { malformed, mismatchOf, wrongContent } from '../../words/failure.ts';
import { phrase } from '../../words/tell.ts';
import { beginsLike } from '../begins.ts';
import { seenIn } from '../seen.ts';
import type { Talk } from '../talk.ts';
import { hashOf } from '../whole.ts';
import type { Expect } from './expect.ts';
import { headText, startsWith } from './format.ts';
import { compilePattern } from './pattern.ts';
import type { Head, Summed } from './profile.ts';

/** What is wrong with an answer by what its entry expects, or what was verified by it. */
export type Judged =
  | { readonly tag: 'ok'; readonly facts: Facts }
  | { readonly tag: 'error'; readonly error: ProbeFailure };

const algorithm = 'sha256';
/** Dates before this stand for none: 1970 and 1980 are the zeros of clocks and of zips. */
const madeUpMs = Date.UTC(1990, 0, 1);

/**
 * Holds an answer whose hash is not wrong to its entry: beginning, pattern, size and age.
 * Files of one path change: without a hash only those that state the same date are compared.
 * A size is `content-length` where only the beginning was read, of an answer that is not coded: none was asked for.
 * @param changedAtMs  the date that it states; `null`: only `Last-Modified` may tell
 */
export function judge(head: Head, expect: Expect, changedAtMs: number | null): Judged {
  const failure = shapeFailure(head, expect) ?? sizeFailure(head, expect) ?? ageFailure(head, expect, changedAtMs);
  if (failure !== null) return { tag: 'error', error: failure };
  if (head.sum === null) return { tag: 'ok', facts: {} };
  const { sha256: got, bytes } = head.sum;
  const seen = seenIn(head.body, bytes);
  if (expect.sha256 !== undefined)
    return { tag: 'ok', facts: { ...seen, verified: { algorithm, digest: got, against: 'pinned' } } };
  if (changedAtMs === null || changedAtMs < madeUpMs) return { tag: 'ok', facts: {} };
  const of = new Date(changedAtMs).toISOString();
  return { tag: 'ok', facts: { ...seen, compared: { algorithm, digest: got, of } } };
}

/**
 * A wrong hash where the entry names one, before anything is read of the file: of a body that begins as it should and has
 * the size that it should. One wrong byte may break a form too, and is still a wrong byte.
 */
export function hashFailure(head: Head, expect: Expect): ProbeFailure | null {
  const { sha256: want, startsHex } = expect;
  if (want === undefined || head.sum === null || sizeFailure(head, expect) !== null) return null;
  if (startsHex !== undefined && !beginsLike(head.body, startsHex)) return null;
  const { sha256: got } = head.sum;
  return got === want ? null : mismatchOf({ algorithm, want, got, by: phrase('answer.entrySha') });
}

/** What a whole file comes to. */
export function* sumOf(body: WholeBody): Talk<Summed> {
  return { bytes: body.bytes, sha256: (yield* hashOf(body, algorithm)).toString('hex') };
}

function shapeFailure({ body }: Head, { startsHex, matches }: Expect): ProbeFailure | null {
  if (startsHex !== undefined && !startsWith(body, startsHex)) return wrongContent('answer.entryFirst');
  if (matches === undefined) return null;
  const pattern = compilePattern(matches);
  return pattern.tag === 'ok' && pattern.value.isIn(headText(body)) ? null : wrongContent('answer.entryMatches');
}

function sizeFailure(head: Head, { bytes, bytesMin = 0, bytesMax }: Expect): ProbeFailure | null {
  const size = head.sum?.bytes ?? announced(head);
  if (size === null) return null;
  const isRight = (bytes ?? size) === size && size >= bytesMin && size <= (bytesMax ?? size);
  return isRight ? null : malformed('answer.entrySize');
}

function announced({ headers }: Head): number | null {
  const text = headers['content-length'] ?? '';
  return headers['content-encoding'] === undefined && /^\d{1,15}$/.test(text) ? Number(text) : null;
}

function ageFailure({ nowWallMs }: Head, { newerThanMs }: Expect, changedAtMs: number | null): ProbeFailure | null {
  if (newerThanMs === undefined) return null;
  if (changedAtMs === null) return malformed('answer.entryAge');
  return nowWallMs - changedAtMs <= newerThanMs ? null : malformed('answer.entryNew');
}
