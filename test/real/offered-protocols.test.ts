import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { EcosystemId } from '../../src/core/mirror.ts';
import type { HttpProtocol } from '../../src/core/transcript.ts';
import { registry } from '../../src/ecosystems/registry.ts';
import { type AlpnReader, startAlpnReader } from '../support/alpn-reader.ts';
import { type Containerd, startContainerd } from '../support/containerd.ts';
import { makeAptRoot } from '../support/debian-tree.ts';
import { goDownload } from '../support/go-client.ts';
import { npmInstall } from '../support/npm-client.ts';
import { makeArchTree, pacmanDownload } from '../support/pacman.ts';
import { commandPath, findCommand, tempDir } from '../support/paths.ts';
import { pnpmOrYarn } from '../support/pnpm-yarn.ts';
import { run } from '../support/process.ts';
import { pipDownload, uvInstall } from '../support/pypi-clients.ts';
import { type Need, real } from '../support/requires.ts';
import { sampleMirror } from '../support/sample-config.ts';

// What each real client offers in ALPN, read from its ClientHello, against what its ecosystem declares.

const both = ['h2', 'http/1.1'];
/** Without the extension, or with `http/1.1` alone: the version of Node or Go decides which. */
const http1 = ['http/1.1'];
const nowhere = 'http://127.0.0.1:9';
const sealed = { HTTP_PROXY: nowhere, HTTPS_PROXY: nowhere, http_proxy: nowhere, https_proxy: nowhere };
const local = { ...sealed, NO_PROXY: '127.0.0.1', no_proxy: '127.0.0.1' };

interface Row {
  readonly client: string;
  /** A command that `.ci/provision` does not bring; without it the row is left out. */
  readonly command?: string;
  readonly needs: readonly Need[];
  /** Where its declaration stands. */
  readonly ecosystem: EcosystemId;
  readonly id: string;
  readonly profile?: string;
  readonly offered: readonly string[];
  readonly ask: (reader: AlpnReader) => Promise<unknown>;
}

const cargoFetch = (url: string, more: string): Promise<unknown> =>
  inFolder(
    {
      'Cargo.toml': '[package]\nname = "a"\nversion = "0.1.0"\nedition = "2021"\n[dependencies]\ntiny = "1"\n',
      'src/lib.rs': '',
      '.cargo/config.toml': `[source.crates-io]\nreplace-with = "m"\n[source.m]\nregistry = "sparse+${url}/"\n[net]\nretry = 0\n${more}`,
    },
    (dir) => run(commandPath('cargo'), ['fetch'], { cwd: dir, env: { ...local, CARGO_HOME: join(dir, 'home') } }),
  );

const rows: readonly Row[] = [
  {
    client: 'go',
    needs: ['go'],
    ecosystem: 'go',
    id: 'go',
    offered: both,
    ask: ({ url }) => goDownload(['example.com/m@v1.0.0'], { goproxy: url }),
  },
  {
    client: 'npm',
    needs: ['npm'],
    ecosystem: 'npm',
    id: 'npm',
    offered: http1,
    ask: ({ url }) => npmInstall('tiny', { registry: `${url}/` }),
  },
  ...(['pnpm', 'pnpm10', 'yarn', 'yarn1'] as const).map((client) => ({
    client,
    needs: [client],
    ecosystem: 'npm',
    id: client.replace(/\d+$/, ''),
    offered: http1,
    ask: ({ url }: AlpnReader) => pnpmOrYarn(client, 'tiny', { registry: `${url}/` }),
  })),
  {
    client: 'pip',
    needs: ['pip'],
    ecosystem: 'pypi',
    id: 'pip',
    offered: http1,
    ask: ({ url }) => pipDownload(['tiny==1.0'], { PIP_INDEX_URL: `${url}/simple/` }),
  },
  {
    client: 'uv',
    needs: ['uv'],
    ecosystem: 'pypi',
    id: 'uv',
    offered: both,
    ask: ({ url }) => uvInstall(['tiny==1.0'], { UV_DEFAULT_INDEX: `${url}/simple/` }),
  },
  {
    client: 'skopeo',
    needs: ['skopeo'],
    ecosystem: 'oci',
    id: 'podman',
    offered: http1,
    ask: ({ host }) => run(commandPath('skopeo'), ['inspect', `docker://${host}/team/app:1`], { env: local }),
  },
  {
    client: 'containerd',
    needs: ['containerd'],
    ecosystem: 'oci',
    id: 'containerd',
    offered: http1,
    ask: async ({ host, url }) => {
      const containerd: Containerd = await startContainerd();
      try {
        return await containerd.pull(
          `${host}/team/app:1`,
          `server = "${url}"\n\n[host."${url}"]\n  capabilities = ["pull", "resolve"]\n`,
        );
      } finally {
        await containerd.close();
      }
    },
  },
  {
    client: 'apt',
    needs: ['apt'],
    ecosystem: 'http',
    id: 'files',
    profile: 'debian',
    offered: http1,
    ask: async ({ url }) => {
      const apt = makeAptRoot([`deb [trusted=yes] ${url}/ stable main`]);
      const done = await apt.get('update', '-o', 'Acquire::https::Proxy=DIRECT');
      return done;
    },
  },
  {
    client: 'pacman',
    needs: ['pacman'],
    ecosystem: 'http',
    id: 'files',
    profile: 'arch',
    offered: both,
    ask: async ({ url }) => pacmanDownload(await makeArchTree(), `Server = ${url}/$repo/os/$arch\n`),
  },
  {
    client: 'cargo',
    command: 'cargo',
    needs: [],
    ecosystem: 'cargo',
    id: 'cargo',
    offered: both,
    ask: ({ url }) => cargoFetch(url, ''),
  },
  {
    client: 'cargo with http.multiplexing=false',
    command: 'cargo',
    needs: [],
    ecosystem: 'http',
    id: 'files',
    offered: http1,
    ask: ({ url }) => cargoFetch(url, `[http]\nmultiplexing = false\n`),
  },
  {
    client: 'maven',
    command: 'mvn',
    needs: [],
    ecosystem: 'http',
    id: 'files',
    profile: 'maven',
    offered: http1,
    ask: ({ url }) =>
      inFolder(
        {
          'settings.xml': `<settings><mirrors><mirror><id>m</id><mirrorOf>*</mirrorOf><url>${url}</url></mirror></mirrors></settings>`,
        },
        (dir) => {
          const args = [
            '-B',
            '-q',
            '-s',
            'settings.xml',
            '-gs',
            'settings.xml',
            `-Dmaven.repo.local=${join(dir, 'repo')}`,
          ];
          return run(commandPath('mvn'), [...args, 'dependency:get', '-Dartifact=a:b:1'], { cwd: dir, env: local });
        },
      ),
  },
];

async function inFolder<T>(files: Readonly<Record<string, string>>, ask: (dir: string) => Promise<T>): Promise<T> {
  const dir = tempDir('offered');
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, path)), { recursive: true });
    writeFileSync(join(dir, path), text);
  }
  return await ask(dir);
}

function declared({ ecosystem, id, profile }: Row): readonly HttpProtocol[] {
  const client = registry.of(ecosystem)?.clients.find((one) => one.id === id);
  if (client === undefined) throw new Error(`no client ${id} of ${ecosystem}`);
  return client.protocols(sampleMirror('m', { ecosystem, ...(profile === undefined ? {} : { own: { profile } }) }));
}

let reader: AlpnReader;
beforeEach(async () => {
  reader = await startAlpnReader();
});
afterEach(() => reader.close());

const protocols: Readonly<Record<string, HttpProtocol>> = { h2: '2', 'http/1.1': '1.1' };

const isHere = ({ command }: Row): boolean => command === undefined || findCommand(command) !== null;

for (const row of rows.filter(isHere)) {
  real(`what ${row.client} offers`, row.needs, () => {
    test('is what its ecosystem declares', async () => {
      const said = await row.ask(reader);
      expect(reader.hellos.length, JSON.stringify(said)).toBeGreaterThan(0);
      for (const offered of reader.hellos) expect(offered ?? http1).toEqual(row.offered);
      expect(reader.others).toEqual([]);
      expect(declared(row)).toEqual(row.offered.map((name) => protocols[name]));
    });
  });
}
