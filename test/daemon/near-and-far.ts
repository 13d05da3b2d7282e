import { afterAll, beforeAll } from 'vitest';
import type { Store } from '../../src/core/ports.ts';
import { type FakeMirror, startFakeMirror } from '../support/fake-mirror.ts';
import { type RealDaemon, startRealDaemon } from './real-daemon.ts';
import { hookSecret } from './three-mirrors.ts';

/** Two mirrors on loopback, the canary each 100 ms; an outage opens at the third failure, whatever the time between. */
export function yamlOf(near: string, far: string, hooks: readonly string[] = []): string {
  const webhooks = hooks.map(
    (url, n) => `  - { name: hook${n}, url: "${url}", secrets: [ "${hookSecret}" ], allow: [ 127.0.0.0/8 ] }\n`,
  );
  return `
vantage: here
listen: 127.0.0.1:10120
schedule: { every: 100ms, timeout: 30s, perHost: 4 }
steps: { list: 5s, info: 5s, latest: 5s, zip: 1h }
mirrors:
  - { name: near, ecosystem: go, url: "${near}", weight: 100 }
  - { name: far, ecosystem: go, url: "${far}", weight: 50 }
clients: { go: "${near},${far},direct" }
modules: { go: [ "example.com/hello@v1.0.0" ] }
go: { sumdb: off }
detect: { outage: { open: 3, over: 0s }, spike: { warmup: 8 } }
${hooks.length > 0 ? `webhooks:\n${webhooks.join('')}` : ''}
state: { path: /nowhere/state.db }
`;
}

export interface NearAndFar {
  /** To be asked in a test, not before. */
  readonly mirrors: { readonly near: FakeMirror; readonly far: FakeMirror };
  readonly withDaemon: (
    hooks: readonly string[],
    store: Store | null,
    act: (real: RealDaemon) => Promise<void>,
  ) => Promise<void>;
}

/** Starts both mirrors with the suite that it is called in, and ends them with it. */
export function nearAndFar(): NearAndFar {
  const mirrors = {} as { near: FakeMirror; far: FakeMirror };
  beforeAll(async () => {
    mirrors.near = await startFakeMirror();
    mirrors.far = await startFakeMirror();
  });
  afterAll(() => Promise.all([mirrors.near.close(), mirrors.far.close()]));
  return {
    mirrors,
    async withDaemon(hooks, store, act) {
      const { near, far } = mirrors;
      const real = await startRealDaemon(yamlOf(near.url, far.url, hooks), {}, {}, store);
      try {
        await act(real);
      } finally {
        await near.setFault(null);
        await real.daemon.stop();
      }
    },
  };
}

export const metric = async (real: RealDaemon, series: string): Promise<number | null> => {
  const { text } = await real.get('/metrics');
  const line = text.split('\n').find((one) => one.startsWith(`${series} `));
  return line === undefined ? null : Number(line.split(' ').at(-1));
};
export const labelsOf = (registry: string): string =>
  `ecosystem="go",registry="${registry}",module="example.com/hello",version="v1.0.0",step="mod"`;
export const attempts = (registry: string): string => `mirror_probe_attempts_total{${labelsOf(registry)}}`;
export const enough = (real: RealDaemon, count: number, registry = 'far') =>
  real.until(`${count} probes of ${registry}`, async () => ((await metric(real, attempts(registry))) ?? 0) >= count);
