import { isMarkup, utf8 } from '../../core/body.ts';
import type { ProbeFailure } from '../../core/failure.ts';
import { limits } from '../../core/limits.ts';
import type { Target } from '../../core/mirror.ts';
import { error, ok, type Result, type Sentence } from '../../core/result.ts';
import type { Facts, Verdict } from '../../core/transcript.ts';
import { failureOf, malformed, mismatchOf, phrase, wrongContent } from '../../words/tell.ts';
import { wordOfFile } from '../file-word.ts';
import { foldKeys, isGoTime, parseFields } from '../parse-json.ts';
import {
  type Ask,
  beginsIn,
  type End,
  ended,
  failedBy,
  fine,
  hashOf,
  inSlices,
  isLeftOut,
  isNotOffered,
  makeProbe,
  seenIn,
  statedContentsOf,
  stoppedBy,
  type Talk,
  unaskable,
  wholeOf,
} from '../talk.ts';
import type { GoContext } from './context.ts';
import { escapeVersion } from './escape.ts';
import { h1Of, h1OfMod } from './h1.ts';
import { allowedVersionsIn, latestOf, parseList } from './list.ts';
import { getBelow } from './lookup.ts';
import { isSpoiltMod, isSynthetic, parseModFile } from './mod-file.ts';
import { sumdb } from './sumdb.ts';
import { isCanonical, isPrerelease } from './version.ts';
import { isSpoiltZip, matchesZip, readModuleZip } from './zip-file.ts';

export const probe = makeProbe<GoContext>({
  list,
  latest,
  info,
  mod,
  zip,
  sumdb: ({ upstream }, context) => sumdb(context, upstream),
});

function* list({ module }: Target, context: GoContext): Talk<Verdict> {
  const got = yield* getBelow(module, '@v/list', { bodyBytesMax: limits.listBytes }, context);
  if (got.tag === 'error') return ended(got.error);
  const versions = yield* inSlices(parseList(got.value.body));
  if (versions.tag === 'error') return failedBy(versions.error);
  const { count, kept } = versions.value;
  return fine({
    listed: { count, newest: kept.at(-1) ?? null },
    contents: { versions: statedContentsOf(kept, isPrerelease, count) },
  });
}

function* latest({ module }: Target, context: GoContext): Talk<Verdict> {
  const got = yield* getBelow(module, '@latest', { bodyBytesMax: limits.infoBytes }, context);
  if (got.tag === 'error') {
    // A mirror that refuses the request may have it.
    const lacks = isNotOffered(got.error) ? { offers: { latest: false } } : {};
    return isLeftOut(got.error) ? fine({ notOffered: true, ...lacks }) : ended(got.error);
  }
  const read = parseInfo(got.value.body, null);
  if (read.tag === 'error') return failedBy(read.error);
  const { value: version } = read;
  return fine({ resolvedVersion: version, offers: { latest: true }, contents: { tags: { latest: version } } });
}

/**
 * Requests the `.info` of a version. Only the version `latest` must be resolved before, because `.info` accepts
 * branches and commit hashes.
 */
function* info({ module, version }: Target, context: GoContext): Talk<Verdict> {
  const wanted = version ?? '';
  const named =
    wanted === 'latest' ? yield* resolve(module ?? '', wanted, context) : ({ tag: 'ok', value: wanted } as const);
  if (named.tag === 'error') return ended(named.error);
  const escaped = escapeVersion(named.value);
  if (escaped === null) return ended(unaskable);
  const got = yield* getBelow(module, `@v/${escaped}.info`, { bodyBytesMax: limits.infoBytes }, context);
  if (got.tag === 'error') return ended(got.error, factsOf(wanted, named.value));
  const read = parseInfo(got.value.body, isCanonical(named.value) ? named.value : null);
  if (read.tag === 'error') return failedBy(read.error, factsOf(wanted, named.value));
  return fine(factsOf(wanted, read.value));
}

function* mod({ module, version }: Target, context: GoContext): Talk<Verdict> {
  const named = yield* resolve(module ?? '', version ?? '', context);
  if (named.tag === 'error') return ended(named.error);
  const facts = factsOf(version, named.value);
  const path = `@v/${escapeVersion(named.value)}.mod`;
  const got = yield* getBelow(module, path, { bodyBytesMax: limits.modBytes }, context);
  if (got.tag === 'error') return ended(got.error, facts);
  const { body } = got.value;
  const key = `${module}@${named.value}/go.mod`;
  const want = context.pinned[key] ?? context.locked?.[key];
  const digest = h1OfMod(body);
  const read = digest === want ? null : yield* inSlices(parseModFile(body));
  const isBroken = read?.tag === 'error';
  // If the hash is known, wrong bytes in a recognisable go.mod are a mismatch, not malformed.
  if (isBroken && (want === undefined || !isSpoiltMod(body, module ?? ''))) return failedBy(read.error, facts);
  return verify(digest, key, context, { ...facts, ...seenIn(body) }, isBroken);
}

function* zip({ module, version }: Target, context: GoContext): Talk<Verdict> {
  const named = yield* resolve(module ?? '', version ?? '', context);
  if (named.tag === 'error') return ended(named.error);
  const facts = factsOf(version, named.value);
  const { peekBytes } = context;
  const until = peekBytes === undefined ? ({ large: true } as const) : { stopAfterBytes: peekBytes };
  const path = `@v/${escapeVersion(named.value)}.zip`;
  const got = yield* getBelow(module, path, { bodyBytesMax: limits.zipBytes, ...until }, context);
  if (got.tag === 'error') return ended(got.error, facts);
  const { body } = got.value;
  // A probe with `peekBytes` reads only the first bytes of the zip, so there is no whole file to hash.
  if (peekBytes !== undefined && body.length >= peekBytes && matchesZip(body))
    return fine({ ...facts, ...beginsIn(got.value, true) });
  const whole = wholeOf(got.value);
  const files = yield* readModuleZip(whole, `${module}@${named.value}/`);
  const seen = seenIn(body, whole.bytes);
  const key = `${module}@${named.value}`;
  if (files.tag === 'error') {
    // A complete body that is not a valid zip cannot be the file that the checksum database hashed. So it is a
    // mismatch, not malformed.
    if ((context.pinned[key] ?? context.locked?.[key]) === undefined || !isSpoiltZip(whole))
      return failedBy(files.error, facts);
    const hash = (yield* hashOf(whole, 'sha256')).toString('hex');
    return verify(`sha256:${hash}`, key, context, { ...facts, ...seen }, true, phrase('answer.spoiltZip', { hash }));
  }
  const digest = h1Of(files.value);
  if (digest === null) return failedBy(malformed('answer.zip', { what: phrase('answer.namesLine') }), facts);
  return verify(digest, key, context, { ...facts, ...seen, ...beginsIn(got.value, false) });
}

function factsOf(wanted: string | null, resolvedVersion: string): Facts {
  return wanted === resolvedVersion ? {} : { resolvedVersion };
}

/**
 * Compares a hash with that of the checksum database, else with that of the lock file. If neither is known, the hash can
 * only be compared between mirrors.
 * @param isBroken  true if the bytes are no go.mod or zip
 * @param shown     how a failure names the hash
 */
function verify(
  got: string,
  key: string,
  { pinned, locked, own }: GoContext,
  facts: Verdict['facts'],
  isBroken = false,
  shown: Sentence | string = got,
): Verdict {
  const [known, lock] = [pinned[key], locked?.[key]];
  const want = known ?? lock;
  if (want === undefined) return fine({ ...facts, compared: { algorithm: 'h1', digest: got } });
  const isKey = known !== undefined && own.sumdb?.isKeyOfFile === true;
  const isWeak = known === undefined || isKey;
  const word =
    isKey && (lock === undefined || lock === known || got !== known)
      ? wordOfFile(known, { isRight: got === known, isKey })
      : wordOfFile(lock, { isOverruled: known !== undefined, isRight: lock === got, isKey });
  // Broken bytes are wrong whatever a file says.
  const broken = { file: { want, says: 'wrong', isOfCopy: true } } as const;
  const said = lock === known && !isKey ? facts : { ...facts, ...(isBroken && isWeak ? broken : word) };
  if (got === want) return fine({ ...said, verified: { algorithm: 'h1', digest: got, against: 'pinned' } });
  const compared = isWeak ? { compared: { algorithm: 'h1', digest: got } } : {};
  const by = phrase('relay.checksums');
  return failedBy(mismatchOf({ algorithm: 'h1', want, got: shown, by }), { ...said, ...compared });
}

type Resolved = Result<string, End>;

/**
 * Resolves a version as the go command does. `latest` is resolved through the list, or through `@latest` if the list is
 * empty. A branch or commit hash is resolved through `.info`. The requests do not count in the probe's time.
 */
function* resolve(module: string, version: string, context: GoContext): Talk<Resolved> {
  if (isCanonical(version)) return ok(version);
  if (version === 'latest') return yield* resolveLatest(module, context);
  const escaped = escapeVersion(version);
  return escaped === null ? error(unaskable) : yield* requestInfo(module, `@v/${escaped}.info`, context);
}

/**
 * Returns the highest version of the list that the module's author has not retracted; if there is none, the version of
 * `@latest`. Retractions are in the go.mod of the highest version, which may retract itself.
 * @see https://go.dev/ref/mod#go-mod-file-retract
 */
function* resolveLatest(module: string, context: GoContext): Talk<Resolved> {
  const list = yield* getBelow(module, '@v/list', { aside: true, bodyBytesMax: limits.listBytes }, context);
  if (list.tag === 'error') return list;
  const versions = yield* inSlices(parseList(list.value.body));
  if (versions.tag === 'error') return stoppedBy(versions.error);
  const { kept } = versions.value;
  const modOf = modsOf(module, context);
  const highest = yield* highestOf(module, kept, modOf);
  if (highest.tag === 'error') return highest;
  if (highest.value === null) return yield* requestInfo(module, '@latest', context);
  const mod = yield* modOf(highest.value);
  if (mod.tag === 'error') return mod;
  const allowed = yield* inSlices(allowedVersionsIn(kept, mod.value));
  const chosen = allowed.length === kept.length ? highest : yield* highestOf(module, allowed, modOf);
  if (chosen.tag === 'error') return chosen;
  return chosen.value === null ? yield* requestInfo(module, '@latest', context) : ok(chosen.value);
}

type ModOf = (version: string) => Ask<Uint8Array>;

/**
 * Returns the version to which `latest` resolves among `versions`; `null`: the list is empty. Retractions are not
 * considered here.
 */
function* highestOf(module: string, versions: readonly string[], modOf: ModOf): Ask<string | null> {
  let latest = latestOf(versions, null);
  if (latest.tag === 'has_mod') {
    const mod = yield* modOf(latest.version);
    if (mod.tag === 'error') return mod;
    latest = latestOf(versions, !isSynthetic(mod.value, module));
  }
  return ok(latest.tag === 'version' ? latest.version : null);
}

/** Returns a function that requests the go.mod of a version. It requests each go.mod only once. */
function modsOf(module: string, context: GoContext): ModOf {
  const known = new Map<string, Uint8Array>();
  return function* (version) {
    const before = known.get(version);
    if (before !== undefined) return ok(before);
    const path = `@v/${escapeVersion(version)}.mod`;
    const mod = yield* getBelow(module, path, { aside: true, bodyBytesMax: limits.modBytes }, context);
    if (mod.tag === 'error') return mod;
    known.set(version, mod.value.body);
    return ok(mod.value.body);
  };
}

function* requestInfo(module: string, rest: string, context: GoContext): Talk<Resolved> {
  const response = yield* getBelow(module, rest, { aside: true, bodyBytesMax: limits.infoBytes }, context);
  if (response.tag === 'error') return response;
  const version = parseInfo(response.value.body, null);
  return version.tag === 'error' ? stoppedBy(version.error) : version;
}

/**
 * Returns the version in the JSON of `.info` and `@latest`. Like Go's decoder, it ignores unknown keys and the case of
 * keys. The time may be absent or `null`.
 * @param wanted  the canonical version that the response must have; `null`: any
 * @see docs/protocols/go.md#endpoints; golang/go encoding/json Unmarshal
 */
export function parseInfo(body: Uint8Array, wanted: string | null): Result<string, ProbeFailure> {
  if (isMarkup(body)) return error(wrongContent('answer.info'));
  const parsed = parseFields(utf8(body) ?? '', phrase('answer.info'));
  if (parsed.tag === 'error') return error(failureOf('malformed', parsed.error));
  const { version, time, origin } = foldKeys(parsed.value);
  const isRead = typeof version === 'string' && version.length <= limits.versionChars && isCanonical(version);
  if (!isRead || !isGoTime(time) || typeof (origin ?? {}) !== 'object') return error(malformed('answer.info'));
  if (wanted !== null && version !== wanted) return error(malformed('answer.versionAsked'));
  return ok(version);
}
