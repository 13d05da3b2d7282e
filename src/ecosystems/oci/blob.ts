import { isMarkup } from '../../core/body-text.ts';
import { limits } from '../../core/limits.ts';
import { error, ok, type Result } from '../../core/result.ts';
import type { Ask, Verdict } from '../../core/transcript.ts';
import { malformed, wrongContent } from '../../words/failure.ts';
import { phrase } from '../../words/tell.ts';
import { seenIn } from '../seen.ts';
import { type Answered, failureOfStatus } from '../status.ts';
import { type End, ended, fine, type Talk } from '../talk.ts';
import { askWithToken, repositoryUrl } from './ask.ts';
import { digestOf, parseDigest } from './digest.ts';
import { fetchManifest, mismatch } from './fetch-manifest.ts';
import type { ImageName } from './image-name.ts';
import { type Descriptor, entryFor, type Manifest } from './manifest.ts';
import type { Session } from './session.ts';

/** An index within an index within an index is no image that anybody pulls. */
const listsMax = 3;
const mib = 2 ** 20;
/** A layer up to this size is read whole and verified; of a larger one its beginning is enough. */
const wholeBytesMax = 8 * mib;
const rangeBytes = mib;

/**
 * A layer of the image for our platform, as a client comes to it: the manifest, from a list the platform's own, then the
 * blob, wherever the registry keeps it. What leads there is asked aside.
 */
export function* blob(session: Session, image: ImageName, version: string): Talk<Verdict> {
  const found = yield* layerOf(session, image, version);
  if (found.tag === 'error') return ended(found.error);
  const { layer, of } = found.value;
  const { peekBytes } = session.context;
  const part = peekBytes ?? (layer.size > wholeBytesMax ? rangeBytes : null);
  const isWhole = part === null || part >= layer.size;
  const url = repositoryUrl(session, image.host, `${image.repository}/blobs/${layer.digest}`);
  const ask: Ask = isWhole
    ? { url, bodyBytesMax: Math.max(layer.size, limits.errorBodyBytes) }
    : {
        url,
        headers: { range: `bytes=0-${part - 1}` },
        bodyBytesMax: Math.max(part, limits.errorBodyBytes),
        stopAfterBytes: part,
      };
  const answer = yield* askWithToken(ask, image.repository, session);
  if (answer.tag === 'error') return ended(answer.error);
  const isFixed = parseDigest(version) !== null;
  return isWhole
    ? judgeWhole(session, answer.value, layer, isFixed ? null : of)
    : judgePart(session, answer.value, layer);
}

/** @param tagged  digest of the manifest that a tag stood for; `null`: asked for by digest */
function judgeWhole(
  { context }: Session,
  answer: Answered,
  { digest: want }: Descriptor,
  tagged: string | null,
): Verdict {
  const failure = failureOfStatus(answer, context.nowWallMs);
  if (failure !== null) return ended({ tag: 'failed', failure });
  const asked = parseDigest(want);
  if (asked === null || isMarkup(answer.body)) return ended(noLayer);
  const got = digestOf(asked.algorithm, answer.body);
  const seen = seenIn(answer.body);
  if (got.text !== asked.text)
    return ended({ tag: 'failed', failure: mismatch(asked, got, phrase('answer.digestManifest')) }, seen);
  const { algorithm, text: digest } = got;
  // By a tag the mirror vouches for itself: what it gave fits together, no more.
  if (tagged !== null) return fine({ ...seen, compared: { algorithm, digest, of: tagged } });
  return fine({ ...seen, verified: { algorithm, digest, against: 'pinned' } });
}

/** A range is answered by 206 for these bytes of that many, or by 200 and all of it, of which we read the beginning. */
function judgePart({ context }: Session, answer: Answered, { size }: Descriptor): Verdict {
  if (answer.status === 206) {
    const [, total] = /^bytes 0-\d+\/(\d+)$/.exec(answer.headers['content-range'] ?? '') ?? [];
    if (Number(total) !== size)
      return ended({
        tag: 'failed',
        failure: malformed('answer.range'),
      });
  } else {
    const failure = failureOfStatus(answer, context.nowWallMs);
    if (failure !== null) return ended({ tag: 'failed', failure });
  }
  return isMarkup(answer.body) ? ended(noLayer) : fine();
}

const noLayer: End = { tag: 'failed', failure: wrongContent('answer.layer') };

/** The layer to fetch, and the digest of the manifest that the version led to first. */
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
      return layer === null ? notFound('answer.imageLayers') : ok({ layer, of });
    }
    const entry = entryFor(manifest.manifests, session.context.own.platform);
    if (entry === null) return notFound('answer.listManifest');
    next = entry.digest;
  }
  return notFound('answer.fewLists');
}

/**
 * The blob that tells most for least: the largest layer that is read whole and large enough to measure by, else the
 * beginning of a larger one, else whatever there is; `null`: nothing.
 */
function chosen({ config, layers }: Extract<Manifest, { kind: 'image' }>): Descriptor | null {
  const bySize = layers.filter(({ isForeign }) => !isForeign).toSorted((a, b) => a.size - b.size);
  const whole = bySize.findLast(({ size }) => size <= wholeBytesMax);
  const large = bySize.find(({ size }) => size > wholeBytesMax);
  const isMeasure = whole !== undefined && whole.size >= limits.throughputBytesMin;
  return (isMeasure ? whole : (large ?? whole)) ?? config;
}

function notFound(key: 'answer.imageLayers' | 'answer.listManifest' | 'answer.fewLists'): Result<never, End> {
  return error({ tag: 'failed', failure: malformed(key) });
}
