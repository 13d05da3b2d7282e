import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { testCerts } from '../support/certs.ts';
import { type DebianTree, makeAptRoot, makeDebianTree } from '../support/debian-tree.ts';
import { goDownload } from '../support/go-client.ts';
import { moduleTree } from '../support/goproxy-tree.ts';
import { type Nginx, startNginx } from '../support/nginx.ts';
import { npmInstall } from '../support/npm-client.ts';
import { packPackage, startNpmRegistry } from '../support/npm-registry.ts';
import { commandPath, findCommand, repoDir, tempDir } from '../support/paths.ts';
import { pnpmOrYarn } from '../support/pnpm-yarn.ts';
import { freePort } from '../support/ports.ts';
import { mustRun, run } from '../support/process.ts';
import { pipDownload, uvInstall } from '../support/pypi-clients.ts';
import { type PypiIndex, startPypiIndex, tinyWheel } from '../support/pypi-index.ts';
import type { RawServer } from '../support/raw-server.ts';
import { real } from '../support/requires.ts';
import { type DoorProcess, startDoor } from './door-parts.ts';

// The table of docs/door.md: which real client gets a package through the door. UPDATE_GOLDEN=1 writes it.

const page = join(repoDir, 'docs/door.md');
const token = 'token-of-the-door-token-of-the-door';
const ways = ['redirected', 'redirected, with the token', 'relayed'] as const;

/** What a client gets at a door, its own way to send the token included; `null`: it has no such way here. */
type Client = (door: string, secret: string | null) => Promise<{ readonly code: number | null; readonly said: string }>;

const withUser = (url: string, secret: string | null): string =>
  secret === null ? url : url.replace('://', `://door:${secret}@`);

const manifestOf = (name: string): string => `[package]\nname = "${name}"\nversion = "1.0.0"\nedition = "2021"\n`;

/** A sparse registry of one crate, but for its config.json. @returns the folder */
async function makeCrates(folder: string): Promise<string> {
  const crate = join(folder, 'tiny-1.0.0');
  for (const path of [join(crate, 'src'), join(folder, 'ti/ny'), join(folder, 'dl/tiny/1.0.0')])
    mkdirSync(path, { recursive: true });
  writeFileSync(join(crate, 'Cargo.toml'), manifestOf('tiny'));
  writeFileSync(join(crate, 'src/lib.rs'), '');
  const file = join(folder, 'dl/tiny/1.0.0/download');
  await mustRun(commandPath('tar'), ['-czf', file, '-C', folder, 'tiny-1.0.0']);
  const cksum = createHash('sha256').update(readFileSync(file)).digest('hex');
  const line = { name: 'tiny', vers: '1.0.0', deps: [], cksum, features: {}, yanked: false };
  writeFileSync(join(folder, 'ti/ny/tiny'), `${JSON.stringify(line)}\n`);
  return folder;
}

real(
  'which client follows which redirect of the door',
  ['nginx', 'tree', 'go', 'npm', 'pnpm', 'pip', 'uv', 'apt'],
  () => {
    let dir: string;
    let files: Nginx;
    let registry: RawServer;
    let index: PypiIndex;
    let debian: DebianTree;
    let archive: Nginx;
    let crates: Nginx;
    const doors = new Map<string, DoorProcess>();

    beforeAll(async () => {
      dir = tempDir('door-clients');
      files = await startNginx({ root: moduleTree().dir });
      registry = await startNpmRegistry({
        packages: [
          packPackage({ name: 'hello', version: '1.0.0' }),
          packPackage({ name: '@scope/ui', version: '2.0.0', dependencies: { hello: '^1.0.0' } }),
        ],
      });
      index = await startPypiIndex({ wheels: [tinyWheel('tiny', '1.0')] });
      debian = await makeDebianTree();
      archive = await startNginx({ root: debian.dir, prefix: '/debian/' });
      crates = await startNginx({ root: await makeCrates(join(dir, 'crates')) });
      writeFileSync(join(dir, 'crates/config.json'), JSON.stringify({ dl: `${crates.httpUrl}/dl` }));
      for (const way of ways) {
        const port = await freePort();
        const secret = way.endsWith('token') ? `, token: ${token}` : '';
        const config = join(dir, `${port}.yaml`);
        writeFileSync(
          config,
          configuration(`listen: { address: "127.0.0.1:${port}"${secret} }, orderFile: ${port}.json`),
        );
        doors.set(way, await startDoor(config, port, way === 'relayed' ? ['--relay'] : []));
      }
      const { certFile, keyFile } = testCerts().server;
      const port = await freePort();
      const config = join(dir, `${port}.yaml`);
      const at = `listen: { address: "127.0.0.1:${port}", token: ${token}, tls: { cert: ${certFile}, key: ${keyFile} } }`;
      writeFileSync(config, configuration(`${at}, orderFile: ${port}.json`));
      doors.set('over TLS', await startDoor(config, port, [], 'https'));
    });

    afterAll(async () => {
      for (const door of doors.values()) await door.close();
      for (const server of [files, registry, index, archive, crates]) await server?.close();
    });

    const configuration = (door: string): string => `
listen: 127.0.0.1:9
mirrors:
  - { name: files, ecosystem: go, url: "${files.httpsUrl}", tls: { ca: "${testCerts().ca.certFile}" } }
  - { name: registry, ecosystem: npm, url: "${registry.url}" }
  - { name: index, ecosystem: pypi, url: "${index.indexUrl}" }
  - { name: archive, ecosystem: http, upstream: debian, profile: debian, url: "${archive.httpUrl}" }
  - { name: crates, ecosystem: cargo, url: "${crates.httpUrl}" }
controls: [ "tcp://127.0.0.1:9" ]
modules:
  go: [ rsc.io/quote@v1.5.2 ]
  npm: [ hello@1.0.0 ]
  pypi: [ tiny==1.0 ]
  cargo: [ tiny@1.0.0 ]
  http: [ { upstream: debian, path: dists/stable/InRelease } ]
door: { ${door} }
`;

    const npmLike =
      (client: 'pnpm' | 'yarn' | 'yarn1'): Client =>
      async (door) => {
        const { code, stdout, stderr } = await pnpmOrYarn(client, '@scope/ui', { registry: `${door}/npm/` });
        return { code, said: stdout + stderr };
      };
    const clients: Readonly<Record<string, Client>> = {
      go: async (door, secret) => {
        const { code, errors } = await goDownload(['rsc.io/quote@v1.5.2', 'github.com/BurntSushi/toml@v1.6.0'], {
          // Go sends credentials over TLS alone.
          goproxy: `${secret === null ? door : withUser(doors.get('over TLS')?.url ?? '', secret)}/go`,
        });
        return { code, said: errors.join('\n') };
      },
      npm: async (door, secret) => {
        const npmrc = secret === null ? {} : { npmrc: `${door.replace('http:', '')}/npm/:_authToken=${secret}\n` };
        const { code, stderr } = await npmInstall('@scope/ui', { registry: `${door}/npm/`, ...npmrc });
        return { code, said: stderr };
      },
      pnpm: npmLike('pnpm'),
      yarn: npmLike('yarn'),
      'yarn 1': npmLike('yarn1'),
      pip: async (door, secret) => {
        const { code, stderr } = await pipDownload(['tiny==1.0'], {
          PIP_INDEX_URL: `${withUser(door, secret)}/pypi/simple`,
        });
        return { code, said: stderr };
      },
      uv: async (door, secret) => {
        const { code, stderr } = await uvInstall(['tiny==1.0'], {
          UV_DEFAULT_INDEX: `${withUser(door, secret)}/pypi/simple`,
        });
        return { code, said: stderr };
      },
      apt: async (door, secret) => {
        const line = `deb [signed-by=${debian.keyFile}] ${withUser(door, secret)}/http/debian stable main`;
        const apt = makeAptRoot([line]);
        const update = await apt.get('update', '--error-on=any');
        const got = await apt.get('download', debian.package.name);
        return { code: update.code === 0 ? got.code : update.code, said: update.stderr + got.stderr };
      },
      cargo: async (door) => {
        const project = tempDir('door-cargo');
        for (const folder of ['src', '.cargo']) mkdirSync(join(project, folder));
        writeFileSync(join(project, 'Cargo.toml'), `${manifestOf('a')}[dependencies]\ntiny = "1"\n`);
        writeFileSync(join(project, 'src/lib.rs'), '');
        const source = `[source.crates-io]\nreplace-with = "door"\n[source.door]\nregistry = "sparse+${door}/cargo/"\n`;
        writeFileSync(join(project, '.cargo/config.toml'), source);
        const env = { CARGO_HOME: join(project, 'home'), HTTP_PROXY: undefined, http_proxy: undefined };
        const { code, stderr } = await run(commandPath('cargo'), ['fetch'], { cwd: project, env });
        return { code, said: stderr };
      },
    };
    const withoutToken = ['pnpm', 'yarn', 'yarn 1', 'cargo'];
    /** `.ci/provision` does not bring it: Debian's cargo has no sparse registries. Without it its row stays as it is. */
    const isMissing = (name: string): boolean => name === 'cargo' && findCommand('cargo') === null;

    test('each of them gets its package, as the table of the page says', async () => {
      const rows: string[] = [];
      const said: string[] = [];
      const before = readFileSync(page, 'utf8');
      for (const [name, client] of Object.entries(clients)) {
        if (isMissing(name)) {
          rows.push(/^\| cargo \| (?:yes|no) \|.*$/m.exec(before)?.[0] ?? '');
          continue;
        }
        const cells: string[] = [];
        for (const way of ways) {
          const hasToken = way.endsWith('token');
          if (hasToken && withoutToken.includes(name)) {
            cells.push('not tried');
            continue;
          }
          const got = await client(doors.get(way)?.url ?? '', hasToken ? token : null);
          cells.push(got.code === 0 ? 'yes' : 'no');
          if (got.code !== 0) said.push(`${name}, ${way}: ${got.said}`);
        }
        rows.push(`| ${name} | ${cells.join(' | ')} |`);
      }
      const table = [`| client | ${ways.join(' | ')} |`, '| --- | --- | --- | --- |', ...rows].join('\n');
      const text = before;
      const place = /(<!-- clients: written by test\/real\/door-clients\.test\.ts -->\n\n)[\s\S]*?(\n\n)/;
      expect(text).toMatch(place);
      const becomes = text.replace(place, (_, before: string, after: string) => before + table + after);
      if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(page, becomes);
      else expect(becomes, said.join('\n\n')).toBe(text);
      // Whatever the table says, these are what the door is for.
      expect(
        rows.filter((row) => /^\| (?:go|npm|pip|uv|apt) \| yes /.test(row)),
        said.join('\n\n'),
      ).toHaveLength(5);
    });
  },
);
