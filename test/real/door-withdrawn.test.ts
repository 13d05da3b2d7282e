import { writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startDroppingRegistry } from '../support/dropping-mirrors.ts';
import { goDownload } from '../support/go-client.ts';
import { moduleTree } from '../support/goproxy-tree.ts';
import { type Nginx, startNginx } from '../support/nginx.ts';
import { npmInstall } from '../support/npm-client.ts';
import { tempDir } from '../support/paths.ts';
import { until } from '../support/patience.ts';
import { pnpmOrYarn } from '../support/pnpm-yarn.ts';
import { freePort } from '../support/ports.ts';
import { pipDownload, uvInstall } from '../support/pypi-clients.ts';
import { type PypiIndex, startPypiIndex, tinyWheel } from '../support/pypi-index.ts';
import type { RawServer } from '../support/raw-server.ts';
import { real } from '../support/requires.ts';
import { type DoorProcess, startDoor } from './door-parts.ts';

interface Got {
  readonly code: number | null;
  readonly said: string;
}

const quote = 'rsc.io/quote@v1.5.2';
const toml = 'github.com/BurntSushi/toml@v1.6.0';
/** What the daemon says that the origins withdrew. */
const withdrew: Readonly<Record<string, string>> = { go: quote, npm: 'hello@1.1.0', pypi: 'tiny@1.1' };

/** A daemon that reports the mirrors, and what each origin withdrew. Its stream says nothing. */
async function startReporter(): Promise<Server> {
  const server = createServer(({ url = '' }, response) => {
    if (url.startsWith('/api/v1/events')) return void response.writeHead(200).write(': here\n\n');
    const common = { inDoubt: false, gate: null, rank: null, canary: null };
    const mirrors = Object.entries(withdrew).flatMap(([ecosystem, item]) => [
      { ...common, registry: `${ecosystem}-mirror`, ecosystem, upstream: ecosystem, withdrew: ['hello@1.0.0', toml] },
      { ...common, registry: `${ecosystem}-origin`, ecosystem, upstream: ecosystem, withdrew: [item] },
    ]);
    response.end(JSON.stringify({ mirrors, advice: [] }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

real(
  'withdrawn versions at the front door, and what real clients print',
  ['nginx', 'tree', 'go', 'npm', 'pnpm', 'pip', 'uv'],
  () => {
    let reporter: Server;
    let files: Nginx;
    let registry: RawServer;
    let index: PypiIndex;
    const doors = new Map<string, DoorProcess>();

    beforeAll(async () => {
      const dir = tempDir('door-withdrawn');
      reporter = await startReporter();
      files = await startNginx({ root: moduleTree().dir });
      registry = await startDroppingRegistry(null);
      index = await startPypiIndex({ wheels: [tinyWheel('tiny', '1.0'), tinyWheel('tiny', '1.1')] });
      const urls = { go: files.httpUrl, npm: registry.url, pypi: index.indexUrl };
      const mirrors = Object.entries(urls).flatMap(([ecosystem, url]) => [
        `  - { name: ${ecosystem}-mirror, ecosystem: ${ecosystem}, url: "${url}" }`,
        `  - { name: ${ecosystem}-origin, ecosystem: ${ecosystem}, url: "http://127.0.0.1:9/", role: origin }`,
      ]);
      for (const withdrawn of ['refuse', 'warn']) {
        const port = await freePort();
        const config = join(dir, `${withdrawn}.yaml`);
        const daemon = `http://127.0.0.1:${(reporter.address() as AddressInfo).port}`;
        writeFileSync(
          config,
          `
mirrors:
${mirrors.join('\n')}
controls: [ "tcp://127.0.0.1:9" ]
modules: { go: [ ${quote} ], npm: [ hello@1.0.0 ], pypi: [ tiny==1.0 ] }
door: { listen: "127.0.0.1:${port}", orderFile: ${withdrawn}.json, daemon: "${daemon}", withdrawn: ${withdrawn} }
`,
        );
        const door = await startDoor(config, port);
        doors.set(withdrawn, door);
        const isFollowed = async () => (await door.metrics()).get('mirrorwatch_door_daemon_up') === 1;
        await until('the door follows the daemon', isFollowed, Boolean, { help: door.log });
      }
    });

    afterAll(async () => {
      for (const door of doors.values()) await door.close();
      for (const server of [files, registry, index]) await server?.close();
      reporter.closeAllConnections();
      reporter.close();
    });

    const clients: Readonly<Record<string, (door: string, version: 'good' | 'withdrawn') => Promise<Got>>> = {
      async go(door, version) {
        const { code, errors, stderr } = await goDownload([version === 'good' ? toml : quote], {
          goproxy: `${door}/go`,
        });
        return { code, said: errors.join('\n') + stderr };
      },
      async npm(door, version) {
        const range = version === 'good' ? '1.0.0' : '^1.0.0';
        const { code, stderr } = await npmInstall('hello', { registry: `${door}/npm/`, range });
        return { code, said: stderr };
      },
      async pnpm(door, version) {
        const range = version === 'good' ? '1.0.0' : '1.1.0';
        const files = { 'pnpm-workspace.yaml': 'minimumReleaseAge: 0\n' };
        const { code, stdout, stderr } = await pnpmOrYarn('pnpm', 'hello', { registry: `${door}/npm/`, range, files });
        return { code, said: stdout + stderr };
      },
      async pip(door, version) {
        const { code, stderr } = await pipDownload([version === 'good' ? 'tiny==1.0' : 'tiny'], {
          PIP_INDEX_URL: `${door}/pypi/simple`,
        });
        return { code, said: stderr };
      },
      async uv(door, version) {
        const { code, stderr } = await uvInstall([version === 'good' ? 'tiny==1.0' : 'tiny'], {
          UV_DEFAULT_INDEX: `${door}/pypi/simple`,
        });
        return { code, said: stderr };
      },
    };

    test.each([
      ['go', `${quote} was withdrawn by its origin, and this front door refuses it`],
      ['npm', 'hello@1.1.0 was withdrawn by its origin, and this front door refuses it'],
      ['pnpm', '451'],
      ['pip', '451 Client Error: tiny was withdrawn by its origin'],
      ['uv', '451'],
    ])('%s fails at a withdrawn version, and prints %s', async (name, words) => {
      const door = doors.get('refuse')?.url ?? '';
      const got = await clients[name]?.(door, 'withdrawn');
      expect(got?.code, got?.said).not.toBe(0);
      expect(got?.said).toContain(words);
      const good = await clients[name]?.(door, 'good');
      expect(good?.code, good?.said).toBe(0);
    });

    test.each(Object.keys(clients))('%s gets a withdrawn version where the door only warns', async (name) => {
      const door = doors.get('warn');
      const got = await clients[name]?.(door?.url ?? '', 'withdrawn');
      expect(got?.code, got?.said).toBe(0);
    });

    test('the access log names the requests for withdrawn versions', async () => {
      const lines = (way: string) => doors.get(way)?.log().split('\n') ?? [];
      expect(lines('warn').some((line) => line.includes('"withdrawn":true') && line.includes('redirected'))).toBe(true);
      expect(lines('refuse').some((line) => line.includes('"outcome":"withdrawn"'))).toBe(true);
    });
  },
);
