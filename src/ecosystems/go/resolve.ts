import { limits } from '../../core/limits.ts';
import { error, ok, type Result } from '../../core/result.ts';
import { type End, inSlices, stoppedBy, type Talk, unaskable } from '../talk.ts';
import { getBelow } from './ask.ts';
import type { GoContext } from './context.ts';
import { escapeVersion } from './escape.ts';
import { parseInfo } from './info.ts';
import { allowedVersionsIn, latestOf, parseList } from './list.ts';
import { isSynthetic } from './mod-file.ts';
import { isCanonical } from './version.ts';

type Resolved = Result<string, End>;

/**
 * Resolves a version as the go command does. `latest` is resolved through the list, or through `@latest` if the list is
 * empty. A branch or commit hash is resolved through `.info`. The requests do not count in the probe's time.
 */
export function* resolve(module: string, version: string, context: GoContext): Talk<Resolved> {
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

type ModOf = (version: string) => Talk<Result<Uint8Array, End>>;

/**
 * Returns the version to which `latest` resolves among `versions`; `null`: the list is empty. Retractions are not
 * considered here.
 */
function* highestOf(module: string, versions: readonly string[], modOf: ModOf): Talk<Result<string | null, End>> {
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
