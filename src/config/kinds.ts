import type { Kind } from '../core/kind.ts';
import type { EcosystemId } from '../core/mirror.ts';
import { ok, type Result, type Sentence } from '../core/result.ts';
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

/** Parses a module from the command line; `version` is `null` if none is given. */
export function moduleByHand(
  id: EcosystemId,
  text: string,
): { readonly module: string; readonly version: string | null } {
  return registry.of(id)?.names.byHand(text) ?? { module: text, version: null };
}
