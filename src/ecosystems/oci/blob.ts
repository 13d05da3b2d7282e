import { isMarkup } from '../../core/body.ts';
import { limits } from '../../core/limits.ts';
import { ok, type Result } from '../../core/result.ts';
import type { ProbeRequest, Verdict } from '../../core/transcript.ts';
import { malformed, phrase, wrongContent } from '../../words/tell.ts';
import {
  beginsIn,
  type End,
  ended,
  failedBy,
  failureOfStatus,
  fine,
  type Responded,
  seenIn,
  stoppedBy,
  type Talk,
} from '../talk.ts';
import { repositoryUrlOf, requestWithToken } from './ask.ts';
import { digestOf, parseDigest } from './digest.ts';
import { digestMismatch, fetchManifest } from './fetch-manifest.ts';
import { type Descriptor, entryFor, type Manifest } from './manifest.ts';
import type { ImageName } from './names.ts';
import type { Session } from './token.ts';

/** The maximum number of image indexes (lists of manifests) that are nested in each other. Real images have fewer. */
const listsMax = 3;
const mib = 2 ** 20;
/** The maximum size of a layer that is read whole, bytes. Of a larger layer, only the first `rangeBytes` are read. */
const wholeBytesMax = 8 * mib;
const rangeBytes = mib;

/**
 * Fetches one blob of an image and judges it. `entryFor` selects the manifest by its platform, `chosen` selects the
 * blob. The earlier requests, for manifests, do not count in the probe's time.
 */
export function* blob(session: Session, image: ImageName, version: string): Talk<Verdict> {
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
  return isWhole
    ? judgeWhole(session, response.value, layer, isFixed ? null : of)
    : judgePart(session, response.value, layer, isFixed && layer.size <= wholeBytesMax);
}

/**
 * Judges a blob that was read whole.
 * @param tagged  the digest that a tag resolved to; `null`: the image was requested by digest
 */
function judgeWhole(
  { context }: Session,
  response: Responded,
  { digest: want }: Descriptor,
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

/** The blob to fetch. `of`: the digest of the manifest or index that the version names. */
interface Found {
  readonly layer: Descriptor;
  readonly of: string;
}

function* layerOf(session: Session, image: ImageName, version: string): Talk<Result<Found, End>> {
  let next = version;
  let of: string | null = null;
  for (let lists = 0; lists <= listsMax; lists++) {
    const fetched = yield* fetchManifest(session, image, next, { aside: true });
    if (fetched.tag === 'error') return fetched;
    const { manifest, digest } = fetched.value;
    of ??= digest.text;
    if (manifest.kind === 'image') {
      const layer = chosen(manifest);
      return layer === null ? stoppedBy(malformed('answer.imageLayers')) : ok({ layer, of });
    }
    const entry = entryFor(manifest.manifests, session.context.own.platform);
    if (entry === null) return stoppedBy(malformed('answer.listManifest'));
    next = entry.digest;
  }
  return stoppedBy(malformed('answer.fewLists'));
}

/**
 * Selects the blob to fetch, in this order of preference:
 * - the largest layer up to `wholeBytesMax`, if it is large enough to measure throughput
 * - the smallest layer above `wholeBytesMax`
 * - the largest layer
 * - the config
 *
 * `null`: there is none of these. Layers that must be fetched from another server (`isForeign`) are ignored.
 */
function chosen({ config, layers }: Extract<Manifest, { kind: 'image' }>): Descriptor | null {
  const bySize = layers.filter(({ isForeign }) => !isForeign).toSorted((a, b) => a.size - b.size);
  const whole = bySize.findLast(({ size }) => size <= wholeBytesMax);
  const large = bySize.find(({ size }) => size > wholeBytesMax);
  const isMeasure = whole !== undefined && whole.size >= limits.throughputBytesMin;
  return (isMeasure ? whole : (large ?? whole)) ?? config;
}
