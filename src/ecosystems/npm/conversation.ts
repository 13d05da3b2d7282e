import { createHash } from 'node:crypto';
import { isMarkup } from '../../core/body.ts';
import { isMismatch, type ProbeFailure } from '../../core/failure.ts';
import { limits } from '../../core/limits.ts';
import type { Target } from '../../core/mirror.ts';
import { error, ok, type Result, type Sentence } from '../../core/result.ts';
import type { Facts, ProbeRequest, Verdict } from '../../core/transcript.ts';
import { readForeignUrl } from '../../core/url.ts';
import { failureOf, malformed, phrase } from '../../words/tell.ts';
import { wordOfFile } from '../file-word.ts';
import {
  type Ask,
  beginsIn,
  below,
  ended,
  failedBy,
  fine,
  get as getAny,
  inSlices,
  isLeftOut,
  isNotOffered,
  makeProbe,
  type Responded,
  stoppedBy,
  type Talk,
  unaskable,
  wholeOf,
} from '../talk.ts';
import type { Listed, NpmContext } from './context.ts';
import { type Integrity, parsePinnedIntegrity, readIntegrity } from './integrity.ts';
import { escapeName, isExact } from './names.ts';
import { type Dist, type Packument, parseManifest, parsePackument, parseTags } from './packument.ts';
import { judgeSignature, readSigningKeys, type Signed } from './signatures.ts';
import { judgeBytes, judgeStatedHash, type KnownHashes, matchesGzip } from './verify.ts';

export const probe = makeProbe<NpmContext>({ metadata, tags, packument, tarball, signkeys });

function* metadata({ module, version }: Target, context: NpmContext): Talk<Verdict> {
  const wanted = version ?? 'latest';
  const got = yield* getPackument(module ?? '', wanted, context, false);
  if (got.tag === 'error') return ended(got.error);
  const { version: named, dist: found, listed, contents, isShort } = got.value;
  if (named === null) return failedBy({ kind: 'absent', status: 200 }, { listed, contents });
  const facts = { ...factsOf(wanted, named), listed, contents };
  if (found === null) return failedBy({ kind: 'absent', status: 200 }, facts);
  if (found.tag === 'error') return failedBy(found.error, facts);
  const known = knownOf(`${module}@${named}`, found.value.signed, context);
  const artifact = { step: 'tarball', at: tarballPlaceOf(found.value.tarball) };
  const { signed, hasAttestations } = found.value;
  const offers = {
    abbreviated: isShort,
    signatures: signed.signatures.length > 0 || null,
    attestations: hasAttestations || null,
  };
  if (known.tag === 'error')
    return failedBy(known.error, { ...facts, artifact, ...ofKey(known.error, found.value.integrity[0], context) });
  return judgeStatedHash(found.value, known.value, { ...facts, artifact, offers, ...known.value.facts });
}

function knownOf(
  id: string,
  signed: Signed,
  { pinned, locked, own, nowWallMs }: NpmContext,
): Result<KnownHashes & { readonly facts: Facts }, ProbeFailure> {
  const judged = judgeSignature({ id, signed, keys: own.keys, nowWallMs });
  if (judged.tag === 'error') return judged;
  const { signature, mayPin } = judged.value ?? {};
  const logged = mayPin === true && own.isPublic === true ? { [id]: signed.integrity ?? '' } : null;
  const facts = { ...(signature && { signature }), ...(logged && { logged }) };
  const isSigned = signature?.state === 'valid';
  const isKey = own.isKeyOfFile === true;
  return ok({ pinned: parsePinnedIntegrity(pinned[id]), locked: locked?.[id], isSigned, isKey, facts });
}

/** The facts about a wrong signature by a key of a file: the key may be wrong, so mirrors are compared. */
function ofKey(failure: ProbeFailure, stated: Integrity | undefined, { own }: NpmContext): Facts {
  if (own.isKeyOfFile !== true || failure.kind !== 'mismatch' || stated === undefined) return {};
  const compared = { algorithm: stated.algorithm, digest: stated.digests.join(' ') };
  return { ...wordOfFile(failure.want, { isRight: false, isKey: true }), compared };
}

/** The maximum length of a head for clients that run on Node.js (`--max-http-header-size`), bytes. */
const headBytesMax = 16 * 1024;

/** Sends a request as `get` of `talk.ts` does. A head that most npm clients refuse is a failure. */
function* get(request: ProbeRequest, context: NpmContext): Ask<Responded> {
  const got = yield* getAny(request, context);
  const head = got.tag === 'ok' ? Object.entries(got.value.headers) : [];
  const bytes = head.reduce((sum, [name, value]) => sum + name.length + value.length + ': \r\n'.length, 0);
  return bytes > headBytesMax ? stoppedBy({ kind: 'oversize', limitBytes: headBytesMax }) : got;
}

/** Probes the dist-tags endpoint. It is optional, so its absence is no failure. */
function* tags({ module }: Target, context: NpmContext): Talk<Verdict> {
  const escaped = escapeName(module ?? '');
  if (escaped === null) return ended(unaskable);
  const url = below(context, `-/package/${escaped}/dist-tags`);
  const got = yield* get({ url, bodyBytesMax: limits.distTagsBytes }, context);
  if (got.tag === 'error') return isLeftOut(got.error) ? fine({ notOffered: true }) : ended(got.error);
  const latest = parseTags(got.value.body);
  if (latest.tag === 'error') return failedBy(latest.error);
  return fine({ resolvedVersion: latest.value.latest, contents: latest.value.contents });
}

/** Probes a packument. If it is not read to its end, only its beginning is checked. */
function* packument({ module }: Target, context: NpmContext): Talk<Verdict> {
  const escaped = escapeName(module ?? '');
  if (escaped === null) return ended(unaskable);
  const stopAfterBytes = context.peekBytes ?? limits.indexBytes;
  const request = { headers: fullForm, bodyBytesMax: limits.indexBytes, stopAfterBytes, large: true } as const;
  const got = yield* get({ url: below(context, escaped), ...request }, context);
  if (got.tag === 'error') return ended(got.error);
  const whole = wholeOf(got.value);
  if (whole.bytes >= stopAfterBytes && startsLikeObject(got.value.body)) return fine();
  const read = yield* inSlices(parsePackument(whole, module ?? '', null));
  if (read.tag === 'error') return failedBy(read.error);
  const { listed, hasTimes, hasPublisher } = read.value;
  return fine({ listed, offers: { time: hasTimes, trusted_publisher: hasPublisher || null } });
}

function* tarball(target: Target, context: NpmContext): Talk<Verdict> {
  const wanted = target.version ?? 'latest';
  const kept = yield* locate(target.module ?? '', wanted, context);
  if (kept.tag === 'error')
    return ended(kept.error, isNotOffered(kept.error) ? yield* unlistedFacts(target, context) : {});
  const first = yield* fromPlace(target, kept.value, context);
  if (!kept.value.isKept || !isMismatch(first.verdict.outcome)) return first.verdict;
  const now = yield* locate(target.module ?? '', wanted, context, true);
  if (now.tag === 'error') return ended(now.error);
  const read = now.value.tarball === kept.value.tarball ? first.read : undefined;
  return (yield* fromPlace(target, now.value, context, read)).verdict;
}

/**
 * Whether the mirror serves the artifact of a version that its packument lacks, at the usual path: `npm ci` requests the
 * URL in a lock file without a packument.
 */
function* unlistedFacts({ module, version }: Target, context: NpmContext): Talk<Facts> {
  if (module === null || version === null || escapeName(module) === null || !isExact(version)) return {};
  const path = `${module}/-/${module.split('/').at(-1)}-${version}.tgz`;
  const got = yield* getAny({ url: below(context, path), method: 'HEAD', aside: true, bodyBytesMax: 0 }, context);
  return got.tag === 'ok' ? { isUnlisted: true } : {};
}

/**
 * Downloads the artifact from its location and judges it.
 * @param read  the response, if it was already downloaded from this location; absent: it is requested
 */
function* fromPlace(
  { module, version }: Target,
  { version: named, tarball: place, integrity, signed }: Located,
  context: NpmContext,
  read?: Responded,
): Talk<{ readonly verdict: Verdict; readonly read?: Responded }> {
  const facts = factsOf(version ?? 'latest', named);
  const url = tarballUrl(place, context);
  if (url.tag === 'error') return { verdict: failedBy(url.error, facts) };
  // If the signature is wrong, no download is necessary.
  const known = knownOf(`${module}@${named}`, signed, context);
  if (known.tag === 'error')
    return { verdict: failedBy(known.error, { ...facts, ...ofKey(known.error, integrity, context) }) };
  const stopAfterBytes = context.peekBytes ?? limits.zipBytes;
  const request = { foreign: true, bodyBytesMax: limits.zipBytes, stopAfterBytes, large: true } as const;
  const got = read === undefined ? yield* get({ url: url.value, ...request }, context) : ok(read);
  if (got.tag === 'error') return { verdict: ended(got.error, facts) };
  const body = wholeOf(got.value);
  // A file that was not read to its end cannot be hashed.
  const isPart = body.bytes >= stopAfterBytes && matchesGzip(body.read(0, 2));
  const seen = { ...facts, ...beginsIn(got.value, isPart) };
  if (isPart) return { verdict: fine(seen), read: got.value };
  return {
    verdict: yield* judgeBytes(body, integrity, known.value, { ...seen, ...known.value.facts }),
    read: got.value,
  };
}

/** Probes the registry's list of signing keys. Only the keys that an origin lists are stored. */
function* signkeys({ upstream }: Target, context: NpmContext): Talk<Verdict> {
  const got = yield* get({ url: below(context, '-/npm/v1/keys'), bodyBytesMax: limits.signingKeysBytes }, context);
  if (got.tag === 'error') return isNotOffered(got.error) ? fine({ notOffered: true }) : ended(got.error);
  const keys = readSigningKeys(got.value.body);
  if (keys.tag === 'error') {
    const kind = isMarkup(got.value.body) ? ('wrong_content' as const) : ('malformed' as const);
    return failedBy(failureOf(kind, keys.error));
  }
  const listed: Listed = { upstream, origin: context.baseUrl, keys: keys.value };
  return fine(context.own.isOrigin === true ? { own: { listed } } : {});
}

function startsLikeObject(body: Uint8Array): boolean {
  const start = new TextDecoder('utf-8').decode(body.subarray(0, 64));
  return start.trimStart().startsWith('{');
}

function factsOf(wanted: string, resolvedVersion: string): Facts {
  return wanted === resolvedVersion ? {} : { resolvedVersion };
}

/** By default npm replaces only this host by the configured registry (`replace-registry-host`). */
const replacedHost = /^registry\.npmjs\.org$/;

/**
 * Returns the artifact's URL. `replacedHost` becomes the mirror's host, unless `tarballHosts` lists it. The result is
 * an error if the URL has credentials or leads from https to http. It is also an error if the host is neither the
 * mirror's nor in `tarballHosts`.
 * @see docs/protocols/npm.md#the-dist-object, docs/protocols/npm.md#requests-by-interval; npm/pacote lib/remote.js
 */
function tarballUrl(text: string, { baseUrl, own }: NpmContext): Result<string, ProbeFailure> {
  const stated = readForeignUrl(text);
  const isReplaced = stated !== null && replacedHost.test(stated.host) && !own.tarballHosts.includes(stated.host);
  const url = isReplaced ? new URL(stated.pathname, baseUrl) : stated;
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

/**
 * The header that requests the abbreviated packument (the JSON document about a package), which suffices to install.
 * @see docs/protocols/npm.md#endpoints
 */
const shortForm = { accept: 'application/vnd.npm.install-v1+json; q=1.0, application/json; q=0.8, */*' };

/**
 * The `Accept-Encoding` of npm, so that downloads take as long as npm's.
 * @see npm/minipass-fetch lib/request.js
 */
const encodings = { 'accept-encoding': 'gzip,deflate' };

const fullForm = { accept: 'application/json' };

/**
 * Requests an abbreviated packument and, after a 404 or 410, the full packument. `isShort`: the response is abbreviated.
 * @see npm/pacote lib/registry.js
 */
function* getPackument(
  module: string,
  wanted: string,
  context: NpmContext,
  aside: boolean,
): Ask<Packument & { readonly isShort: boolean }> {
  const escaped = escapeName(module);
  if (escaped === null) return error(unaskable);
  const request = { url: below(context, escaped), bodyBytesMax: limits.indexBytes, large: true, aside } as const;
  let got = yield* get({ ...request, headers: { ...shortForm, ...encodings } }, context);
  if (got.tag === 'error' && isNotOffered(got.error))
    got = yield* get({ ...request, headers: { ...fullForm, ...encodings } }, context);
  if (got.tag === 'error') return got;
  const read = yield* inSlices(parsePackument(wholeOf(got.value), module, wanted));
  if (read.tag === 'error') return stoppedBy(read.error);
  return ok({
    ...read.value,
    isShort: /^application\/vnd\.npm\.install-v1\+json/i.test(got.value.headers['content-type'] ?? ''),
  });
}

/** What the mirror states about the artifact of a version. `integrity` is absent if the mirror states no hash. */
interface Located {
  readonly version: string;
  /** The URL as the mirror states it. It is not validated and may be any text. */
  readonly tarball: string;
  readonly integrity?: Integrity;
  readonly signed: Signed;
}

/**
 * Returns a digest of the host and path of an artifact's URL. The query is left out, because it may differ in each
 * response.
 */
function tarballPlaceOf(tarball: string): string {
  const url = readForeignUrl(tarball);
  const place = url === null ? tarball : `${url.host}${url.pathname}`;
  return createHash('sha256').update(place).digest('hex').slice(0, 16);
}

/**
 * How long an artifact's location is cached: as long as clients may cache a packument.
 * @see docs/protocols/npm.md#caching-and-limits
 */
const keptMs = 5 * 60_000;

/**
 * Locates the artifact of a version in the packument, which may be long. So a probe of the artifact's first bytes
 * requests the manifest of the version first (the JSON document about one version).
 * @param isAnew  whether to ignore a cached location
 * @returns       the location, and `isKept`: true if the location comes from the cache
 */
function* locate(
  module: string,
  version: string,
  context: NpmContext,
  isAnew = false,
): Ask<Located & { readonly isKept: boolean }> {
  const key = `npm ${module}@${version}`;
  const kept = isAnew ? null : readKept(context.memory?.get(key, context.nowWallMs) ?? null);
  const hasMoved =
    kept !== null && (context.artifactAt ?? tarballPlaceOf(kept.tarball)) !== tarballPlaceOf(kept.tarball);
  if (kept !== null && !hasMoved) return ok({ ...kept, isKept: true });
  const short = context.peekBytes === undefined ? null : yield* fromManifest(module, version, context);
  const located = short === null ? yield* fromPackument(module, version, context) : ok(short);
  if (located.tag === 'error') return located;
  context.memory?.keep(key, JSON.stringify(located.value), context.nowWallMs + keptMs);
  return ok({ ...located.value, isKept: false });
}

function* fromPackument(module: string, wanted: string, context: NpmContext): Ask<Located> {
  const got = yield* getPackument(module, wanted, context, true);
  if (got.tag === 'error') return got;
  const { version, dist } = got.value;
  if (version === null || dist === null) return stoppedBy({ kind: 'absent', status: 200 });
  return dist.tag === 'error' ? stoppedBy(dist.error) : ok(locatedBy(version, dist.value));
}

/** Locates the artifact by the manifest of a version; `null`: no valid manifest was received. */
function* fromManifest(module: string, wanted: string, context: NpmContext): Talk<Located | null> {
  const escaped = escapeName(module);
  if (escaped === null || !/^[A-Za-z0-9._-]+$/.test(wanted)) return null;
  const request = { url: below(context, `${escaped}/${wanted}`), bodyBytesMax: limits.distTagsBytes, aside: true };
  const got = yield* get(request, context);
  if (got.tag === 'error') return null;
  const read = parseManifest(got.value.body, module, wanted);
  return read.tag === 'error' ? null : locatedBy(read.value.version, read.value.dist);
}

function locatedBy(version: string, { tarball, integrity: [best], signed }: Dist): Located {
  return { version, tarball, signed, ...(best === undefined ? {} : { integrity: best }) };
}

function readKept(text: string | null): Located | null {
  if (text === null) return null;
  const { version, tarball, integrity, signed } = JSON.parse(text) as Located;
  const [best] = integrity === undefined ? [] : readIntegrity(integrity.digests.join(' '));
  return { version, tarball, signed, ...(best === undefined ? {} : { integrity: best }) };
}
