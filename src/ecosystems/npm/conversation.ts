import { isMarkup } from '../../core/body-text.ts';
import { limits } from '../../core/limits.ts';
import type { Conversation } from '../../core/ports.ts';
import type { Target } from '../../core/target.ts';
import type { Facts, Verdict } from '../../core/transcript.ts';
import { beginsLike } from '../begins.ts';
import { seenIn } from '../seen.ts';
import { below, ended, fine, get, isNotOffered, type Talk, unaskable } from '../talk.ts';
import { fullForm, getPackument } from './ask.ts';
import type { NpmContext } from './context.ts';
import { type Integrity, integrityOf, pinnedIntegrity } from './integrity.ts';
import { locate } from './locate.ts';
import { escapeName } from './package-name.ts';
import { type Dist, parsePackument, parseTags } from './packument.ts';
import { tarballUrl } from './tarball-url.ts';
import { isExact } from './version.ts';

/** One step of an npm registry, asked as npm asks it. */
export function* probe(target: Target, context: NpmContext): Conversation {
  switch (target.step) {
    case 'metadata':
      return yield* metadata(target, context);
    case 'tags':
      return yield* tags(target, context);
    case 'packument':
      return yield* packument(target, context);
    case 'tarball':
      return yield* tarball(target, context);
    default:
      return ended(unaskable);
  }
}

/** The short packument: the version is there, and its hash is the pinned one. */
function* metadata({ module, version }: Target, context: NpmContext): Talk<Verdict> {
  const got = yield* getPackument(module ?? '', context, false);
  if (got.tag === 'error') return ended(got.error);
  const { tagged, dist, listed, contents } = got.value;
  const asked = version ?? 'latest';
  const named = isExact(asked) ? asked : tagged(asked);
  if (named === null) return ended({ tag: 'failed', failure: { kind: 'absent', status: 200 } }, { listed, contents });
  const facts = { ...factsOf(asked, named), listed, contents };
  const found = dist(named);
  if (found === null) return ended({ tag: 'failed', failure: { kind: 'absent', status: 200 } }, facts);
  if (found.tag === 'error') return ended({ tag: 'failed', failure: found.error }, facts);
  return vouched(found.value, pinnedIntegrity(context.pinned[`${module}@${named}`]), facts);
}

/** A pinned hash is held against what the packument says of the same algorithm: where it says nothing, nothing is verified. */
function vouched({ integrity }: Dist, want: Integrity | undefined, facts: Facts): Verdict {
  const same = want && integrity.find(({ algorithm }) => algorithm === want.algorithm);
  const [best] = integrity;
  if (want === undefined || same === undefined) {
    if (best === undefined) return fine(facts);
    return fine({ ...facts, compared: { algorithm: best.algorithm, digest: best.digests.join(' ') } });
  }
  const { algorithm } = want;
  const digest = same.digests.find((one) => want.digests.includes(one));
  if (digest !== undefined) return fine({ ...facts, verified: { algorithm, digest, against: 'pinned' } });
  return mismatch(want, same.digests.join(' '), facts);
}

/** The tags alone: what `latest` stands for. Not every mirror has them apart from the packument. */
function* tags({ module }: Target, context: NpmContext): Talk<Verdict> {
  const escaped = escapeName(module ?? '');
  if (escaped === null) return ended(unaskable);
  const url = below(context, `-/package/${escaped}/dist-tags`);
  const got = yield* get({ url, bodyBytesMax: limits.distTagsBytes }, context);
  if (got.tag === 'error') return isNotOffered(got.error) ? fine({ notOffered: true }) : ended(got.error);
  const latest = parseTags(got.value.body);
  if (latest.tag === 'error') return ended({ tag: 'failed', failure: latest.error });
  return fine({ resolvedVersion: latest.value.latest, contents: latest.value.contents });
}

/** The full packument, which may be long: no more of it is read than can be held. */
function* packument({ module }: Target, context: NpmContext): Talk<Verdict> {
  const escaped = escapeName(module ?? '');
  if (escaped === null) return ended(unaskable);
  const stopAfterBytes = context.peekBytes ?? limits.packumentBytes;
  const got = yield* get(
    { url: below(context, escaped), headers: fullForm, bodyBytesMax: 2 * limits.packumentBytes, stopAfterBytes },
    context,
  );
  if (got.tag === 'error') return ended(got.error);
  const { body } = got.value;
  if (body.length >= stopAfterBytes && startsLikeObject(body)) return fine();
  const read = parsePackument(body, module ?? '');
  return read.tag === 'error' ? ended({ tag: 'failed', failure: read.error }) : fine({ listed: read.value.listed });
}

/** The artifact from where the packument says, held against a pinned hash, else against the packument's own. */
function* tarball({ module, version }: Target, context: NpmContext): Talk<Verdict> {
  const asked = version ?? 'latest';
  const located = yield* locate(module ?? '', asked, context);
  if (located.tag === 'error') return ended(located.error);
  const named = located.value.version;
  const facts = factsOf(asked, named);
  const url = tarballUrl(located.value.tarball, context);
  if (url.tag === 'error') return ended({ tag: 'failed', failure: url.error }, facts);
  const stopAfterBytes = context.peekBytes ?? limits.zipBytesHashed;
  const ask = { url: url.value, foreign: true, bodyBytesMax: limits.zipBytes, stopAfterBytes };
  const got = yield* get(ask, context);
  if (got.tag === 'error') return ended(got.error, facts);
  const { body } = got.value;
  // Read on purpose no further than this: a throughput sample, with nothing to hash.
  if (body.length >= stopAfterBytes && startsLikeGzip(body)) return fine(facts);
  const pinned = pinnedIntegrity(context.pinned[`${module}@${named}`]);
  const want = pinned ?? located.value.integrity;
  const digest = integrityOf(body, want?.algorithm ?? 'sha512');
  const isRight = want?.digests.includes(digest) === true;
  // Bytes that an authority vouches for are right, whatever they look like.
  if (!isRight && !startsLikeGzip(body)) return ended({ tag: 'failed', failure: noGzip(body) }, facts);
  const about = { ...facts, ...seenIn(body) };
  if (want !== undefined && !isRight) return mismatch(want, digest, about);
  const { algorithm } = want ?? { algorithm: 'sha512' as const };
  if (pinned !== undefined) return fine({ ...about, verified: { algorithm, digest, against: 'pinned' } });
  // Packuments may name hashes of different algorithms: only bytes under the same one can be held against one another.
  return fine({ ...about, compared: { algorithm: 'sha512', digest: integrityOf(body, 'sha512') } });
}

function mismatch({ algorithm, digests }: Integrity, got: string, facts: Facts): Verdict {
  const failure = { kind: 'mismatch', algorithm, want: digests.join(' '), got } as const;
  return ended({ tag: 'failed', failure }, facts);
}

function noGzip(body: Uint8Array) {
  const kind = isMarkup(body) ? ('wrong_content' as const) : ('malformed' as const);
  return { kind, expected: 'a tarball in gzip' };
}

function startsLikeGzip(body: Uint8Array): boolean {
  return beginsLike(body, '1f8b');
}

function startsLikeObject(body: Uint8Array): boolean {
  const start = new TextDecoder('utf-8').decode(body.subarray(0, 64));
  return start.trimStart().startsWith('{');
}

/** What a version that is no fixed one stood for. */
function factsOf(asked: string, resolvedVersion: string): Facts {
  return asked === resolvedVersion ? {} : { resolvedVersion };
}
