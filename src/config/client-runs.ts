import type { ClientRunsRule, Config } from '../core/config.ts';
import type { Mirror } from '../core/mirror.ts';
import type { RealClient } from '../ecosystems/real-client.ts';
import type { Registry } from '../ecosystems/registry.ts';
import { phrase } from '../words/tell.ts';
import type { Report } from './report.ts';
import type { FileConfig } from './schema.ts';
import { userOf } from './schema-clients.ts';

/** Reads `clientRuns`: the pairs that run, the pairs left out, and a warning for a client without any mirror. */
export function readClientRuns(
  { clientRuns }: FileConfig,
  mirrors: readonly Mirror[],
  registry: Registry,
  report: Report,
): Pick<Config, 'clientRuns'> {
  if (clientRuns === undefined) return {};
  const { every, clients, timeout, user } = clientRuns;
  const pairs: ClientRunsRule['pairs'][number][] = [];
  const leftOut: ClientRunsRule['leftOut'][number][] = [];
  for (const [at, id] of clients.entries()) {
    const path = ['clientRuns', 'clients', at];
    const isTwice = clients.indexOf(id) < at;
    if (isTwice) report.error(path, phrase('expected.clientOnce'));
    const [ecosystem, client] = clientOf(registry, id);
    const own = client === null || isTwice ? [] : mirrors.filter((mirror) => mirror.ecosystem === ecosystem);
    const before = pairs.length;
    for (const mirror of own) {
      const because = client?.cannot(mirror) ?? null;
      const pair = { registry: mirror.name, client: id };
      if (because === null) pairs.push(pair);
      else leftOut.push({ ...pair, because });
    }
    if (pairs.length === before && !isTwice)
      report.warning(path, phrase('expected.runAgainst', { kind: ecosystem, client: id }), { needs: [['mirrors']] });
  }
  const order = new Map(mirrors.map(({ name }, at) => [name, at]));
  pairs.sort((a, b) => (order.get(a.registry) ?? 0) - (order.get(b.registry) ?? 0));
  return { clientRuns: { everyMs: every, pairs, leftOut, timeoutMs: timeout, user: userOf(user) } };
}

function clientOf({ all }: Registry, id: string): readonly [ecosystem: string, client: RealClient | null] {
  for (const kind of all) {
    const client = kind.realClients.find((one) => one.id === id);
    if (client !== undefined) return [kind.id, client];
  }
  return ['', null];
}
