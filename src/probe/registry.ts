import type { EcosystemId } from '../core/mirror.ts';
import type { Ecosystem } from './ecosystem.ts';
import { go } from './ecosystems/go.ts';

/** Every ecosystem that can be probed; `null`: the word is known, its file is not written. */
export const ecosystems: Readonly<Record<EcosystemId, Ecosystem | null>> = {
  go,
  npm: null,
  pypi: null,
  oci: null,
  http: null,
};
