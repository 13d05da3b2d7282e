import { isMarkup } from '../../core/body.ts';
import { limits } from '../../core/limits.ts';
import type { Target } from '../../core/mirror.ts';
import type { Conversation } from '../../core/ports.ts';
import { ok } from '../../core/result.ts';
import type { Facts, ProbeRequest, Verdict } from '../../core/transcript.ts';
import { malformed, phrase, wrongContent } from '../../words/tell.ts';
import {
  type Ask,
  beginsIn,
  ended,
  failedBy,
  failureOfStatus,
  fine,
  type Responded,
  respondedOf,
  seenIn,
  stoppedBy,
  type Talk,
  tagsOf,
  unaskable,
} from '../talk.ts';
import type { OciContext } from './context.ts';
import { type Digest, digestOf, parseDigest } from './digest.ts';
import { digestMismatch, fetchManifest, manifestUrlOf, statedDigestOf } from './fetch-manifest.ts';
import { acceptManifests, type Descriptor, entryFor, type Manifest } from './manifest.ts';
import { type ImageName, isRepository, isVersion, splitName } from './names.ts';
import {
  apiBaseOf,
  challengeOf,
  keepDoor,
  openSession,
  repositoryUrlOf,
  requestWithToken,
  type Session,
} from './token.ts';

/** The maximum number of image indexes (lists of manifests) that are nested in each other. Real images have fewer. */
const listsMax = 3;
const indexType = 'application/vnd.oci.image.index.v1+json';
const mib = 2 ** 20;
/** The maximum size of a layer that is read whole, bytes. Of a larger layer, only the first `rangeBytes` are read. */
const wholeBytesMax = 8 * mib;
const rangeBytes = mib;

/** The maximum number of further blobs that one probe reads. */
const furtherMax = 8;
const dayMs = 24 * 3_600_000;

/**
 * Fetches one blob of an image and judges it, then some further ones (`further`). `entryFor` selects the manifest by its
 * platform, `chosen` selects the blob. Only the request for this blob counts in the probe's time.
 */
function* blob(session: Session, image: ImageName, version: string): Talk<Verdict> {
  const found = yield* layerOf(session, image, version);
  if (found.tag === 'error') return ended(found.error);
  const { layer, of } = found.value;
  const { peekBytes } = session.context;
  const part = peekBytes ?? (layer.size > wholeBytesMax ? rangeBytes : null);
  const isWhole = part === null || part >= layer.size;
  const url = repositoryUrlOf(session, image.host, `${image.repository}/blobs/${layer.digest}`);
  const request: ProbeRequest = isWhole
    ? { url, bodyBytesMax: Math.max(layer.size, limits.errorBodyBytes) }
    : {
        url,
        headers: { range: `bytes=0-${part - 1}` },
        bodyBytesMax: Math.max(part, limits.errorBodyBytes),
        stopAfterBytes: part,
      };
  const response = yield* requestWithToken(request, image.repository, session);
  if (response.tag === 'error') return ended(response.error);
  const isFixed = parseDigest(version) !== null;
  const verdict = isWhole
    ? judgeWhole(session, response.value, layer, isFixed ? null : of)
    : judgePart(session, response.value, layer, isFixed && layer.size <= wholeBytesMax);
  return peekBytes === undefined && verdict.outcome.tag === 'ok'
    ? yield* further(session, image, found.value, isWhole ? [layer] : [], verdict)
    : verdict;
}

/**
 * Compares further blobs of the image with their digests: up to `furtherMax` blobs, together up to `wholeBytesMax`. The
 * next probe continues with those that follow. After a failure the next probe reads the same blobs, so that the failure
 * can be confirmed.
 * @param read  the blobs that this probe has compared already
 */
function* further(
  session: Session,
  image: ImageName,
  { layer, others, total, of }: Found,
  read: readonly Descriptor[],
  { outcome, facts }: Verdict,
): Talk<Verdict> {
  const key = `blobs ${of} ${layer.digest}`;
  const from = Number(session.recall(key) ?? 0);
  const compared = [...read];
  let leftBytes = wholeBytesMax;
  for (const next of [...others.slice(from), ...others.slice(0, from)].slice(0, furtherMax)) {
    leftBytes -= next.size;
    if (leftBytes < 0) break;
    const url = repositoryUrlOf(session, image.host, `${image.repository}/blobs/${next.digest}`);
    const request = { url, aside: true, bodyBytesMax: Math.max(next.size, limits.errorBodyBytes) };
    const response = yield* requestWithToken(request, image.repository, session);
    if (response.tag === 'error') return ended(response.error);
    const verdict = judgeWhole(session, response.value, next, of);
    if (verdict.outcome.tag !== 'ok') return verdict;
    compared.push(next);
  }
  if (compared.length === total) return ended(outcome, facts);
  session.keep(key, String((from + compared.length - read.length) % Math.max(1, others.length)), dayMs);
  const names = compared.map(({ digest }) => digest.slice(0, 'sha256:'.length + 12)).join(', ');
  const unchecked = phrase('answer.blobs', { count: compared.length, total, names });
  return ended(outcome, { ...facts, unchecked });
}

/**
 * Judges a blob that was read whole.
 * @param tagged  the digest that a tag resolved to; `null`: the image was requested by digest
 */
function judgeWhole(
  { context }: Session,
  response: Responded,
  { digest: want, size }: Descriptor,
  tagged: string | null,
): Verdict {
  const failure = failureOfStatus(response, context.nowWallMs);
  if (failure !== null) return failedBy(failure);
  const wanted = parseDigest(want);
  const got = wanted === null ? null : digestOf(wanted.algorithm, response.body);
  // A layer may be any file, even a web page. So only bytes with a wrong digest are checked for markup.
  if (wanted === null || got === null || (got.text !== wanted.text && isMarkup(response.body)))
    return failedBy(noLayer);
  const seen = { ...seenIn(response.body), ...(tagged === null ? beginsIn(response, false) : {}) };
  if (got.text !== wanted.text) return failedBy(digestMismatch(wanted, got, phrase('answer.digestManifest')), seen);
  // containerd refuses a size that the manifest does not state.
  if (response.body.length !== size) return failedBy(malformed('answer.layers'), seen);
  const { algorithm, text: digest } = got;
  // For a tag, the mirror itself states the digest, so a match verifies nothing.
  if (tagged !== null) return fine({ ...seen, compared: { algorithm, digest, of: tagged } });
  return fine({ ...seen, verified: { algorithm, digest, against: 'pinned' } });
}

/**
 * Judges a response to a range request: a 206 from byte 0 on, or a 200 that was not read to its end.
 * @param isCompared  true if the beginning can be compared with that of whole downloads
 */
function judgePart({ context }: Session, response: Responded, { size }: Descriptor, isCompared: boolean): Verdict {
  if (response.status === 206) {
    const [, total] = /^bytes 0-\d+\/(\d+)$/.exec(response.headers['content-range'] ?? '') ?? [];
    if (Number(total) !== size) return failedBy(malformed('answer.range'));
  } else {
    const failure = failureOfStatus(response, context.nowWallMs);
    if (failure !== null) return failedBy(failure);
  }
  return isMarkup(response.body) ? failedBy(noLayer) : fine(isCompared ? beginsIn(response, true) : {});
}

const noLayer = wrongContent('answer.layer');

/**
 * The blob to fetch. `others`: the other ones up to `wholeBytesMax`; `total`: the number of all blobs; `of`: the digest
 * of the manifest or index that the version names.
 */
interface Found {
  readonly layer: Descriptor;
  readonly others: readonly Descriptor[];
  readonly total: number;
  readonly of: string;
}

function* layerOf(session: Session, image: ImageName, version: string): Ask<Found> {
  let next = version;
  let of: string | null = null;
  for (let lists = 0; lists <= listsMax; lists++) {
    const fetched = yield* fetchManifest(session, image, next, { aside: true });
    if (fetched.tag === 'error') return fetched;
    const { manifest, digest } = fetched.value;
    of ??= digest.text;
    if (manifest.kind === 'image') {
      const layer = chosen(manifest);
      const blobs = new Map([manifest.config, ...ownLayers(manifest)].map((one) => [one.digest, one]));
      const others = [...blobs.values()].filter(({ digest, size }) => digest !== layer.digest && size <= wholeBytesMax);
      return ok({ layer, others, total: blobs.size, of });
    }
    const entry = entryFor(manifest.manifests, session.context.own.platform);
    if (entry === null) return stoppedBy(malformed('answer.listManifest'));
    next = entry.digest;
  }
  return stoppedBy(malformed('answer.fewLists'));
}

type Image = Extract<Manifest, { kind: 'image' }>;

/** Returns the layers without those that must be fetched from another server. */
function ownLayers({ layers }: Image): readonly Descriptor[] {
  return layers.filter(({ isForeign }) => !isForeign);
}

/**
 * Selects the blob to fetch, in this order of preference:
 * - the largest layer up to `wholeBytesMax`, if it is large enough to measure throughput
 * - the smallest layer above `wholeBytesMax`
 * - the largest layer
 * - the config
 */
function chosen(image: Image): Descriptor {
  const bySize = ownLayers(image).toSorted((a, b) => a.size - b.size);
  const whole = bySize.findLast(({ size }) => size <= wholeBytesMax);
  const large = bySize.find(({ size }) => size > wholeBytesMax);
  const isMeasure = whole !== undefined && whole.size >= limits.throughputBytesMin;
  return (isMeasure ? whole : (large ?? whole)) ?? image.config;
}

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
    const { digest: got } = fetched.value;
    return fine({ ...factsOf(got, wanted), ...tagFacts(version, got, wanted), offers: { digest_head: false } });
  }
  const failure = failureOfStatus(head.value, session.context.nowWallMs);
  if (failure !== null || stated === null) return ended(failure === null ? unaskable : { tag: 'failed', failure });
  return fine({ ...factsOf(stated, wanted), ...tagFacts(version, stated, wanted), offers: { digest_head: true } });
}

/** Returns the digest in the headers; `null`: there is none, it is invalid, or the response is a web page. */
function digestOfHead({ headers }: Responded): Digest | null {
  const stated = statedDigestOf(headers);
  return stated.tag === 'error' || /^text\//i.test(headers['content-type'] ?? '') ? null : stated.value;
}

function* manifest(session: Session, image: ImageName, version: string): Talk<Verdict> {
  const fetched = yield* fetchManifest(session, image, version, { aside: false });
  if (fetched.tag === 'error') return ended(fetched.error);
  const { digest: got } = fetched.value;
  const facts = yield* referrersOf(session, image, got);
  if (parseDigest(version) === null) return fine({ ...facts, ...factsOf(got, null) });
  return fine({ ...facts, verified: { algorithm: got.algorithm, digest: got.text, against: 'pinned' } });
}

/**
 * Requests the referrers of a manifest, such as its signatures and attestations. Clients use the response only if it has
 * the media type of an index. Else, as after 400, 404 and 406, they read a tag whose name has the digest.
 * @see https://github.com/opencontainers/distribution-spec/blob/main/spec.md#listing-referrers
 */
function* referrersOf(session: Session, image: ImageName, { text }: Digest): Talk<Facts> {
  const url = repositoryUrlOf(session, image.host, `${image.repository}/referrers/${text}`);
  const request = { url, headers: { accept: indexType }, aside: true, bodyBytesMax: limits.listBytes };
  const got = yield* requestWithToken(request, image.repository, session);
  if (got.tag === 'error' || ![200, 400, 404, 406].includes(got.value.status)) return {};
  const { status, headers } = got.value;
  return { offers: { referrers: status === 200 && headers['content-type']?.startsWith(indexType) === true } };
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
