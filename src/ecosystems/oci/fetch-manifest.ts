import { isMarkup } from '../../core/body-text.ts';
import type { ProbeFailure } from '../../core/failure.ts';
import { limits } from '../../core/limits.ts';
import { error, ok, type Result } from '../../core/result.ts';
import type { Sentence } from '../../core/sentence.ts';
import { failureOf, malformed, mismatchOf, wrongContent } from '../../words/failure.ts';
import { phrase } from '../../words/tell.ts';
import { type Answered, failureOfStatus } from '../status.ts';
import type { End, Talk } from '../talk.ts';
import { askWithToken, repositoryUrl } from './ask.ts';
import { type Digest, digestOf, parseDigest } from './digest.ts';
import type { ImageName } from './image-name.ts';
import { acceptManifests, type Manifest, readManifest } from './manifest.ts';
import type { Session } from './session.ts';

/** A manifest whose bytes are what their digests say. */
export interface Fetched {
  readonly manifest: Manifest;
  /** Of the bytes, by the algorithm asked for, else SHA-256. */
  readonly digest: Digest;
  readonly answer: Answered;
}

/** Where one manifest is asked for. */
export function manifestUrl(session: Session, { host, repository }: ImageName, version: string): string {
  return repositoryUrl(session, host, `${repository}/manifests/${version}`);
}

/** Asks for a manifest by tag or digest and holds its bytes against every digest that is said of them. */
export function* fetchManifest(
  session: Session,
  image: ImageName,
  version: string,
  { aside }: { readonly aside: boolean },
): Talk<Result<Fetched, End>> {
  const url = manifestUrl(session, image, version);
  const ask = { url, aside, headers: { accept: acceptManifests }, bodyBytesMax: limits.listBytes };
  const answer = yield* askWithToken(ask, image.repository, session);
  if (answer.tag === 'error') return answer;
  const failure = failureOfStatus(answer.value, session.context.nowWallMs);
  if (failure !== null) return failed(failure);
  const read = judgeManifest(answer.value, parseDigest(version));
  return read.tag === 'error' ? failed(read.error) : ok({ ...read.value, answer: answer.value });
}

/**
 * Reads a manifest and checks its bytes: first that it is one, then that it is the one asked for by digest, then that the
 * header does not lie. A clean wrong hash is told apart from what is no manifest at all.
 * @see protocols.md 0.1 and 4.3
 */
export function judgeManifest(
  { body, headers }: Pick<Answered, 'body' | 'headers'>,
  asked: Digest | null,
): Result<Omit<Fetched, 'answer'>, ProbeFailure> {
  const spoilt = spoiltManifest(body, headers, asked);
  if (spoilt !== null) return error(spoilt);
  if (isMarkup(body)) return error(wrongContent('answer.manifest'));
  const manifest = readManifest(body, headers['content-type']);
  if ('expected' in manifest) return error(failureOf('malformed', manifest.expected));
  const got = digestOf(asked?.algorithm ?? 'sha256', body);
  if (asked !== null && got.text !== asked.text) return error(mismatch(asked, got, byAsked));
  const said = saidDigest(headers);
  if (said.tag === 'error') return said;
  const own = said.value === null ? null : digestOf(said.value.algorithm, body);
  if (said.value !== null && own !== null && own.text !== said.value.text)
    return error(mismatch(said.value, own, byHeader));
  return ok({ manifest, digest: got });
}

/**
 * A wrong digest of what is a manifest but cannot be read as one any more: one wrong byte may break its form, and is still
 * a wrong byte. `null`: the digest is right, none is known, or it is no manifest at all.
 */
function spoiltManifest(body: Uint8Array, headers: Answered['headers'], asked: Digest | null): ProbeFailure | null {
  const want = asked ?? parseDigest(headers['docker-content-digest'] ?? '');
  const text = Buffer.from(body).toString('latin1');
  // Several words, so that a single corrupt byte cannot hide all of them.
  const words = ['"schemaVersion"', '"mediaType"', '"digest"'].filter((word) => text.includes(word));
  if (want === null || words.length < 2) return null;
  const got = digestOf(want.algorithm, body);
  return got.text === want.text ? null : mismatch(want, got, asked === null ? byHeader : byAsked);
}

/** The `Docker-Content-Digest` of an answer; `null`: there is none. In upper case it is none that a client takes. */
export function saidDigest(headers: Readonly<Record<string, string>>): Result<Digest | null, ProbeFailure> {
  const text = headers['docker-content-digest'];
  if (text === undefined || text === '') return ok(null);
  const digest = parseDigest(text);
  return digest === null ? error(malformed('answer.digestCase')) : ok(digest);
}

const byAsked = phrase('answer.digestAsked');
const byHeader = phrase('answer.digestOwn');

/** Two digests of one algorithm that are not the same. @param by  who named the first */
export function mismatch(want: Digest, got: Digest, by: Sentence): ProbeFailure {
  return mismatchOf({ algorithm: want.algorithm, want: want.text, got: got.text, by });
}

function failed(failure: ProbeFailure): { readonly tag: 'error'; readonly error: End } {
  return error({ tag: 'failed', failure });
}
