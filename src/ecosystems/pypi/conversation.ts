import { heldBodyOf, isMarkup, utf8 } from '../../core/body.ts';
import { limits } from '../../core/limits.ts';
import type { Target } from '../../core/mirror.ts';
import { dropContents, type Facts, type Verdict } from '../../core/transcript.ts';
import { failureOf, malformed, mismatchOf, phrase, wrongContent } from '../../words/tell.ts';
import {
  beginsIn,
  ended,
  failedBy,
  fine,
  get,
  makeProbe,
  matchesBeginning,
  type Responded,
  type Talk,
  unaskable,
  wholeOf,
} from '../talk.ts';
import { provenance } from './attested.ts';
import type { PypiContext, PypiOwn } from './context.ts';
import { findRelease, page, read } from './find.ts';
import { normalNameOf } from './names.ts';
import { acceptAll, acceptHtml, formOf } from './page.ts';
import { metadataUrlOf } from './project-page.ts';
import type { ClientRefusal } from './refusals.ts';
import { type ReleaseFile, Releases } from './release.ts';
import { comparedByFile, type Pins, verify } from './verify.ts';

export { prepare } from './attested.ts';

/**
 * Files and their metadata are requested without decoding a `Content-Encoding`, because pip stores them as sent.
 * @see pypa/pip src/pip/_internal/network/utils.py response_chunks
 */
const asSent = true as const;
const large = true as const;

export const probe = makeProbe<PypiContext>({ index, simplehtml: html, wheelmeta, file, provenance });

function* index(target: Target, context: PypiContext): Talk<Verdict> {
  const got = yield* page(target, context, acceptAll, false);
  return got.tag === 'error' ? ended(got.error) : yield* judge(target, got.value, context.own);
}

/**
 * Checks a project page in HTML. A cache that ignores `Vary` may send JSON, which is a failure. Status 406 means that
 * the mirror has only JSON, which is no failure.
 */
function* html(target: Target, context: PypiContext): Talk<Verdict> {
  const got = yield* page(target, context, acceptHtml, false);
  if (got.tag === 'ok') {
    const { outcome, facts } = yield* judge(target, got.value, context.own);
    if (outcome.tag !== 'ok') return ended(outcome, facts);
    if (formOf(got.value.headers) === 'html') return fine(dropContents(facts));
    return failedBy(wrongContent('answer.pageHtml'));
  }
  const { error: end } = got;
  const isOther = end.tag === 'failed' && end.failure.kind === 'status' && end.failure.status === 406;
  return isOther ? fine({ notOffered: true }) : ended(end);
}

function* judge({ module }: Target, response: Responded, { client }: PypiOwn): Talk<Verdict> {
  const releases = new Releases(normalNameOf(module ?? ''));
  const page = yield* read(response, releases);
  if (page.tag === 'error') return ended(page.error);
  const serialText = response.headers['x-pypi-last-serial'] ?? '';
  const serial = /^\d{1,20}$/.test(serialText) ? serialText : page.value.serial;
  const counted = Number(serial ?? Number.NaN);
  const { refused } = page.value;
  if (refused !== null && refused.client === client) return failedBy(malformed('answer.accepted', { ...refused }));
  return fine({
    ...noteOf(refused),
    listed: releases.listed,
    contents: { versions: releases.contents, ...(Number.isSafeInteger(counted) ? { serial: counted } : {}) },
    ...(serial === null ? {} : { own: { serial } }),
  });
}

/** Makes the note about a client that refuses the response; empty if none does. */
function noteOf(refused: ClientRefusal | null): Pick<Facts, 'refused'> {
  return refused === null ? {} : { refused: phrase('answer.refused', { ...refused }) };
}

/** Fetches and verifies the core metadata of a file, if the page announces it. */
function* wheelmeta(target: Target, context: PypiContext): Talk<Verdict> {
  const found = yield* findRelease(target, context, ({ metadata }) => metadata !== null);
  if (found.tag === 'error') return found.error;
  if (found.value === null) return fine({ notOffered: true });
  const { file, facts } = found.value;
  const request = { url: metadataUrlOf(file.url), foreign: true, asSent, bodyBytesMax: limits.coreMetadataBytes };
  const got = yield* get(request, context);
  if (got.tag === 'error') return ended(got.error, facts);
  const { body } = got.value;
  const text = Buffer.from(body.subarray(0, 1000)).toString('latin1');
  if (isMarkup(body) && !/^name:/im.test(text)) return failedBy(wrongContent('answer.metadata'), facts);
  const sha256 = file.metadata?.sha256 ?? null;
  // If the page states no hash, only the format of the metadata is checked.
  if (sha256 === null && (utf8(body) === null || !/^metadata-version:/im.test(text)))
    return failedBy(malformed('answer.metadata'), facts);
  const { isAuthority } = context.own;
  return yield* verify(heldBodyOf(body), file.name, null, { sha256, isAuthority }, facts);
}

function* file(target: Target, context: PypiContext): Talk<Verdict> {
  const found = yield* findRelease(target, context, () => true);
  if (found.tag === 'error') return found.error;
  if (found.value === null) return ended(unaskable);
  const { file: chosen, pins, facts } = found.value;
  const wrong = wrongFile(chosen, pins, context.own.isAuthority);
  if (wrong !== null) return failedBy(wrong.failure, { ...facts, ...wrong.facts });
  const stopAfterBytes = context.peekBytes ?? limits.zipBytes;
  const request = { url: chosen.url, foreign: true, asSent, bodyBytesMax: limits.zipBytes, stopAfterBytes, large };
  const got = yield* get(request, context);
  if (got.tag === 'error') return ended(got.error, facts);
  const { body } = got.value;
  if (!startsLike(chosen.name, body)) {
    const kind = isMarkup(body) ? 'wrong_content' : 'malformed';
    return failedBy(failureOf(kind, phrase('answer.distribution')), facts);
  }
  // A file that was not read to its end cannot be hashed.
  const whole = wholeOf(got.value);
  if (whole.bytes >= stopAfterBytes) return fine({ ...facts, ...beginsIn(got.value, true) });
  // pip does not decode a file.
  const isEncoded = got.value.headers['content-encoding'] !== undefined;
  const note = noteOf(isEncoded ? { client: 'uv', what: 'Content-Encoding' } : null);
  const known = { ...facts, ...beginsIn(got.value, false), ...note };
  const stated = { sha256: chosen.sha256, isAuthority: context.own.isAuthority };
  return yield* verify(whole, chosen.name, pins, stated, known);
}

/**
 * Returns a mismatch if the hash on the page differs from the known hash. `null`: the two hashes are equal, or one of
 * them is missing.
 */
function wrongFile({ sha256, name }: ReleaseFile, pins: Pins, isAuthority: boolean) {
  if (sha256 === null) return null;
  const { hash: want, word } = pins.wants(name, sha256, { sha256, isAuthority });
  const got = `sha256:${sha256}`;
  if (want === null || want === got) return null;
  const failure = mismatchOf({ algorithm: 'sha256', want, got, by: phrase('answer.publicIndex') });
  return { failure, facts: comparedByFile(word, { algorithm: 'sha256', digest: got, of: name }) };
}

/** True if a body begins as a file with this name should. @see docs/protocols/common.md#shapes-of-bodies */
function startsLike(name: string, body: Uint8Array): boolean {
  if (/\.(whl|zip)$/.test(name)) return matchesBeginning(body, '504b0304') || matchesBeginning(body, '504b0506');
  if (/\.(tar\.gz|tgz)$/.test(name)) return matchesBeginning(body, '1f8b08');
  return !isMarkup(body);
}
