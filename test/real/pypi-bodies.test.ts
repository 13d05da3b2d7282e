import { test } from 'vitest';
import type { Client } from '../../src/ecosystems/client.ts';
import { pip, uv } from '../../src/ecosystems/pypi/clients.ts';
import type { CommandResult } from '../support/process.ts';
import { type PypiClientEnv, pipDownload, uvInstall } from '../support/pypi-clients.ts';
import { startPypiIndex, tinyWheel } from '../support/pypi-index.ts';
import { type Need, real } from '../support/requires.ts';
import { expectWalkOfBodies } from './bodies.ts';

const wheel = tinyWheel('tiny', '1.0');

interface Named {
  readonly client: Client;
  readonly need: Need;
  readonly differs: readonly string[];
  download(env: PypiClientEnv): Promise<CommandResult>;
  env(urls: readonly string[]): PypiClientEnv;
  /** Its variable for a timeout in seconds. */
  readonly timeout: string;
}

const clients: readonly Named[] = [
  {
    client: pip,
    need: 'pip',
    // A page whose changed byte lies in a hash is no other page to a probe: the probe of the file finds it.
    differs: ['a flipped byte | page | near alone: ok', 'a flipped byte | page | far, near extra: ok'],
    download: (env) => pipDownload(['tiny==1.0'], env),
    env: ([first = '', ...extra]) => ({
      // Bytes past the announced end may be left on a kept connection. pip sends the next request again, as it does by default.
      PIP_RETRIES: '1',
      PIP_INDEX_URL: first,
      PIP_EXTRA_INDEX_URL: extra.join(' '),
    }),
    timeout: 'PIP_TIMEOUT',
  },
  {
    client: uv,
    need: 'uv',
    differs: [],
    download: (env) => uvInstall(['tiny==1.0'], env),
    env: ([first = '', ...extra]) => ({ UV_DEFAULT_INDEX: first, UV_INDEX: extra.join(' ') }),
    timeout: 'UV_HTTP_TIMEOUT',
  },
];

for (const { client, need, differs, download, env, timeout } of clients)
  real(`the real ${client.id} and bodies that are wrong`, [need], () => {
    test('end where our walk ends, by the table (UPDATE_GOLDEN=1 rewrites)', async () => {
      const at = { version: '1.0', module: 'tiny' };
      await expectWalkOfBodies({
        name: client.id,
        client,
        start: () => startPypiIndex({ wheels: [wheel] }),
        urlOf: ({ url }) => `${url}/simple`,
        mirror: 'ecosystem: pypi',
        yaml: 'modules: { pypi: [ "tiny@1.0" ] }',
        of: {
          page: { path: /^\/simple\//, step: 'index', ...at },
          metadata: { path: /\.metadata$/, step: 'wheelmeta', ...at },
          file: { path: /\.whl$/, step: 'file', ...at },
        },
        chains: {
          'near alone': (near) => near,
          'near, far extra': (near, far) => `${near} ${far}`,
          'far, near extra': (near, far) => `${far} ${near}`,
        },
        download: (chain, { timeoutMs }) => {
          const limit = timeoutMs === undefined ? {} : { [timeout]: String(timeoutMs / 1_000) };
          return download({ ...env(chain.split(' ')), ...limit });
        },
        differs,
      });
    });
  });
