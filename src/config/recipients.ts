import type { Config } from '../core/config.ts';
import type { Target, Upstream } from '../core/mirror.ts';
import { hostKeyOf } from '../core/url.ts';

/** Which names probes send to one host. */
export interface Recipient extends Upstream {
  /** Scheme, host and port. */
  readonly host: string;
  /** The names of the mirrors on the host. */
  readonly registries: readonly string[];
  /** The names of modules that are sent to the host, sorted. */
  readonly modules: readonly string[];
}

/** Lists what scheduled probes send to whom: one entry for each host and upstream, in the order of the mirrors. */
export function listRecipients(config: Config, targets: readonly Target[]): readonly Recipient[] {
  const sent = Map.groupBy(targets, ({ registry }) => registry);
  const found = new Map<string, { readonly of: Omit<Recipient, 'modules'>; readonly modules: Set<string> }>();
  for (const { name, url, ecosystem, upstream } of config.mirrors) {
    const host = hostKeyOf(url);
    const key = `${host} ${ecosystem} ${upstream}`;
    const { of, modules } = found.get(key) ?? { of: { host, ecosystem, upstream, registries: [] }, modules: new Set() };
    for (const { module } of sent.get(name) ?? []) if (module !== null) modules.add(module);
    found.set(key, { of: { ...of, registries: [...of.registries, name] }, modules });
  }
  return [...found.values()].map(({ of, modules }) => ({ ...of, modules: [...modules].toSorted() }));
}

/** Returns the patterns of names that no mirror of a public upstream receives, by ecosystem; none: it is absent. */
export function listKeptBack({ private: patterns }: Config): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries(Object.entries(patterns).filter(([, of]) => of.length > 0));
}
