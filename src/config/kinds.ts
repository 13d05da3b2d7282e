import type { Config } from '../core/config.ts';
import type { Kind } from '../core/kind.ts';
import type { EcosystemId, Upstream } from '../core/mirror.ts';
import { ok, type Result, type Sentence } from '../core/result.ts';
import { isKeptFrom } from '../ecosystems/ecosystem.ts';
import { kindsOf, registry } from '../ecosystems/registry.ts';

/** Every ecosystem as plain data. Commands use the first one by default. */
export const kinds: readonly Kind[] = kindsOf(registry);

export function kindOf(id: EcosystemId): Kind | null {
  return kinds.find((kind) => kind.id === id) ?? null;
}

/**
 * Returns the upstream of a module: the one in its name, else the public one; `null`: there is neither. The error
 * states the expected form of the name.
 */
export function upstreamByHand(id: EcosystemId, text: string): Result<string | null, Sentence> {
  const kind = registry.of(id);
  const named = kind?.names.parse(text);
  if (named?.tag === 'error') return named;
  return ok(named?.value.upstream ?? kind?.publicUpstream ?? null);
}

/**
 * Parses a module from the command line. `version`: `null` if none is given. `isKept`: mirrors of the upstream must not
 * get the name.
 */
export function moduleByHand({ private: patterns }: Config, { ecosystem, upstream }: Upstream, text: string) {
  const kind = registry.of(ecosystem);
  const named = kind?.names.byHand(text) ?? { module: text, version: null };
  return { ...named, isKept: kind !== null && isKeptFrom(kind, upstream, patterns, named.module) };
}
