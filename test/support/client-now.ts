import type { ClientReport, ClientRun } from '../../src/core/client-run.ts';
import type { Config } from '../../src/core/config.ts';
import type { Mirror } from '../../src/core/mirror.ts';
import { judgeReport, makeClientOrder } from '../../src/daemon/client-order.ts';
import { clientsFor, type ProcessFacts } from '../../src/daemon/machine.ts';
import { registry } from '../../src/ecosystems/registry.ts';
import { isRoot } from '../../src/io/machine.ts';

export type ClientNow = Pick<ClientReport, 'tookMs' | 'files' | 'bytes' | 'words'> &
  Pick<ClientRun, 'outcome' | 'reason' | 'sentence' | 'exitCode'>;

/** Runs a real client against one mirror now, as the daemon would. */
export async function runClientNow(
  config: Config,
  wanted: {
    readonly mirror: Mirror;
    readonly client: string;
    readonly module: string;
    readonly version: string | null;
  },
  facts: ProcessFacts,
): Promise<ClientNow> {
  const client = registry.of(wanted.mirror.ecosystem)?.realClients.find(({ id }) => id === wanted.client);
  if (client === undefined) throw new Error(`no client ${wanted.client}`);
  const means = { config, registry, version: facts.version, isRoot: isRoot() };
  const report = await clientsFor(facts).run(makeClientOrder({ ...wanted, client }, means));
  const { tookMs, files, bytes, words } = report;
  return { ...judgeReport(report, client, wanted.mirror.url), tookMs, files, bytes, words };
}
