import type { EcosystemId } from '../core/mirror.ts';
import { registry } from '../ecosystems/registry.ts';
import { knownKinds } from './known-mirrors.ts';

/**
 * Renders a configuration with the known mirrors of an ecosystem; `null`: none are known, or the built-in configuration
 * has them.
 */
export function renderKnownConfig(ecosystem: EcosystemId): string | null {
  const kinds = knownKinds.filter((kind) => kind.ecosystem === ecosystem);
  const known = registry.of(ecosystem);
  if (kinds.length === 0 || known === null) return null;
  return JSON.stringify({
    vantage: 'local',
    mirrors: kinds.flatMap(({ upstream, keys, mirrors }) =>
      mirrors.map(({ name, url, role, weight, region }) => ({
        ...{ name, ecosystem, url, role, ...keys },
        ...(upstream === known.publicUpstream ? {} : { upstream }),
        ...(weight === null ? {} : { weight }),
        ...(region === null ? {} : { region }),
      })),
    ),
    modules: { [ecosystem]: kinds.flatMap(({ modules }) => modules) },
    state: { path: ':memory:' },
  });
}
