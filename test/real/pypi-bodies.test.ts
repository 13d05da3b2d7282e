import { afterAll, beforeAll, test } from 'vitest';
import type { Client } from '../../src/ecosystems/client.ts';
import { pip } from '../../src/ecosystems/pypi/pip.ts';
import type { CommandResult } from '../support/process.ts';
import { type PypiClientEnv, pipDownload } from '../support/pypi-clients.ts';
import { type PypiIndex, startPypiIndex, tinyWheel } from '../support/pypi-index.ts';
import { long, type Need } from '../support/requires.ts';
import { clientTimeoutMs, expectWalkOfBodies } from './bodies.ts';

const wheel = tinyWheel('tiny', '1.0');
const soon = String(clientTimeoutMs / 1_000);

interface Named {
  readonly client: Client;
  readonly need: Need;
  readonly differs: readonly string[];
  download(env: PypiClientEnv): Promise<CommandResult>;
  env(urls: readonly string[]): PypiClientEnv;
}

const clients: readonly Named[] = [
  {
    client: pip,
    need: 'pip',
    // A stall is passed over where a cut is not; metadata is settled with its page, as a file is.
    differs: [
      'a flipped byte | page | near alone: ok',
      'a flipped byte | page | far, near extra: ok',
      'a flipped byte | metadata | far, near extra: ok',
      'a page of HTML | metadata | far, near extra: ok',
      'no byte | metadata | far, near extra: ok',
      'cut by a close | metadata | near, far extra: failed',
      'cut by a reset | metadata | near, far extra: failed',
      'stalled | page | near, far extra: failed',
      'stalled | page | far, near extra: failed',
      'stalled | metadata | near, far extra: failed',
      'longer than announced | page | near alone: failed',
      'longer than announced | metadata | near alone: failed',
      'longer than announced | file | near alone: failed',
      'longer than announced | file | far, near extra: failed',
    ],
    download: (env) => pipDownload(['tiny==1.0'], env),
    env: ([first = '', ...extra]) => ({
      PIP_TIMEOUT: soon,
      PIP_INDEX_URL: first,
      PIP_EXTRA_INDEX_URL: extra.join(' '),
    }),
  },
];

for (const { client, need, differs, download, env } of clients)
  long(`the real ${client.id} and bodies that are wrong`, [need], () => {
    let near: PypiIndex;
    let far: PypiIndex;
    beforeAll(async () => {
      near = await startPypiIndex({ wheels: [wheel] });
      far = await startPypiIndex({ wheels: [wheel] });
    });
    afterAll(async () => {
      for (const index of [near, far]) await index?.close();
    });

    test('end where our walk ends, by the table (UPDATE_GOLDEN=1 rewrites)', async () => {
      const at = { version: '1.0', module: 'tiny' };
      await expectWalkOfBodies({
        name: `${client.id}-walk-of-bodies`,
        client,
        mirror: near,
        url: near.indexUrl,
        yaml: `
vantage: here
schedule: { every: 5s, timeout: 2s }
steps: { index: { every: 60s, timeout: 2s }, wheelmeta: { every: 60s, timeout: 2s }, file: { every: 60s, timeout: 2s } }
mirrors:
  - { name: near, ecosystem: pypi, url: "${near.indexUrl}" }
modules: { pypi: [ "tiny@1.0" ] }
state: { path: /nowhere/state.db }`,
        of: {
          page: { path: /^\/simple\//, step: 'index', ...at },
          metadata: { path: /\.metadata$/, step: 'wheelmeta', ...at },
          file: { path: /\.whl$/, step: 'file', ...at },
        },
        version: '1.0',
        chains: {
          'near alone': near.indexUrl,
          'near, far extra': `${near.indexUrl} ${far.indexUrl}`,
          'far, near extra': `${far.indexUrl} ${near.indexUrl}`,
        },
        download: async (chain) => ((await download(env(chain.split(' ')))).code === 0 ? 'ok' : 'failed'),
        differs,
      });
    });
  });
