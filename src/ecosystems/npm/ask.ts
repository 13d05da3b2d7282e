import { createHash } from 'node:crypto';
import { limits } from '../../core/limits.ts';
import { error, ok, type Result } from '../../core/result.ts';
import { readForeignUrl } from '../../core/url.ts';
import { below, type End, get, inSlices, isNotOffered, stoppedBy, type Talk, unaskable, wholeOf } from '../talk.ts';
import type { NpmContext } from './context.ts';
import { type Integrity, readIntegrity } from './integrity.ts';
import { escapeName } from './names.ts';
import { type Dist, type Packument, parseManifest, parsePackument } from './packument.ts';
import type { Signed } from './signatures.ts';

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

export const fullForm = { accept: 'application/json' };

/**
 * Requests an abbreviated packument and, after a 404 or 410, the full packument.
 * @see npm/pacote lib/registry.js
 */
export function* getPackument(
  module: string,
  wanted: string,
  context: NpmContext,
  aside: boolean,
): Talk<Result<Packument, End>> {
  const escaped = escapeName(module);
  if (escaped === null) return error(unaskable);
  const request = { url: below(context, escaped), bodyBytesMax: limits.indexBytes, large: true, aside } as const;
  let got = yield* get({ ...request, headers: { ...shortForm, ...encodings } }, context);
  if (got.tag === 'error' && isNotOffered(got.error))
    got = yield* get({ ...request, headers: { ...fullForm, ...encodings } }, context);
  if (got.tag === 'error') return got;
  const read = yield* inSlices(parsePackument(wholeOf(got.value), module, wanted));
  return read.tag === 'error' ? stoppedBy(read.error) : read;
}

/** What the mirror states about the artifact of a version. `integrity` is absent if the mirror states no hash. */
export interface Located {
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
export function tarballPlaceOf(tarball: string): string {
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
export function* locate(
  module: string,
  version: string,
  context: NpmContext,
  isAnew = false,
): Talk<Result<Located & { readonly isKept: boolean }, End>> {
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

function* fromPackument(module: string, wanted: string, context: NpmContext): Talk<Result<Located, End>> {
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
