import type { Config } from '../core/config.ts';
import type { EcosystemId } from '../core/mirror.ts';
import type { Chain, Client } from '../ecosystems/client.ts';
import { registry as builtIn, type Registry } from '../ecosystems/registry.ts';
import { declaredChainOf } from './chain.ts';
import { type Route, routesOf } from './door-routes.ts';

/** The setting for users of one client. */
export interface DoorLine {
  readonly client: string;
  readonly ecosystem: EcosystemId;
  /** The door for that client, without a trailing slash. */
  readonly url: string;
  /** `ecosystem/upstream`. */
  readonly upstream: string;
  readonly text: string;
}

/**
 * The settings that point clients to the front door, with their own fallback behind it where the client has chains:
 * today's chain, used on any failure. With private names there is no mirror behind the door, because Go would send the
 * name there after a 404.
 * @param door  its URL for clients, without a trailing slash
 */
export function linesOfDoor(config: Config, door: string, registry: Registry = builtIn): readonly DoorLine[] {
  return routesOf(config, registry).flatMap((route) => {
    const kind = registry.of(route.ecosystem);
    const patterns = config.private[route.ecosystem] ?? [];
    return (kind?.clients ?? []).flatMap((client) => {
      const url = `${door}${route.prefix.replace(/\/$/, '')}`;
      const before = client.parse(declaredChainOf(config, route.ecosystem, route.upstream, registry));
      const after = chainTo(client, url, config, route, registry, patterns.length > 0);
      if (before.tag === 'error' || after === null) return [];
      const of = { upstream: route.upstream, mirrors: [...route.mirrors.values()] };
      const [text] = Object.values(client.remedy(before.value, after, patterns, of).remedy);
      return text === undefined
        ? []
        : [{ client: client.id, ecosystem: route.ecosystem, url, upstream: route.key, text }];
    });
  });
}

function chainTo(
  client: Client,
  url: string,
  config: Config,
  route: Route,
  registry: Registry,
  isPrivate: boolean,
): Chain | null {
  const declared = declaredChainOf(config, route.ecosystem, route.upstream, registry);
  const whole = `${url}|${declared}`;
  const isPublic = registry.of(route.ecosystem)?.publicUpstream === route.upstream;
  const hasFallback = isPublic && !isPrivate && client.mistake(whole) === null;
  const parsed = client.parse(hasFallback ? whole : client.usual(url));
  return parsed.tag === 'ok' ? parsed.value : null;
}
