import type { Config } from '../core/config.ts';
import { clientsFor, type ProcessFacts } from './machine.ts';

/** Lists the real clients of the configuration that are not installed here. */
export function findMissingClients({ clientRuns }: Config, facts: Pick<ProcessFacts, 'path'>): readonly string[] {
  const runner = clientsFor(facts);
  const ids = new Set(clientRuns?.pairs.map(({ client }) => client));
  return [...ids].filter((id) => runner.find(id) === null);
}
