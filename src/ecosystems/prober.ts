import { getOrMake } from '../core/get-or-make.ts';
import type { EcosystemId } from '../core/mirror.ts';
import type { Prober } from '../core/ports.ts';

const loaded = new Map<EcosystemId, Promise<Prober>>();

/**
 * Loads `conversation.ts` of an ecosystem's folder. The registry is not used, because it would load all ecosystems into
 * the probing thread. Rejects for an unknown ecosystem, and if a file cannot be read, for example because no descriptor
 * is free. The next call then tries again.
 */
export function loadProber(id: EcosystemId): Promise<Prober> {
  return getOrMake(loaded, id, () => {
    const loading = load(id);
    loading.catch(() => loaded.delete(id));
    return loading;
  });
}

async function load(id: EcosystemId): Promise<Prober> {
  if (!/^[a-z][a-z0-9]*$/.test(id)) throw new Error('no such ecosystem');
  return (await import(`./${id}/conversation.ts`)) as Prober;
}
