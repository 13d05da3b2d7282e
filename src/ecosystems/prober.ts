import { getOrMake } from '../core/get-or-make.ts';
import type { EcosystemId } from '../core/mirror.ts';
import type { Prober } from '../core/ports.ts';

const loaded = new Map<EcosystemId, Promise<Prober>>();

/**
 * Loads `conversation.ts` of an ecosystem's folder. Rejects for an unknown ecosystem. The registry is not used, because
 * it would load all ecosystems into the probing thread.
 */
export function loadProber(id: EcosystemId): Promise<Prober> {
  return getOrMake(loaded, id, async () => {
    if (!/^[a-z][a-z0-9]*$/.test(id)) throw new Error('no such ecosystem');
    return (await import(`./${id}/conversation.ts`)) as Prober;
  });
}
