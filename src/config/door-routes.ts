import type { Config } from '../core/config.ts';
import { type Mirror, type Upstream, upstreamKeyOf } from '../core/mirror.ts';
import type { DoorPaths } from '../ecosystems/door-paths.ts';
import { isKeptFrom, leadingClientOf } from '../ecosystems/ecosystem.ts';
import { registry } from '../ecosystems/registry.ts';
import { declaredChainOf, memberKeysOf, sortByWeight } from './chain.ts';

export interface DoorRoute extends Upstream {
  /** The key of the upstream: `<ecosystem>/<upstream>`. */
  readonly key: string;
  /** The beginning of the URL paths of this route, with leading and trailing slash: `/go/`. */
  readonly prefix: string;
  readonly paths: DoorPaths;
  readonly mirrors: ReadonlyMap<string, Mirror>;
  /**
   * Mirror names: first those of the declared chain, in its order; then the others by weight, of these an origin last.
   */
  readonly declared: readonly string[];
  /**
   * True if the module is private, so that its name must not be sent to mirrors. False at an upstream that is not
   * public.
   */
  isPrivate(module: string): boolean;
}

/**
 * Returns the routes of the front door (the HTTP server that sends clients to the best mirror). For each of its
 * ecosystems, the front door serves the public upstream. If the ecosystem has none, it serves all configured upstreams.
 */
export function routesOf(config: Config): readonly DoorRoute[] {
  return (config.door?.ecosystems ?? []).flatMap((id) => {
    const kind = registry.of(id);
    const paths = kind?.door;
    if (kind === null || paths === undefined) return [];
    const own = config.mirrors.filter(({ ecosystem }) => ecosystem === id);
    const served = [...new Set(own.map(({ upstream }) => upstream))].filter(
      (upstream) => kind.publicUpstream === null || upstream === kind.publicUpstream,
    );
    return served.map((upstream): DoorRoute => {
      const mirrors = own.filter((one) => one.upstream === upstream);
      const client = leadingClientOf(kind, config);
      const keys = memberKeysOf(client, declaredChainOf(config, id, upstream));
      const inChain = keys.flatMap((key) => mirrors.find(({ url }) => client.member(url).key === key)?.name ?? []);
      return {
        key: upstreamKeyOf({ ecosystem: id, upstream }),
        ecosystem: id,
        upstream,
        prefix: `/${paths.prefix}/${kind.publicUpstream === null ? `${upstream}/` : ''}`,
        paths,
        mirrors: new Map(mirrors.map((one) => [one.name, one])),
        declared: [...new Set([...inChain, ...sortByWeight(mirrors).map(({ name }) => name)])],
        isPrivate: (module) => isKeptFrom(kind, upstream, config.private, module),
      };
    });
  });
}

/**
 * Returns the settings that point clients to the front door: for each client, the URL of the front door and the key of
 * the upstream (`<ecosystem>/<upstream>`).
 * @param door  URL of the front door for clients, without a trailing slash
 */
export function linesOfDoor(config: Config, door: string) {
  return routesOf(config).flatMap((route) => {
    const { ecosystem, upstream, key } = route;
    const kind = registry.of(ecosystem);
    const patterns = config.private[ecosystem] ?? [];
    const mayFallBack = kind?.publicUpstream === upstream && patterns.length === 0;
    const url = `${door}${route.prefix.replace(/\/$/, '')}`;
    const declared = declaredChainOf(config, ecosystem, upstream);
    const whole = `${url}|${declared}`;
    return (kind?.clients ?? []).flatMap((client) => {
      const before = client.parse(declared);
      const after = client.parse(mayFallBack && client.mistake(whole) === null ? whole : client.usual(url));
      if (before.tag === 'error' || after.tag === 'error') return [];
      const of = { upstream, mirrors: [...route.mirrors.values()] };
      const { remedy } = client.remedy(before.value, after.value, patterns, of);
      const text = remedy[client.id] ?? Object.values(remedy)[0];
      return text === undefined ? [] : [{ client: client.id, ecosystem, url, upstream: key, text }];
    });
  });
}
