import type { WholeBody } from '../../core/body.ts';
import type { ProbeFailure } from '../../core/failure.ts';
import { error, ok, type Result } from '../../core/result.ts';
import type { Facts } from '../../core/transcript.ts';
import { malformed, mismatchOf, phrase, wrongContent } from '../../words/tell.ts';
import { wordOfFile } from '../file-word.ts';
import { hashOf, matchesBeginning, seenIn, type Talk } from '../talk.ts';
import { headTextOf, startsWith } from './format.ts';
import type { Expect } from './names.ts';
import { compilePattern } from './pattern.ts';
import type { Head, Summed } from './profile.ts';

const algorithm = 'sha256';
/**
 * Files with an earlier date are not compared, because software often writes 1970 for a missing date, and 1980 in zips.
 */
const madeUpMs = Date.UTC(1990, 0, 1);

/**
 * Checks the beginning, pattern, size and age of a file. Without an expected hash, mirrors are compared only by files
 * with the same date.
 * @param changedAtMs  the date in the file, else `Last-Modified`, wall-clock milliseconds; `null`: neither is known
 * @returns            the facts about the file's hash; the error is the first failed check
 */
export function judge(head: Head, expect: Expect, changedAtMs: number | null): Result<Facts, ProbeFailure> {
  const failure = shapeFailure(head, expect) ?? sizeFailure(head, expect) ?? ageFailure(head, expect, changedAtMs);
  if (failure !== null) return error(failure);
  if (head.sum === null) return ok({});
  const { sha256: got, bytes } = head.sum;
  const seen = seenIn(head.body, bytes);
  if (expect.sha256 !== undefined)
    return ok({ ...seen, ...fileFacts(got, expect.sha256), verified: { algorithm, digest: got, against: 'pinned' } });
  if (changedAtMs === null || changedAtMs < madeUpMs) return ok({});
  const of = new Date(changedAtMs).toISOString();
  return ok({ ...seen, compared: { algorithm, digest: got, of } });
}

/**
 * Returns the mismatch of a whole file that has the expected beginning (or pattern) and size but another hash; `null`:
 * no such mismatch. This check must come before parsing: a wrong byte that breaks the format is still a mismatch.
 */
export function checkHash(
  head: Head,
  expect: Expect,
): { readonly failure: ProbeFailure; readonly facts: Facts } | null {
  const { sha256: want, startsHex: hex } = expect;
  if (want === undefined || head.sum === null || sizeFailure(head, expect) !== null) return null;
  if (hex === undefined ? shapeFailure(head, expect) !== null : !matchesBeginning(head.body, hex)) return null;
  const { sha256: got } = head.sum;
  if (got === want) return null;
  const failure = mismatchOf({ algorithm, want, got, by: phrase('answer.entrySha') });
  return { failure, facts: { ...seenIn(head.body, head.sum.bytes), ...fileFacts(got, want) } };
}

/** What the configuration says about a file, with the hash to compare mirrors by. */
function fileFacts(got: string, want: string): Facts {
  const word = wordOfFile(want, { isRight: got === want });
  return { ...word, compared: { algorithm, digest: got } };
}

export function* digestSumOf(body: WholeBody): Talk<Summed> {
  return { bytes: body.bytes, sha256: (yield* hashOf(body, algorithm)).toString('hex') };
}

function shapeFailure({ body }: Head, { startsHex, matches }: Expect): ProbeFailure | null {
  if (startsHex !== undefined && !startsWith(body, startsHex)) return wrongContent('answer.entryFirst');
  if (matches === undefined) return null;
  const pattern = compilePattern(matches);
  return pattern.tag === 'ok' && pattern.value.isIn(headTextOf(body)) ? null : wrongContent('answer.entryMatches');
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
