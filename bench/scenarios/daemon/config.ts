import { declaredChainOf } from '../../../src/config/chain.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { type Config, webhookEvents } from '../../../src/core/config.ts';
import type { EcosystemId } from '../../../src/core/mirror.ts';
import { Secret } from '../../../src/core/secret.ts';
import { formatDuration } from '../../../src/core/units.ts';
import type { WorldSetup } from '../world.ts';

/**
 * The configuration with which the daemon monitors a world. It is loaded from the text of `documentOf`, and has one
 * receiver that gets every event.
 */
export function configOf(setup: WorldSetup): Config {
  const loaded = loadConfig({
    text: documentOf(setup),
    path: null,
    env: {},
    files: { read: () => ({ tag: 'error', code: 'ENOENT' }), list: () => ({ tag: 'error', code: 'ENOENT' }) },
  });
  if (loaded.tag === 'error') throw new Error(`a setup is no configuration: ${JSON.stringify(loaded.error)}`);
  return {
    ...loaded.value.config,
    // A configuration file cannot assign modules to an upstream, but a world may.
    modules: setup.modules.map((module) => ({ ...module, ecosystem: ecosystemOf(setup) })),
    webhooks: [
      {
        name: 'people',
        url: new Secret('http://127.0.0.1/'),
        secrets: [],
        format: 'standard',
        lang: 'en',
        on: webhookEvents,
        allow: ['127.0.0.0/8'],
      },
    ],
  };
}

/** The ecosystem of the mirrors of `setup`. */
export function ecosystemOf({ ecosystem }: WorldSetup): EcosystemId {
  return ecosystem ?? 'go';
}

/**
 * Returns a function that gives the chain that clients of an upstream use at the start, as a text of URLs; `direct` if
 * the setup has none. Clients of ecosystems other than Go use the mirror of the highest weight, which is the daemon's
 * default.
 */
export function declaredBy(setup: WorldSetup): (ecosystem: string, upstream: string) => string {
  if (ecosystemOf(setup) !== 'go') {
    const config = configOf(setup);
    return (ecosystem, upstream) => declaredChainOf(config, ecosystem, upstream);
  }
  const urls = new Map(setup.mirrors.map(({ name, url }) => [name, url]));
  const textOf = (chain: string): string =>
    chain
      .split(/([,|])/)
      .map((part) => urls.get(part.trim()) ?? part.trim())
      .join('');
  const texts = new Map(Object.entries(setup.chains).map(([upstream, chain]) => [upstream, textOf(chain)]));
  return (_, upstream) => texts.get(upstream) ?? 'direct';
}

/** The text of the configuration file of a world. It is JSON, which is valid YAML. */
export function documentOf(setup: WorldSetup): string {
  const modules = new Set(setup.modules.map(({ module, version }) => `${module}@${version}`));
  return JSON.stringify({
    schedule: { every: formatDuration(setup.everyMs), timeout: formatDuration(setup.timeoutMs) },
    mirrors: setup.mirrors.map(({ name, url, upstream, role, weight }) => ({
      name,
      ecosystem: ecosystemOf(setup),
      url,
      upstream,
      role,
      ...(weight === null ? {} : { weight }),
    })),
    controls: setup.controls,
    modules: { [ecosystemOf(setup)]: foreign[ecosystemOf(setup)]?.(setup) ?? [...modules] },
  });
}

/**
 * One package for each other ecosystem, because a configuration file must have one. `configOf` replaces it by the
 * modules of the setup.
 */
const foreign: Readonly<Record<string, (setup: WorldSetup) => readonly unknown[]>> = {
  npm: () => ['package@1.0.0'],
  pypi: () => ['package==1.0.0'],
  cargo: () => ['package@1.0.0'],
  oci: ({ mirrors }) => mirrors.slice(0, 1).map(({ upstream }) => `${upstream}/library/image:1.0`),
  http: ({ mirrors }) => mirrors.slice(0, 1).map(({ upstream }) => ({ upstream, path: 'index' })),
};
