import { limits } from '../../core/limits.ts';
import { error, ok, type Result } from '../../core/result.ts';
import { type End, inSlices, stoppedBy, type Talk, unaskable } from '../talk.ts';
import { getBelow } from './ask.ts';
import type { GoContext } from './context.ts';
import { escapeVersion } from './escape.ts';
import { parseInfo } from './info.ts';
import { latestOf, parseList } from './list.ts';
import { isSynthetic } from './mod-file.ts';
import { isCanonical } from './version.ts';

type Resolved = Result<string, End>;

/**
 * Resolves a version as the go command does: `latest` through the list, or `@latest` if the list is empty; a branch or
 * hash through `.info`. The requests do not count in the probe's time.
 */
export function* resolve(module: string, version: string, context: GoContext): Talk<Resolved> {
  if (isCanonical(version)) return ok(version);
  if (version === 'latest') return yield* resolveLatest(module, context);
  const escaped = escapeVersion(version);
  return escaped === null ? error(unaskable) : yield* askInfo(module, `@v/${escaped}.info`, context);
}

function* resolveLatest(module: string, context: GoContext): Talk<Resolved> {
  const list = yield* getBelow(module, '@v/list', { aside: true, bodyBytesMax: limits.listBytes }, context);
  if (list.tag === 'error') return list;
  const versions = yield* inSlices(parseList(list.value.body));
  if (versions.tag === 'error') return stoppedBy(versions.error);
  let latest = latestOf(versions.value, null);
  if (latest.tag === 'has_mod') {
    const hasMod = yield* hasOwnMod(module, latest.version, context);
    if (hasMod.tag === 'error') return hasMod;
    latest = latestOf(versions.value, hasMod.value);
  }
  return latest.tag === 'version' ? ok(latest.version) : yield* askInfo(module, '@latest', context);
}

function* hasOwnMod(module: string, version: string, context: GoContext): Talk<Result<boolean, End>> {
  const path = `@v/${escapeVersion(version)}.mod`;
  const mod = yield* getBelow(module, path, { aside: true, bodyBytesMax: limits.modBytes }, context);
  return mod.tag === 'error' ? mod : ok(!isSynthetic(mod.value.body, module));
}

function* askInfo(module: string, rest: string, context: GoContext): Talk<Resolved> {
  const answer = yield* getBelow(module, rest, { aside: true, bodyBytesMax: limits.infoBytes }, context);
  if (answer.tag === 'error') return answer;
  const version = parseInfo(answer.value.body, null);
  return version.tag === 'error' ? stoppedBy(version.error) : version;
}
