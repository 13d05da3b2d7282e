import type { Config } from '../core/config.ts';
import type { EcosystemId, Mirror } from '../core/mirror.ts';
import type { DoorPaths } from '../ecosystems/door-paths.ts';
import { leadingClientOf } from '../ecosystems/ecosystem.ts';
import { isPrivate } from '../ecosystems/names.ts';
import type { Registry } from '../ecosystems/registry.ts';
import { declaredChainOf, memberKeysOf } from './chain.ts';

/** One upstream whose clients the door serves. */
export interface Route {
  /** `ecosystem/upstream`: its key in the file of orders. */
  readonly key: string;
  readonly ecosystem: EcosystemId;
  readonly upstream: string;
  /** With leading and trailing slash: `/go/`. */
  readonly prefix: string;
  readonly paths: DoorPaths;
  /** By name, in the order of the file. */
  readonly mirrors: ReadonlyMap<string, Mirror>;
  /** Names of all its mirrors: those of the declared chain in their order, then the others by weight, an origin last. */
  readonly declared: readonly string[];
  /** True if the name of this module must not be sent to mirrors. */
  isPrivate(module: string): boolean;
}

/** The routes of a door: the public upstream of each ecosystem, or every upstream if the ecosystem has no public one. */
export function routesOf(config: Config, registry: Registry): readonly Route[] {
  return (config.door?.ecosystems ?? []).flatMap((id) => {
    const kind = registry.of(id);
    const paths = kind?.door;
    if (kind === null || paths === undefined) return [];
    const own = config.mirrors.filter(({ ecosystem }) => ecosystem === id);
    const served = [...new Set(own.map(({ upstream }) => upstream))].filter(
      (upstream) => kind.publicUpstream === null || upstream === kind.publicUpstream,
    );
    return served.map((upstream): Route => {
      const mirrors = own.filter((one) => one.upstream === upstream);
      const client = leadingClientOf(kind, config);
      const keys = memberKeysOf(client, declaredChainOf(config, id, upstream, registry));
      const inChain = keys.flatMap((key) => mirrors.find(({ url }) => client.member(url).key === key)?.name ?? []);
      const weightOf = ({ role, weight }: Mirror): number => (role === 'origin' ? -1e9 : 0) + (weight ?? 0);
      const others = mirrors.toSorted((a, b) => weightOf(b) - weightOf(a)).map(({ name }) => name);
      return {
        key: `${id}/${upstream}`,
        ecosystem: id,
        upstream,
        prefix: `/${paths.prefix}/${kind.publicUpstream === null ? `${upstream}/` : ''}`,
        paths,
        mirrors: new Map(mirrors.map((one) => [one.name, one])),
        declared: [...new Set([...inChain, ...others])],
        isPrivate: (module) =>
          upstream === kind.publicUpstream && isPrivate(kind.names, config.private[id] ?? [], module),
      };
    });
  });
}
