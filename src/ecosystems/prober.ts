import type { EcosystemId } from '../core/mirror.ts';
import type { Prober } from '../core/ports.ts';

const loaded = new Map<EcosystemId, Promise<Prober>>();

/**
 * Loads `conversation.ts` of an ecosystem's folder. Rejects for an unknown ecosystem. The registry is not used, because
 * it would load all ecosystems into the probing thread.
 */
export function loadProber(id: EcosystemId): Promise<Prober> {
  const known = loaded.get(id);
  if (known !== undefined) return known;
  const loading = load(id);
  loaded.set(id, loading);
  loading.catch(() => loaded.delete(id));
  return loading;
}

async function load(id: EcosystemId): Promise<Prober> {
  if (!/^[a-z][a-z0-9]*$/.test(id)) throw new Error('no such ecosystem');
  return (await import(`./${id}/conversation.ts`)) as Prober;
}
