import { isMarkup } from '../../core/body.ts';
import type { ProbeFailure } from '../../core/failure.ts';
import { limits } from '../../core/limits.ts';
import { error, ok, type Result, type Sentence } from '../../core/result.ts';
import { failureOf, malformed, mismatchOf, phrase, wrongContent } from '../../words/tell.ts';
import { type Ask, failureOfStatus, type Responded, stoppedBy } from '../talk.ts';
import { type Digest, digestOf, parseDigest } from './digest.ts';
import { acceptManifests, type Manifest, readManifest } from './manifest.ts';
import type { ImageName } from './names.ts';
import { repositoryUrlOf, requestWithToken, type Session } from './token.ts';

/**
 * A manifest whose bytes match the requested digest and the digest in `Docker-Content-Digest`, as far as these exist.
 */
interface Fetched {
  readonly manifest: Manifest;
  /** The digest of the bytes, computed by the algorithm of the requested digest, else by SHA-256. */
  readonly digest: Digest;
  readonly response: Responded;
}

export function manifestUrlOf(session: Session, { host, repository }: ImageName, version: string): string {
  return repositoryUrlOf(session, host, `${repository}/manifests/${version}`);
}

/** Requests a manifest by tag or digest and judges the response by `judgeManifest`. */
export function* fetchManifest(
  session: Session,
  image: ImageName,
  version: string,
  { aside }: { readonly aside: boolean },
): Ask<Fetched> {
  const url = manifestUrlOf(session, image, version);
  const request = { url, aside, headers: { accept: acceptManifests }, bodyBytesMax: limits.listBytes };
  const response = yield* requestWithToken(request, image.repository, session);
  if (response.tag === 'error') return response;
  const failure = failureOfStatus(response.value, session.context.nowWallMs);
  if (failure !== null) return stoppedBy(failure);
  const read = judgeManifest(response.value, parseDigest(version));
  return read.tag === 'error' ? stoppedBy(read.error) : ok({ ...read.value, response: response.value });
}

/**
 * Parses a manifest and compares its bytes with the requested digest and with the digest in `Docker-Content-Digest`.
 * @see docs/protocols/common.md#what-a-response-proves, docs/protocols/oci.md#digests
 */
export function judgeManifest(
  { body, headers }: Pick<Responded, 'body' | 'headers'>,
  wanted: Digest | null,
): Result<Omit<Fetched, 'response'>, ProbeFailure> {
  const spoilt = spoiltManifest(body, headers, wanted);
  if (spoilt !== null) return error(spoilt);
  if (isMarkup(body)) return error(wrongContent('answer.manifest'));
  const manifest = readManifest(body, headers['content-type']);
  if ('expected' in manifest) return error(failureOf('malformed', manifest.expected));
  const got = digestOf(wanted?.algorithm ?? 'sha256', body);
  if (wanted !== null && got.text !== wanted.text) return error(digestMismatch(wanted, got, byWanted));
  const stated = statedDigestOf(headers);
  if (stated.tag === 'error') return stated;
  const own = stated.value === null ? null : digestOf(stated.value.algorithm, body);
  if (stated.value !== null && own !== null && own.text !== stated.value.text)
    return error(digestMismatch(stated.value, own, byHeader));
  return ok({ manifest, digest: got });
}

/**
 * Returns the mismatch of a body that looks like a manifest, even if it cannot be parsed. `null`: the digest is right
 * or not known, or the body does not look like a manifest.
 */
function spoiltManifest(body: Uint8Array, headers: Responded['headers'], wanted: Digest | null): ProbeFailure | null {
  const want = wanted ?? parseDigest(headers['docker-content-digest'] ?? '');
  const text = Buffer.from(body).toString('latin1');
  // Several words are searched, because a corrupt byte can hide one of them.
  const words = ['"schemaVersion"', '"mediaType"', '"digest"'].filter((word) => text.includes(word));
  if (want === null || words.length < 2) return null;
  const got = digestOf(want.algorithm, body);
  return got.text === want.text ? null : digestMismatch(want, got, wanted === null ? byHeader : byWanted);
}

/**
 * Returns the digest in the header `Docker-Content-Digest`; `null`: there is no such header. An invalid digest is
 * malformed.
 */
export function statedDigestOf(headers: Readonly<Record<string, string>>): Result<Digest | null, ProbeFailure> {
  const text = headers['docker-content-digest'];
  if (text === undefined || text === '') return ok(null);
  const digest = parseDigest(text);
  return digest === null ? error(malformed('answer.digestCase')) : ok(digest);
}

const byWanted = phrase('answer.digestAsked');
const byHeader = phrase('answer.digestOwn');

/**
 * Makes the failure for a wrong digest.
 * @param by  a text that names the source of the digest `want`, such as a header
 */
export function digestMismatch(want: Digest, got: Digest, by: Sentence): ProbeFailure {
  return mismatchOf({ algorithm: want.algorithm, want: want.text, got: got.text, by });
}
