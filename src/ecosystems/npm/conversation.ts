import { isMarkup } from '../../core/body-text.ts';
import type { ProbeFailure } from '../../core/failure.ts';
import { readForeignUrl } from '../../core/foreign-url.ts';
import { limits } from '../../core/limits.ts';
import type { Conversation } from '../../core/ports.ts';
import { error, ok, type Result } from '../../core/result.ts';
import type { Sentence } from '../../core/sentence.ts';
import type { Target } from '../../core/target.ts';
import type { Facts, Verdict } from '../../core/transcript.ts';
import type { WholeBody } from '../../core/whole-body.ts';
import { failureOf, malformed } from '../../words/failure.ts';
import { phrase } from '../../words/tell.ts';
import { below, type End, ended, fine, get, isNotOffered, type Talk, unaskable } from '../talk.ts';
import { inSlices, wholeOf } from '../whole.ts';
import { fullForm, getPackument } from './ask.ts';
import type { NpmContext } from './context.ts';
import { pinnedIntegrity } from './integrity.ts';
import type { Listed } from './knowledge.ts';
import { type Located, locate } from './locate.ts';
import { escapeName } from './package-name.ts';
import { parsePackument, parseTags, type Signed } from './packument.ts';
import { judgeSignature } from './registry-signature.ts';
import { readSigningKeys } from './signing-keys.ts';
import { judgeBytes, type Known, startsLikeGzip, vouched } from './verify.ts';
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
    case 'signkeys':
      return yield* signkeys(target, context);
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
  const known = knownOf(`${module}@${named}`, found.value.signed, context);
  if (known.tag === 'error') return ended({ tag: 'failed', failure: known.error }, facts);
  return vouched(found.value, known.value, { ...facts, ...known.value.facts });
}

/** The pinned hash of a version and what its signatures came to; an error where a trusted key signed something else. */
function knownOf(
  id: string,
  signed: Signed,
  { pinned, own, nowWallMs }: NpmContext,
): Result<Known & { readonly facts: Facts }, ProbeFailure> {
  const judged = judgeSignature({ id, signed, keys: own.keys, nowWallMs });
  if (judged.tag === 'error') return judged;
  const { signature, mayPin } = judged.value ?? {};
  const logged = mayPin === true && own.isPublic === true ? { [id]: signed.integrity ?? '' } : null;
  const facts = { ...(signature && { signature }), ...(logged && { logged }) };
  return ok({ pinned: pinnedIntegrity(pinned[id]), isSigned: signature?.state === 'valid', facts });
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
  const read = yield* inSlices(parsePackument(body, module ?? ''));
  return read.tag === 'error' ? ended({ tag: 'failed', failure: read.error }) : fine({ listed: read.value.listed });
}

/** The artifact from where the packument says, held against what is signed or pinned, else against the packument's own hash. */
function* tarball(target: Target, context: NpmContext): Talk<Verdict> {
  const asked = target.version ?? 'latest';
  const kept = yield* locate(target.module ?? '', asked, context);
  if (kept.tag === 'error') return ended(kept.error);
  const first = yield* fromPlace(target, kept.value, context);
  if (!kept.value.isKept || !isMismatch(first.verdict)) return first.verdict;
  // By an answer of a while ago nobody is accused: it may be what was wrong, or bytes that were published anew since.
  const now = yield* locate(target.module ?? '', asked, context, true);
  if (now.tag === 'error') return ended(now.error);
  const body = now.value.tarball === kept.value.tarball ? first.body : undefined;
  return (yield* fromPlace(target, now.value, context, body)).verdict;
}

/** @param read  what lies there, where it was read already */
function* fromPlace(
  { module, version }: Target,
  { version: named, tarball: place, integrity, signed }: Located,
  context: NpmContext,
  read?: WholeBody,
): Talk<{ readonly verdict: Verdict; readonly body?: WholeBody }> {
  const facts = factsOf(version ?? 'latest', named);
  const url = tarballUrl(place, context);
  if (url.tag === 'error') return { verdict: ended({ tag: 'failed', failure: url.error }, facts) };
  // A packument that a trusted key did not sign is wrong without a download.
  const known = knownOf(`${module}@${named}`, signed, context);
  if (known.tag === 'error') return { verdict: ended({ tag: 'failed', failure: known.error }, facts) };
  const stopAfterBytes = context.peekBytes ?? limits.zipBytes;
  const got = read === undefined ? yield* askBytes(url.value, stopAfterBytes, context) : ok(read);
  if (got.tag === 'error') return { verdict: ended(got.error, facts) };
  const body = got.value;
  // Read on purpose no further than this: a throughput sample, with nothing to hash.
  if (body.bytes >= stopAfterBytes && startsLikeGzip(body.read(0, 2))) return { verdict: fine(facts), body };
  return { verdict: yield* judgeBytes(body, integrity, known.value, { ...facts, ...known.value.facts }), body };
}

function* askBytes(url: string, stopAfterBytes: number, context: NpmContext): Talk<Result<WholeBody, End>> {
  const ask = { url, foreign: true, bodyBytesMax: limits.zipBytes, stopAfterBytes, large: true } as const;
  const got = yield* get(ask, context);
  return got.tag === 'error' ? got : ok(wholeOf(got.value));
}

function isMismatch({ outcome }: Verdict): boolean {
  return outcome.tag === 'failed' && outcome.failure.kind === 'mismatch';
}

/** The keys that a registry says it signs with. An origin's are believed; what any other mirror lists proves nothing. */
function* signkeys({ upstream }: Target, context: NpmContext): Talk<Verdict> {
  const got = yield* get({ url: below(context, '-/npm/v1/keys'), bodyBytesMax: limits.signingKeysBytes }, context);
  if (got.tag === 'error') return isNotOffered(got.error) ? fine({ notOffered: true }) : ended(got.error);
  const keys = readSigningKeys(got.value.body);
  if (keys.tag === 'error') {
    const kind = isMarkup(got.value.body) ? ('wrong_content' as const) : ('malformed' as const);
    return ended({ tag: 'failed', failure: failureOf(kind, keys.error) });
  }
  const listed: Listed = { upstream, origin: context.baseUrl, keys: keys.value };
  return fine(context.own.isOrigin === true ? { own: { listed } } : {});
}

function startsLikeObject(body: Uint8Array): boolean {
  const start = new TextDecoder('utf-8').decode(body.subarray(0, 64));
  return start.trimStart().startsWith('{');
}

/** What a version that is no fixed one stood for. */
function factsOf(asked: string, resolvedVersion: string): Facts {
  return asked === resolvedVersion ? {} : { resolvedVersion };
}

/**
 * The artifact's URL as the packument has it, without its fragment; an error in words where it leads clients past the
 * mirror: to a host that is neither its own nor named in `tarballHosts`, from https to http, or with credentials in it.
 * @see protocols.md 2.2 and 2.8
 */
function tarballUrl(text: string, { baseUrl, own }: NpmContext): Result<string, ProbeFailure> {
  const url = readForeignUrl(text);
  if (url === null || !/^https?:$/.test(url.protocol)) return wrong(phrase('answer.npmUrl'));
  if (url.username !== '' || url.password !== '') return wrong(phrase('answer.npmUser'));
  const base = new URL(baseUrl);
  if (base.protocol === 'https:' && url.protocol === 'http:') return wrong(phrase('answer.npmHttps'));
  if (url.hostname !== base.hostname && !own.tarballHosts.includes(url.hostname))
    return wrong(phrase('answer.npmHost'));
  url.hash = '';
  return ok(url.href);
}

function wrong(expected: Sentence): Result<never, ProbeFailure> {
  return error(malformed('answer.npmDist', { what: expected }));
}
