import type { Config } from '../core/config.ts';
import { type Target, type Upstream, upstreamKeyOf } from '../core/mirror.ts';
import { hash32 } from './plan.ts';

/**
 * Returns which shard owns a name, 0 to `count` - 1, by rendezvous hashing. So if a shard is added, names move only to
 * the new shard.
 */
function shardOf(name: string, count: number): number {
  let best = 0;
  let bestHash = -1;
  for (let index = 0; index < count; index++) {
    const hash = hash32(`${name}\n${index}`);
    if (hash > bestHash) {
      best = index;
      bestHash = hash;
    }
  }
  return best;
}

/**
 * True if this shard (one of several daemons that divide the targets) owns the upstream. Only the owner requests the
 * canaries of its mirrors, reports their states and advises.
 */
export function isUpstreamOwner({ shard }: Pick<Config, 'shard'>, one: Upstream): boolean {
  return shard === undefined || shardOf(upstreamKeyOf(one), shard.count) === shard.index;
}

/** The configuration with only the mirrors whose upstreams this shard owns. */
export function ownedBy(config: Config): Config {
  if (config.shard === undefined) return config;
  return { ...config, mirrors: config.mirrors.filter((mirror) => isUpstreamOwner(config, mirror)) };
}

/**
 * Returns a mirror's targets that this shard (one of several daemons that divide the targets) probes. All targets of
 * one module belong to one shard. Targets of the canary's module, and those without a module, belong to the owner of
 * the upstream.
 */
export function targetsOfShard(targets: readonly Target[], { shard }: Pick<Config, 'shard'>): readonly Target[] {
  if (shard === undefined) return targets;
  const weighed = targets.find(({ canary }) => canary)?.module ?? null;
  const owners = new Map<string, number>();
  return targets.filter((target) => {
    const { module } = target;
    const upstreamName = upstreamKeyOf(target);
    const name = module === null || module === weighed ? upstreamName : `${upstreamName}\n${module}`;
    const owner = owners.get(name) ?? shardOf(name, shard.count);
    owners.set(name, owner);
    return owner === shard.index;
  });
}
