import { isMarkup } from '../../core/body.ts';
import { limits } from '../../core/limits.ts';
import type { Target } from '../../core/mirror.ts';
import type { Conversation } from '../../core/ports.ts';
import type { Facts, Verdict } from '../../core/transcript.ts';
import { malformed, wrongContent } from '../../words/tell.ts';
import {
  ended,
  failedBy,
  failureOfStatus,
  fine,
  type Responded,
  respondedOf,
  type Talk,
  tagsOf,
  unaskable,
} from '../talk.ts';
import { apiBaseOf, challengeOf, keepDoor, requestWithToken } from './ask.ts';
import { blob } from './blob.ts';
import type { OciContext } from './context.ts';
import { type Digest, parseDigest } from './digest.ts';
import { fetchManifest, manifestUrlOf, statedDigestOf } from './fetch-manifest.ts';
import { acceptManifests } from './manifest.ts';
import { type ImageName, isRepository, isVersion, splitName } from './names.ts';
import { openSession, type Session } from './token.ts';

export function* probe({ step, module, version }: Target, context: OciContext): Conversation {
  const session = openSession(context);
  if (step === 'v2') return yield* door(session);
  const image: ImageName = { ...splitName(module ?? ''), version };
  if (version === null || !isRepository(image.repository) || !isVersion(version)) return ended(unaskable);
  switch (step) {
    case 'digest':
      return yield* digest(session, image, version);
    case 'manifest':
      return yield* manifest(session, image, version);
    case 'blob':
      return yield* blob(session, image, version);
    default:
      return ended(unaskable);
  }
}

/** Checks the API root. A 200 is ok, and so is a 401 that names a token server. A web page is a failure. */
function* door(session: Session): Talk<Verdict> {
  const got = respondedOf(yield { url: apiBaseOf(session.context.baseUrl), bodyBytesMax: limits.infoBytes });
  if (got.tag === 'error') return ended(got.error);
  const { value: response } = got;
  if (response.status === 401) {
    const challenge = challengeOf(response, session);
    if (challenge.tag === 'error') return ended(challenge.error);
    if (challenge.value === null) return failedBy({ kind: 'denied', status: 401 });
    keepDoor(challenge.value, session);
    return fine();
  }
  const failure = failureOfStatus(response, session.context.nowWallMs);
  if (failure !== null) return failedBy(failure);
  if (isMarkup(response.body)) return failedBy(wrongContent('answer.registry'));
  keepDoor(null, session);
  return fine();
}

/**
 * Resolves a tag, or checks that a digest exists. It sends a HEAD request, which uses no pull quota. A GET decides as in
 * containerd: after status 405, and if the response has no digest or another digest than requested.
 * @see docs/protocols/common.md#requests, docs/protocols/oci.md#freshness
 */
function* digest(session: Session, image: ImageName, version: string): Talk<Verdict> {
  const url = manifestUrlOf(session, image, version);
  const request = {
    url,
    method: 'HEAD',
    headers: { accept: acceptManifests },
    bodyBytesMax: limits.listBytes,
  } as const;
  const head = yield* requestWithToken(request, image.repository, session);
  if (head.tag === 'error') return ended(head.error);
  const { status, headers } = head.value;
  const wanted = parseDigest(version);
  const stated = status === 200 ? digestOfHead(head.value) : null;
  const isOther =
    stated !== null && wanted !== null && wanted.algorithm === stated.algorithm && wanted.text !== stated.text;
  if (status === 200 && (headers['content-type'] ?? '') === '') return failedBy(malformed('answer.contentType'));
  if (status === 405 || (status === 200 && stated === null) || isOther) {
    const fetched = yield* fetchManifest(session, image, version, { aside: false });
    if (fetched.tag === 'error') return ended(fetched.error);
    const { digest: got, response } = fetched.value;
    return fine({ ...quotaFacts(response.headers), ...factsOf(got, wanted), ...tagFacts(version, got, wanted) });
  }
  const failure = failureOfStatus(head.value, session.context.nowWallMs);
  if (failure !== null || stated === null)
    return ended(failure === null ? unaskable : { tag: 'failed', failure }, quotaFacts(headers));
  return fine({ ...quotaFacts(headers), ...factsOf(stated, wanted), ...tagFacts(version, stated, wanted) });
}

/** Returns the digest in the headers; `null`: there is none, it is invalid, or the response is a web page. */
function digestOfHead({ headers }: Responded): Digest | null {
  const stated = statedDigestOf(headers);
  return stated.tag === 'error' || /^text\//i.test(headers['content-type'] ?? '') ? null : stated.value;
}

function* manifest(session: Session, image: ImageName, version: string): Talk<Verdict> {
  const fetched = yield* fetchManifest(session, image, version, { aside: false });
  if (fetched.tag === 'error') return ended(fetched.error);
  const { digest: got, response } = fetched.value;
  const facts = quotaFacts(response.headers);
  if (parseDigest(version) === null) return fine({ ...facts, ...factsOf(got, null) });
  return fine({ ...facts, verified: { algorithm: got.algorithm, digest: got.text, against: 'pinned' } });
}

/**
 * Makes the fact with the digest of a tag, to compare it between mirrors and over time. The result is empty for a
 * request by digest.
 */
function tagFacts(tag: string, { text }: Digest, wanted: Digest | null): Facts {
  return wanted === null ? { contents: { tags: tagsOf({ [tag]: text }) } } : {};
}

function factsOf({ algorithm, text: digest }: Digest, wanted: Digest | null): Facts {
  const compared = { algorithm, digest };
  return wanted === null ? { resolvedVersion: digest, compared } : { compared };
}

/**
 * Parses a limit as Docker Hub writes it: `100;w=21600` (100 in 21600 seconds), or `100`. `null`: the text has another
 * format.
 */
function read(text: string | undefined): { readonly count: number; readonly windowSeconds: number | null } | null {
  const [, count, window] = /^\s*(\d{1,9})(?:\s*;\s*w=(\d{1,9}))?\s*$/.exec(text ?? '') ?? [];
  return count === undefined
    ? null
    : { count: Number(count), windowSeconds: window === undefined ? null : Number(window) };
}

/**
 * Reads the pull limit of a time window, and the pulls left in it, from headers. `null`: the headers lack the limit or
 * the pulls left.
 * @see docs/protocols/oci.md#limits
 */
export function quotaOf(headers: Readonly<Record<string, string>>) {
  const limit = read(headers['ratelimit-limit']);
  const remaining = read(headers['ratelimit-remaining']);
  if (limit === null || remaining === null) return null;
  const windowSeconds = remaining.windowSeconds ?? limit.windowSeconds;
  return { limit: limit.count, remaining: remaining.count, windowSeconds };
}

function quotaFacts(headers: Readonly<Record<string, string>>): Facts {
  const quota = quotaOf(headers);
  return quota === null ? {} : { own: { quota } };
}
