import { beforeAll, expect, test } from 'vitest';
import type { Client } from '../../src/ecosystems/client.ts';
import { npmClient, pnpmClient, yarnClient } from '../../src/ecosystems/npm/clients.ts';
import { npmInstall } from '../support/npm-client.ts';
import { type PackedPackage, packPackage, startNpmRegistry } from '../support/npm-registry.ts';
import { pnpmOrYarn } from '../support/pnpm-yarn.ts';
import type { CommandResult } from '../support/process.ts';
import { type Need, real } from '../support/requires.ts';
import { expectWalkOfBodies, type Limits } from './bodies.ts';

interface Named {
  readonly client: Client;
  readonly need: Need;
  readonly differs: readonly string[];
  readonly hangs?: readonly string[];
  install(
    registry: string,
    limits: { fetchTimeoutMs?: number; timeoutMs?: number },
  ): Promise<CommandResult & { readonly version: string | null }>;
}

const clients: readonly Named[] = [
  {
    client: npmClient,
    need: 'npm',
    differs: [],
    install: (registry, limits) => npmInstall('hello', { registry, ...limits }),
  },
  {
    client: pnpmClient,
    need: 'pnpm',
    // pnpm asks for the full form: its middle byte lies elsewhere than that of the short form, which our probe asks for.
    differs: ['a flipped byte | packument | near alone: ok'],
    install: (registry, limits) => pnpmOrYarn('pnpm', 'hello', { registry, ...limits }),
  },
  {
    client: yarnClient,
    need: 'yarn',
    differs: [],
    // yarn 4 prints its fetch step and does not end.
    hangs: ['no byte | artifact'],
    install: (registry, limits) => pnpmOrYarn('yarn', 'hello', { registry, ...limits }),
  },
];

for (const { client, need, install, ...more } of clients)
  real(`the real ${client.id} and bodies that are wrong`, [need, 'npm'], () => {
    let hello: PackedPackage;
    beforeAll(async () => {
      hello = packPackage({ name: 'hello', version: '1.0.0' });
    });

    test('end where our walk ends, by the table (UPDATE_GOLDEN=1 rewrites)', async () => {
      const at = { module: 'hello', version: '1.0.0' };
      await expectWalkOfBodies({
        name: client.id,
        client,
        start: () => startNpmRegistry({ packages: [hello] }),
        mirror: 'ecosystem: npm',
        yaml: 'modules: { npm: [ "hello@1.0.0" ] }',
        of: {
          packument: { path: /^\/hello$/, step: 'metadata', ...at },
          artifact: { path: /\.tgz$/, step: 'tarball', ...at },
        },
        chains: { 'near alone': (near) => near },
        async download(registry, { timeoutMs, endMs }: Limits) {
          const done = await install(registry, {
            ...(timeoutMs === undefined ? {} : { fetchTimeoutMs: timeoutMs }),
            ...(endMs === undefined ? {} : { timeoutMs: endMs }),
          });
          expect(done.version).toBe(done.code === 0 ? '1.0.0' : null);
          return done;
        },
        ...more,
      });
    });
  });
