import type { EcosystemId } from '../core/mirror.ts';
import type { Prober } from '../core/ports.ts';

/**
 * Loads the conversations of an ecosystem of this release: `conversation.ts` of the folder that bears its word, as
 * `Ecosystem.prober` does, but without the registry. A thread that probes then loads no other ecosystem, and no
 * configuration library. Rejects where there is no such ecosystem.
 */
export async function loadProber(id: EcosystemId): Promise<Prober> {
  if (!/^[a-z][a-z0-9]*$/.test(id)) throw new Error('no such ecosystem');
  return (await import(`./${id}/conversation.ts`)) as Prober;
}
