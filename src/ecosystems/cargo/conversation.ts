import { isMarkup } from '../../core/body.ts';
import { isSilent } from '../../core/failure.ts';
import { limits } from '../../core/limits.ts';
import type { Target } from '../../core/mirror.ts';
import { error, ok, type Result } from '../../core/result.ts';
import type { Facts, Verdict } from '../../core/transcript.ts';
import { failureOf, malformed, mismatchOf, phrase } from '../../words/tell.ts';
import { wordOfFile } from '../file-word.ts';
import {
  type Ask,
  beginsIn,
  below,
  type End,
  ended,
  failedBy,
  fine,
  get,
  hashOf,
  inSlices,
  makeProbe,
  matchesBeginning,
  seenIn,
  stoppedBy,
  type Talk,
  unaskable,
  wholeOf,
} from '../talk.ts';
import type { CargoContext } from './context.ts';
import { parseIndexConfig, parseIndexFile } from './index-file.ts';
import { isCrateName, isCrateVersion } from './names.ts';
import { downloadUrlOf, indexPathOf } from './paths.ts';

export const probe = makeProbe<CargoContext>({ config: (_target, context) => config(context), crates, crate });

/**
 * The headers of cargo, which decodes both encodings.
 * @see rust-lang/cargo src/cargo/sources/registry/http_remote.rs; test/real/cargo.test.ts: cargo 1.95
 */
const encodings = { 'accept-encoding': 'deflate, gzip' };
const ofIndex = { 'cargo-protocol': 'version=1', accept: 'text/plain', ...encodings };

/** Probes config.json, and whether the host responds at which cargo downloads crates. */
function* config(context: CargoContext): Talk<Verdict> {
  const got = yield* getConfig(context, false);
  if (got.tag === 'error') return ended(got.error);
  const facts = { offers: { own_downloads: hasOwnDownloads(got.value.url, context) } };
  const lost = yield* deadHostOf(got.value.url, context);
  return lost === null ? fine(facts) : ended(lost, facts);
}

/** False if a mirror sends the downloads of its clients to the upstream. */
function hasOwnDownloads(url: string, { baseUrl, own }: CargoContext): boolean {
  const { hostname } = new URL(url);
  if (own.isOrigin || hostname === new URL(baseUrl).hostname) return true;
  return !own.upstreamHosts.some((host) => hostname === host || hostname.endsWith(`.${host}`));
}

/**
 * Requests the head of a download from another host than the mirror's. Returns how the host fails; `null`: it responds,
 * with any status below 500, or the download is at the mirror itself.
 */
function* deadHostOf(url: string, context: CargoContext): Talk<End | null> {
  if (new URL(url).host === new URL(context.baseUrl).host) return null;
  const got = yield* get({ url, method: 'HEAD', aside: true, foreign: true, bodyBytesMax: limits.infoBytes }, context);
  if (got.tag === 'ok' || got.error.tag !== 'failed') return null;
  const { failure } = got.error;
  return isSilent(got.error) || (failure.kind === 'server' && failure.status !== 501) ? got.error : null;
}

function* getConfig(context: CargoContext, aside: boolean): Ask<{ readonly dl: string; readonly url: string }> {
  const request = { url: below(context, 'config.json'), headers: ofIndex, bodyBytesMax: limits.infoBytes };
  const got = yield* get({ ...request, ...(aside && { aside }) }, context);
  if (got.tag === 'error') return got;
  const read = parseIndexConfig(got.value.body);
  return read.tag === 'error' ? stoppedBy(read.error) : read;
}

function* crates(target: Target, context: CargoContext): Talk<Verdict> {
  const found = yield* findCrate(target, context, false);
  if (found.tag === 'error') return found.error;
  const { key, sum, facts } = found.value;
  return verify(sum, key, sum, facts, context);
}

function* crate(target: Target, context: CargoContext): Talk<Verdict> {
  const found = yield* findCrate(target, context, true);
  if (found.tag === 'error') return found.error;
  const { key, version, sum, facts } = found.value;
  const read = yield* getConfig(context, true);
  if (read.tag === 'error') return ended(read.error, facts);
  const url = downloadUrlOf(read.value.dl, target.module ?? '', version, sum);
  if (url === null) return failedBy(malformed('answer.cratesConfig'), facts);
  const stopAfterBytes = context.peekBytes ?? limits.zipBytes;
  const request = { url, headers: encodings, foreign: true, bodyBytesMax: limits.zipBytes, stopAfterBytes } as const;
  const got = yield* get({ ...request, large: true }, context);
  if (got.tag === 'error') return ended(got.error, facts);
  const { body } = got.value;
  if (!matchesBeginning(body, '1f8b08'))
    return failedBy(failureOf(isMarkup(body) ? 'wrong_content' : 'malformed', phrase('answer.crateFile')), facts);
  const whole = wholeOf(got.value);
  // A file that was not read to its end cannot be hashed.
  if (whole.bytes >= stopAfterBytes) return fine({ ...facts, ...beginsIn(got.value, true) });
  const hex = (yield* hashOf(whole, 'sha256')).toString('hex');
  const seen = { ...facts, ...seenIn(body, whole.bytes), ...beginsIn(got.value, false) };
  return verify(hex, key, sum, seen, context);
}

interface Found {
  readonly version: string;
  /** The key of the version in `pinned` and `locked`. */
  readonly key: string;
  /** The SHA-256 that the mirror's index states, lower-case hex. */
  readonly sum: string;
  readonly facts: Facts;
}

/** Requests the index file of a crate, and finds the line of a version. */
function* findCrate(
  { module, version, upstream }: Target,
  context: CargoContext,
  aside: boolean,
): Talk<Result<Found, Verdict>> {
  const [name, wanted] = [module ?? '', version === 'latest' ? null : version];
  if (!isCrateName(name) || (wanted !== null && !isCrateVersion(wanted))) return error(ended(unaskable));
  const request = { headers: ofIndex, bodyBytesMax: limits.indexBytes, large: true } as const;
  const got = yield* get({ url: below(context, indexPathOf(name)), ...request, ...(aside && { aside }) }, context);
  if (got.tag === 'error') return error(ended(absentIf451(got.error)));
  const read = yield* inSlices(parseIndexFile(wholeOf(got.value), name, wanted));
  if (read.tag === 'error') return error(failedBy(read.error));
  const { version: named, sum, listed, contents } = read.value;
  const stated = { listed, contents };
  if (named === null || sum === null)
    return error(failedBy({ kind: 'absent', status: got.value.status }, aside ? {} : stated));
  const key = `${name}@${named}`;
  const facts = {
    ...(wanted === null ? { resolvedVersion: named } : {}),
    ...(aside ? {} : stated),
    ...(context.own.isOrigin ? { own: { upstream, crate: key, sum } } : {}),
  };
  return ok({ version: named, key, sum, facts });
}

/** cargo takes 451 for the absence of a crate, like 404 and 410. @see test/real/cargo.test.ts */
function absentIf451(end: End): End {
  const isAbsent = end.tag === 'failed' && end.failure.kind === 'policy' && end.failure.status === 451;
  return isAbsent ? { tag: 'failed', failure: { kind: 'absent', status: 451 } } : end;
}

/**
 * Compares a SHA-256 with the one that the origin states, else with that of a lock file, else with that of the mirror's
 * own index. The last one proves only that the mirror is consistent, so mirrors are compared.
 * @param sum  what the mirror's own index states
 */
function verify(got: string, key: string, sum: string, facts: Facts, { pinned, locked, own }: CargoContext): Verdict {
  const algorithm = 'sha256';
  const [known, lock] = [pinned[key] ?? (own.isOrigin ? sum : undefined), locked?.[key]];
  const compared = { algorithm, digest: got };
  const word = lock === known ? {} : wordOfFile(lock, { isOverruled: known !== undefined, isRight: lock === got });
  const said = { ...facts, ...word, ...(known === undefined ? { compared } : {}) };
  const want = known ?? lock ?? sum;
  if (got !== want) {
    const by = phrase(known === undefined && lock === undefined ? 'answer.crateSum' : 'answer.cargoVerifies');
    return failedBy(mismatchOf({ algorithm, want, got, by }), said);
  }
  if (known === undefined && lock === undefined) return fine(said);
  const against = pinned[key] === undefined && lock === undefined ? 'index' : 'pinned';
  return fine({ ...said, verified: { algorithm, digest: got, against } });
}
