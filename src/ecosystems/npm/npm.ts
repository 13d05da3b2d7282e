import { type Ecosystem, heavy, kilobytes, light } from '../ecosystem.ts';
import { checked, list } from '../fields.ts';
import { npmClient, pnpmClient, yarnClient } from './clients.ts';
import { type NpmOwn, npmContext } from './context.ts';
import { npmLocks } from './locks.ts';
import { npmManual } from './manual.ts';
import { npmNames } from './names.ts';
import { npmRun } from './run.ts';

const metadataBytes = kilobytes(50);
const dayMs = 24 * 60 * 60_000;

/** npm registries, asked as npm asks them. */
export const npm: Ecosystem<unknown, NpmOwn> = {
  id: 'npm',
  publicUpstream: 'npm',
  spec: [
    'https://github.com/npm/registry/blob/main/docs/REGISTRY-API.md',
    'https://github.com/npm/registry/blob/main/docs/responses/package-metadata.md',
    'https://www.w3.org/TR/SRI/#the-integrity-attribute',
  ],
  // Paces by protocols.md 2.8 and 7; a full packument may be long.
  steps: {
    metadata: light(null, { grain: 'version', usualBytes: metadataBytes, verifies: 'a lock file' }),
    tags: light(5, { grain: 'module', usualBytes: kilobytes(1) }),
    tarball: heavy({
      grain: 'version',
      verifies: 'a lock file or the packument',
      usualAside: () => ({ asks: 1, bytes: metadataBytes }),
    }),
    packument: { ...heavy({ grain: 'module' }), usualPace: { everyMs: dayMs, timeoutMs: 120_000 } },
  },
  canary: 'metadata',
  fetch: ['metadata', 'tarball'],
  names: npmNames,
  locks: npmLocks,
  settings: null,
  mirrorKeys: {
    tarballHosts: list(
      checked('A host name.', 'a host name, such as cdn.example.com', (host) =>
        /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/i.test(host),
      ),
      'a list of host names',
      20,
    )
      .optional()
      .meta({ description: 'npm only: further hosts that its packuments may name for tarballs, without ports.' }),
  },
  clients: [npmClient, pnpmClient, yarnClient],
  realClients: [npmRun],
  context: npmContext,
  learning: null,
  prober: () => import('./conversation.ts'),
  demo: () => import('./demo.ts').then(({ demo }) => demo),
  manual: npmManual,
};
