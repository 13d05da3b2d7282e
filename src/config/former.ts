import { isMapping } from '../core/read-json.ts';
import type { Ecosystem } from '../ecosystems/ecosystem.ts';
import { registry } from '../ecosystems/registry.ts';

type Mapping = Record<string, unknown>;

/** An entry of `mirrors` with a former profile, which counts as a mirror of the ecosystem `id`. */
export interface FormerMirror {
  /** The index of the entry, from 0. */
  readonly at: number;
  readonly id: string;
}

/**
 * Rewrites what a configuration of an earlier release has in place of an ecosystem (`Ecosystem.formerly`): the mirrors
 * with the former profile, and the modules of their upstreams.
 * @param data  the parsed file, which is changed
 */
export function rewriteFormer(data: unknown): readonly FormerMirror[] {
  const mirrors = isMapping(data) ? data['mirrors'] : null;
  if (!isMapping(data) || !Array.isArray(mirrors)) return [];
  return registry.all.flatMap((kind) => {
    const { id, formerly } = kind;
    const found = mirrors.flatMap((mirror: unknown, at) =>
      isMapping(mirror) && mirror['ecosystem'] === formerly?.ecosystem && mirror['profile'] === formerly?.profile
        ? [{ at, mirror: mirror as Mapping }]
        : [],
    );
    if (formerly === undefined || found.length === 0) return [];
    for (const { mirror } of found) {
      mirror['ecosystem'] = id;
      delete mirror['profile'];
    }
    const { modules } = data;
    const upstreams = new Set(found.map(({ mirror }) => mirror['upstream']));
    if (isMapping(modules)) moveModules(modules as Mapping, upstreams, kind, formerly);
    return found.map(({ at }) => ({ at, id }));
  });
}

function moveModules(
  modules: Mapping,
  upstreams: ReadonlySet<unknown>,
  { id, names, publicUpstream }: Ecosystem,
  { ecosystem, moduleOf }: NonNullable<Ecosystem['formerly']>,
): void {
  const listed = modules[ecosystem];
  if (!Array.isArray(listed)) return;
  const entries: readonly unknown[] = listed;
  const isMoved = (entry: unknown): entry is Mapping => isMapping(entry) && upstreams.has(entry['upstream']);
  const named = new Set(entries.filter(isMoved).flatMap(({ path }) => moduleOf(String(path)) ?? []));
  // Without a module there would be no canary.
  if (named.size === 0 && upstreams.has(publicUpstream) && names.example !== null) named.add(names.example);
  const others = entries.filter((entry) => !isMoved(entry));
  if (others.length > 0) modules[ecosystem] = others;
  else delete modules[ecosystem];
  const own = modules[id];
  modules[id] = [...(Array.isArray(own) ? own : []), ...named];
}
