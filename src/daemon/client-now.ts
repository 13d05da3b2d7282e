import type { ClientReport, ClientRun } from '../core/client-run.ts';
import type { Config } from '../core/config.ts';
import type { EcosystemId, Mirror } from '../core/mirror.ts';
import type { Sentence } from '../core/result.ts';
import type { RealClient } from '../ecosystems/real-client.ts';
import { registry } from '../ecosystems/registry.ts';
import { isRoot } from '../io/machine.ts';
import { judgeReport, makeClientOrder } from './client-order.ts';
import { clientsFor, type ProcessFacts } from './machine.ts';

export type ClientNow = Pick<ClientReport, 'tookMs' | 'files' | 'bytes' | 'words'> &
  Pick<ClientRun, 'outcome' | 'reason' | 'sentence' | 'exitCode'>;

export function clientIdsOf(ecosystem: EcosystemId): readonly string[] {
  return (registry.of(ecosystem)?.realClients ?? []).map(({ id }) => id);
}

/**
 * Returns what a client does not support in the access to a mirror; `null`: it supports everything.
 * @throws Error on an unknown client
 */
export function unsupportedAccessOf(mirror: Mirror, id: string): Sentence | null {
  return clientOf(mirror.ecosystem, id).cannot(mirror);
}

/**
 * Runs a real client against one mirror now, as the daemon would.
 * @param onStop  called with a function that kills the client
 */
export async function runClientNow(
  config: Config,
  wanted: {
    readonly mirror: Mirror;
    readonly client: string;
    readonly module: string;
    readonly version: string | null;
  },
  facts: ProcessFacts,
  onStop: (stop: () => void) => void,
): Promise<ClientNow> {
  const client = clientOf(wanted.mirror.ecosystem, wanted.client);
  const runner = clientsFor(facts);
  onStop(() => void runner.close());
  const means = { config, registry, version: facts.version, isRoot: isRoot() };
  const report = await runner.run(makeClientOrder({ ...wanted, client }, means));
  const { tookMs, files, bytes, words } = report;
  return { ...judgeReport(report, client, wanted.mirror.url), tookMs, files, bytes, words };
}

/** Lists the real clients of the configuration that are not installed here. */
export function findMissingClients({ clientRuns }: Config, facts: Pick<ProcessFacts, 'path'>): readonly string[] {
  const runner = clientsFor(facts);
  const ids = new Set(clientRuns?.pairs.map(({ client }) => client));
  return [...ids].filter((id) => runner.find(id) === null);
}

function clientOf(ecosystem: EcosystemId, id: string): RealClient {
  const found = registry.of(ecosystem)?.realClients.find((one) => one.id === id);
  if (found === undefined) throw new Error(`${ecosystem} has no client ${id}`);
  return found;
}
