import type { EcosystemId } from '../../core/mirror.ts';
import type { ChainClient } from './client.ts';
import { goClient } from './go.ts';

/** The client of each ecosystem; `null` where none is modelled yet, and no advice is given. */
export const clients: Readonly<Record<EcosystemId, ChainClient | null>> = {
  go: goClient,
  npm: null,
  pypi: null,
  oci: null,
  http: null,
};
