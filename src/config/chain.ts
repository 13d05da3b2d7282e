import type { Config } from '../core/config.ts';
import type { EcosystemId, Mirror } from '../core/mirror.ts';
import type { Client } from '../ecosystems/client.ts';
import { leadingClientOf } from '../ecosystems/ecosystem.ts';
import { registry } from '../ecosystems/registry.ts';

/** Returns the keys of those members of a chain that are URLs; empty if the client cannot parse the chain. */
export function memberKeysOf(client: Client, chain: string): readonly string[] {
  const parsed = client.parse(chain);
  return parsed.tag === 'ok' ? parsed.value.members.filter(({ kind }) => kind === 'url').map(({ key }) => key) : [];
}

/**
 * Returns the configured chain of an upstream, else the default of its client. It may contain credentials, so mask it
 * before display.
 */
export function declaredChainOf(config: Config, ecosystem: EcosystemId, upstream: string): string {
  const kind = registry.of(ecosystem);
  const mirrors = config.mirrors.filter((mirror) => mirror.ecosystem === ecosystem && mirror.upstream === upstream);
  const declared = config.clients[ecosystem]?.reveal();
  const client = kind === null ? null : leadingClientOf(kind, config);
  const isOurs = upstream === kind?.publicUpstream || (client !== null && namesOne(client, declared ?? '', mirrors));
  if (declared !== undefined && isOurs) return declared;
  const [best] = sortByWeight(mirrors);
  return client === null ? (best?.url ?? '') : client.usual(best?.url ?? null);
}

/** Sorts mirrors by weight, highest first. Mirrors of equal weight keep their order; origins come last. */
export function sortByWeight(mirrors: readonly Mirror[]): readonly Mirror[] {
  const weightOf = ({ role, weight }: Mirror): number => (role === 'origin' ? -1e9 : 0) + (weight ?? 0);
  return mirrors.toSorted((a, b) => weightOf(b) - weightOf(a));
}

function namesOne(client: Client, chain: string, mirrors: readonly Mirror[]): boolean {
  const keys = memberKeysOf(client, chain);
  return mirrors.some(({ url }) => keys.includes(client.member(url).key));
}
