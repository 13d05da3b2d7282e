import { loadConfig } from '../../../src/config/load.ts';
import { type Config, webhookEvents } from '../../../src/core/config.ts';
import { Secret } from '../../../src/core/secret.ts';
import { formatDuration } from '../../../src/core/units.ts';
import type { WorldSetup } from '../world.ts';

/** The configuration a world is watched with: what the loader makes of it, and one receiver that wants every event. */
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
    // The file knows no upstream of a module: a world may give each upstream its own.
    modules: setup.modules.map((module) => ({ ...module, ecosystem: 'go' })),
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

/** The chain that clients of an upstream use today, as a text of URLs; `direct` where the setup names none. */
export function declaredBy(setup: WorldSetup): (ecosystem: string, upstream: string) => string {
  const urls = new Map(setup.mirrors.map(({ name, url }) => [name, url]));
  const textOf = (chain: string): string =>
    chain
      .split(/([,|])/)
      .map((part) => urls.get(part.trim()) ?? part.trim())
      .join('');
  const texts = new Map(Object.entries(setup.chains).map(([upstream, chain]) => [upstream, textOf(chain)]));
  return (_, upstream) => texts.get(upstream) ?? 'direct';
}

/** The text of the configuration a world is watched with, as a file would have it; JSON is YAML too. */
export function documentOf(setup: WorldSetup): string {
  const modules = new Set(setup.modules.map(({ module, version }) => `${module}@${version}`));
  return JSON.stringify({
    schedule: { every: formatDuration(setup.everyMs), timeout: formatDuration(setup.timeoutMs) },
    mirrors: setup.mirrors.map(({ name, url, upstream, role, weight }) => ({
      name,
      ecosystem: 'go',
      url,
      upstream,
      role,
      ...(weight === null ? {} : { weight }),
    })),
    controls: setup.controls,
    modules: { go: [...modules] },
  });
}
