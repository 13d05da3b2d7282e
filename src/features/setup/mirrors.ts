import { globalControls, publicControls } from '../../config/default-config.ts';
import { type KnownKind, type KnownMirror, knownGoMirrors, knownKinds } from '../../config/known-mirrors.ts';
import type { Surveyed } from '../../core/survey.ts';
import { baseUrl, mirrorNameOf } from '../../core/url.ts';
import { registry } from '../../ecosystems/registry.ts';

/** The known mirrors to add. `global`: origins and mirrors for all regions. `cn`: those, and mirrors in China. */
export const publicSets = ['none', 'global', 'cn'] as const;
export type PublicSet = (typeof publicSets)[number];

/**
 * True if the mirrors of the chain are only proposed, as comments: a file of the project names them together with
 * credentials, so the file of a stranger could have credentials sent to a host of the stranger.
 */
export function isWithheld({ isOfProject, hasCredentials }: Surveyed): boolean {
  return isOfProject && hasCredentials;
}

type Known = Pick<KnownKind, 'keys' | 'mirrors' | 'modules'> & { readonly upstream: string | null };

/**
 * Returns the known mirrors of an ecosystem. Those of the first ecosystem come from the built-in configuration.
 */
export function findKnown(id: string): Known {
  const kind = registry.of(id);
  if (id === registry.all[0].id)
    return {
      upstream: kind?.publicUpstream ?? null,
      keys: {},
      mirrors: knownGoMirrors,
      modules: [kind?.names.example ?? ''],
    };
  return knownKinds.find(({ ecosystem }) => ecosystem === id) ?? { upstream: null, keys: {}, mirrors: [], modules: [] };
}

/** Returns the URLs of the current chain, with a key to compare them. */
function chainOf({ id, chain }: Surveyed): readonly { readonly key: string; readonly plain: string }[] {
  const parsed = chain === null ? null : registry.of(id)?.clients[0].parse(chain);
  return parsed?.tag === 'ok' ? parsed.value.members.filter(({ kind }) => kind === 'url') : [];
}

function keyOf(id: string, url: string): string {
  return registry.of(id)?.clients[0].member(url).key ?? url;
}

/**
 * Returns the mirrors of the current chain that are not among the known ones, each once. They are monitored too, with
 * their host as name.
 */
export function listOwnMirrors(surveyed: Surveyed): readonly { readonly name: string; readonly url: string }[] {
  const { id } = surveyed;
  const known = new Set(findKnown(id).mirrors.map(({ url }) => keyOf(id, url)));
  const names = new Set<string>();
  return chainOf(surveyed).flatMap(({ key, plain }) => {
    if (known.has(key) || baseUrl(plain) === null) return [];
    known.add(key);
    const host = mirrorNameOf(plain);
    let name = `${host}-${id}`;
    for (let count = 2; names.has(name); count += 1) name = `${host}-${count}-${id}`;
    names.add(name);
    return [{ name, url: plain }];
  });
}

/** Returns the known mirrors of the public set, and those that the current chain names. */
export function listPublicMirrors(surveyed: Surveyed, set: PublicSet): readonly KnownMirror[] {
  const { id } = surveyed;
  const named = new Set(isWithheld(surveyed) ? [] : chainOf(surveyed).map(({ key }) => key));
  const isChosen = ({ region }: KnownMirror): boolean => set === 'cn' || (set === 'global' && region === 'global');
  return findKnown(id).mirrors.filter((mirror) => isChosen(mirror) || named.has(keyOf(id, mirror.url)));
}

/** True if a configuration has mirrors of this ecosystem. */
export function hasMirrors(surveyed: Surveyed, set: PublicSet): boolean {
  return listPublicMirrors(surveyed, set).length > 0 || (!isWithheld(surveyed) && listOwnMirrors(surveyed).length > 0);
}

/** Returns the controls: those of the public set, else the DNS servers of this machine. */
export function listControls(
  set: PublicSet,
  resolvers: readonly string[],
): readonly { readonly name: string; readonly url: string }[] {
  if (set !== 'none') return set === 'cn' ? publicControls : globalControls;
  return resolvers.map((address, at) => ({
    name: `resolver-${at + 1}`,
    url: `tcp://${address.includes(':') ? `[${address}]` : address}:53`,
  }));
}
