import { advisedChain } from '../advise/chain.ts';
import { clients } from '../advise/clients/registry.ts';
import { declaredChain } from '../config/chain.ts';
import type { Config } from '../core/config.ts';
import { type EcosystemId, publicUpstream } from '../core/mirror.ts';
import type { RankRow } from './once.ts';

/**
 * The line to paste after a ranking: what clients have now with the best usable mirror first.
 * @returns `null` where the ecosystem's client is not modelled, its chain can't be read, or no mirror was usable
 */
export function rankedRemedy(config: Config, ecosystem: EcosystemId, rows: readonly RankRow[]): string | null {
  const client = clients[ecosystem];
  const upstream = publicUpstream[ecosystem];
  const best = rows.find((row) => row.ok > 0 && row.ok >= row.failed);
  if (client === null || upstream === null || best === undefined) return null;
  const declared = client.parse(declaredChain(config, ecosystem, upstream));
  if (declared.tag === 'error') return null;
  const dropped = new Set(rows.filter((row) => row.ok === 0).map((row) => client.member(row.url).key));
  const after = advisedChain(declared.value, client.member(best.url), dropped);
  return client.remedy(declared.value, after, config.private[ecosystem] ?? []).remedy['env'] ?? null;
}
