import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { engines } from '../../src/features/door/print/print.ts';
import { type DebianTree, makeAptRoot, makeDebianTree } from '../support/debian-tree.ts';
import { startDevpi } from '../support/devpi.ts';
import { goDownload } from '../support/go-client.ts';
import { startGoproxy } from '../support/goproxy.ts';
import { moduleTree } from '../support/goproxy-tree.ts';
import { startNginx } from '../support/nginx.ts';
import { npmInstall } from '../support/npm-client.ts';
import { packPackage, startNpmRegistry } from '../support/npm-registry.ts';
import { repoDir, tempDir } from '../support/paths.ts';
import { freePort } from '../support/ports.ts';
import type { RunningProcess } from '../support/process.ts';
import { pipDownload, uvInstall } from '../support/pypi-clients.ts';
import { startPypiIndex, tinyWheel } from '../support/pypi-index.ts';
import { startPypiserver } from '../support/pypiserver.ts';
import { real } from '../support/requires.ts';
import { startVerdaccio } from '../support/verdaccio.ts';
import { run } from '../unit/cli/run-program.ts';
import { startProxy } from './printed-proxies.ts';

// The table of docs/door.md: builds through every printed door, with every server. UPDATE_GOLDEN=1 writes it.

const page = join(repoDir, 'docs/door.md');
const faults = ['none', 'killed', 'hanging'] as const;
/** Builds at once: while a mirror hangs they mostly wait. */
const atOnceMax = 45;

/** A port before a server, which fails as a whole server does. */
interface Gate {
  /** The server's URL, with the gate's port. */
  readonly url: string;
  readonly fail: (how: (typeof faults)[number]) => Promise<void>;
  /** Connections since the newest change. */
  readonly count: () => number;
}

async function openGate(behind: string): Promise<Gate> {
  const [url, port] = [new URL(behind), await freePort()];
  const target = Number(url.port);
  const sockets = new Set<Socket>();
  let server: Server | null = null;
  let count = 0;
  const keep = (socket: Socket): Socket => {
    sockets.add(socket);
    return socket.on('error', () => undefined).once('close', () => sockets.delete(socket));
  };
  const gate: Gate = {
    url: behind.replace(url.host, `127.0.0.1:${port}`),
    count: () => count,
    async fail(how) {
      count = 0;
      const before = server;
      server = null;
      for (const socket of sockets) socket.destroy();
      if (before !== null) await new Promise((resolve) => before.close(resolve));
      if (how === 'killed') return;
      const opened = createServer((socket) => {
        keep(socket);
        count += 1;
        if (how === 'hanging') return void socket.resume();
        const there = keep(connect(target, '127.0.0.1'));
        socket.pipe(there).pipe(socket);
        socket.once('close', () => there.destroy());
        there.once('close', () => socket.destroy());
      });
      server = opened;
      await new Promise<void>((resolve) => opened.listen(port, '127.0.0.1', resolve));
    },
  };
  await gate.fail('none');
  return gate;
}

type Ecosystem = 'go' | 'npm' | 'pypi' | 'http';

interface Row {
  readonly ecosystem: Ecosystem;
  /** As the table names it. */
  readonly server: string;
  readonly first: Gate;
  /** The URL of the mirror that follows. */
  readonly second: string;
  /** What `--print` says of the first one; absent: nothing, and it is used. */
  readonly refused?: RegExp;
}

/** What a client said of a build; `code` 0: it has its package. */
type Build = { readonly code: number | null; readonly said: string };

const of = ({ code, stderr }: { readonly code: number | null; readonly stderr: string }): Build => ({
  code,
  said: stderr,
});

real(
  'builds through every printed door',
  ['nginx', 'caddy', 'haproxy', 'tree', 'go', 'goproxy', 'npm', 'verdaccio', 'pip', 'uv', 'pypiserver', 'devpi', 'apt'],
  () => {
    let dir: string;
    let debian: DebianTree;
    const rows: Row[] = [];
    const open: { close(): Promise<void> }[] = [];
    const proxies: RunningProcess[] = [];
    /** The door's URL by engine and row. */
    const doors = new Map<string, string>();

    beforeAll(async () => {
      dir = tempDir('d');
      const kept = async <T extends { close(): Promise<void> }>(starting: Promise<T>): Promise<T> => {
        const started = await starting;
        open.push(started);
        return started;
      };
      const wheel = tinyWheel('tiny', '1.0');
      const flat = join(dir, 'flat');
      mkdirSync(join(flat, 'simple/tiny'), { recursive: true });
      writeFileSync(join(flat, 'simple/tiny', wheel.file), wheel.bytes);
      writeFileSync(join(dir, wheel.file), wheel.bytes);
      mkdirSync(join(dir, 'simple/tiny'), { recursive: true });
      writeFileSync(join(dir, 'simple/tiny/index.html'), `<a href="/${wheel.file}">${wheel.file}</a>`);
      debian = await makeDebianTree();
      const [tree, origin, index, pypiserver, listing, rooted, archive, other] = await Promise.all([
        kept(startNginx({ root: moduleTree().dir, prefix: '/mirrors/go/' })),
        kept(startNpmRegistry({ packages: [packPackage({ name: 'hello', version: '1.0.0' })] })),
        kept(startPypiIndex({ wheels: [wheel] })),
        kept(startPypiserver([wheel])),
        kept(startNginx({ root: flat, extra: 'autoindex on;' })),
        kept(startNginx({ root: dir, extra: 'default_type text/html;' })),
        kept(startNginx({ root: debian.dir, prefix: '/debian/' })),
        kept(startNginx({ root: debian.dir })),
      ]);
      const [goproxy, verdaccio, devpi] = await Promise.all([
        kept(startGoproxy({ upstream: tree.httpUrl })),
        kept(startVerdaccio(origin.url)),
        kept(startDevpi(index.indexUrl, ['tiny'])),
      ]);
      const add = async (
        ecosystem: Ecosystem,
        server: string,
        first: string,
        second: string,
        more: Pick<Row, 'refused'> = {},
      ): Promise<void> => {
        rows.push({ ecosystem, server, first: await openGate(first), second, ...more });
      };
      await add('go', 'goproxy', goproxy.url, tree.httpUrl);
      await add('go', 'nginx, file tree', tree.httpUrl, goproxy.url);
      await add('npm', 'Verdaccio', verdaccio.url, origin.url);
      await add('npm', 'npm registry', origin.url, verdaccio.url);
      await add('pypi', 'pypiserver (`/packages/…`)', pypiserver.url, devpi.url);
      await add('pypi', 'devpi (`../../+f/…`)', devpi.url, pypiserver.url);
      await add('pypi', 'nginx, listed folders', `${listing.httpUrl}/simple`, pypiserver.url);
      await add('pypi', 'PEP 691 and 658 (`../../files/…`)', index.indexUrl, `${listing.httpUrl}/simple`);
      await add('pypi', 'files at the root (`/tiny…`): not used', `${rooted.httpUrl}/simple`, pypiserver.url, {
        refused: /^mirrorwatch: pypi-0 is not used: the printed door has no path for its file \S+\.whl\. .*$/,
      });
      await add('http', 'nginx, apt tree', archive.httpUrl, other.httpUrl);
      await Promise.all(engines.map(printAll));
    });

    afterAll(async () => {
      for (const { first } of rows) await first.fail('killed');
      for (const one of [...proxies, ...open]) await one.close();
    });

    /** A door for the first row of each ecosystem, one for the second, and so on. */
    async function printAll(engine: (typeof engines)[number]): Promise<void> {
      const left = [...rows];
      while (left.length > 0) {
        const now = [...new Map([...left].reverse().map((row) => [row.ecosystem, row])).values()];
        for (const row of now) left.splice(left.indexOf(row), 1);
        const port = await freePort();
        const file = join(dir, `${engine}-${port}.yaml`);
        writeFileSync(file, configuration(now, port));
        // A folder in a folder that are both made. Short: HAProxy's sockets are in it.
        const out = join(dir, `${port}`, 'd');
        const printed = await run(['door', '--config', file, '--print', engine, '--out', out]);
        const refused = now.find((row) => row.refused !== undefined)?.refused;
        expect([printed.code, printed.err]).toEqual([0, refused === undefined ? '' : expect.stringMatching(refused)]);
        proxies.push((await startProxy[engine](out, port)).running);
        for (const { server } of now) doors.set(`${engine} ${server}`, `http://127.0.0.1:${port}`);
      }
    }

    const configuration = (now: readonly Row[], port: number): string => `
listen: 127.0.0.1:9
mirrors:
${now
  .map(({ ecosystem, first, second }) =>
    [first.url, second]
      .map((url, at) => {
        const more = ecosystem === 'http' ? ', upstream: debian, profile: debian' : '';
        return `  - { name: ${ecosystem}-${at}, ecosystem: ${ecosystem}${more}, url: "${url}", weight: ${100 - at} }\n`;
      })
      .join(''),
  )
  .join('')}controls: [ "tcp://127.0.0.1:9" ]
modules:
${now.map(({ ecosystem }) => `  ${ecosystem}: [ ${modules[ecosystem]} ]\n`).join('')}door: { listen: "127.0.0.1:${port}", orderFile: "${port}.json" }
`;
    const modules: Readonly<Record<Ecosystem, string>> = {
      go: 'rsc.io/quote@v1.5.2',
      npm: 'hello@1.0.0',
      pypi: 'tiny==1.0',
      http: '{ upstream: debian, path: dists/stable/InRelease }',
    };
    const clients: Readonly<Record<Ecosystem, Readonly<Record<string, (door: string) => Promise<Build>>>>> = {
      go: {
        go: async (door) => {
          const { code, errors } = await goDownload(['github.com/google/uuid@v1.6.0'], { goproxy: `${door}/go` });
          return { code, said: errors.join('\n') };
        },
      },
      npm: { npm: async (door) => of(await npmInstall('hello', { registry: `${door}/npm/` })) },
      pypi: {
        pip: async (door) => of(await pipDownload(['tiny==1.0'], { PIP_INDEX_URL: `${door}/pypi/simple` })),
        uv: async (door) => of(await uvInstall(['tiny==1.0'], { UV_DEFAULT_INDEX: `${door}/pypi/simple` })),
      },
      http: {
        apt: async (door) => {
          const apt = makeAptRoot([`deb [signed-by=${debian.keyFile}] ${door}/http/debian stable main`]);
          const update = await apt.get('update', '--error-on=any');
          const got = await apt.get('download', debian.package.name);
          return { code: update.code === 0 ? got.code : update.code, said: update.stderr + got.stderr };
        },
      },
    };

    test('before a fault, with the first mirror killed, and with it hanging', async () => {
      const built = new Map<string, number>();
      const failed: string[] = [];
      for (const fault of faults) {
        for (const { first } of rows) await first.fail(fault);
        const builds = rows.flatMap(({ ecosystem, server }) =>
          engines.flatMap((engine) =>
            Object.entries(clients[ecosystem]).map(([name, client]) => async () => {
              const door = `${engine} ${server}`;
              const { code, said } = await client(doors.get(door) ?? '');
              if (code === 0) built.set(door, (built.get(door) ?? 0) + 1);
              else failed.push(`${name} by ${door}, ${fault}: ${said}`);
            }),
          ),
        );
        const work = builds.values();
        await Promise.all(
          Array.from({ length: atOnceMax }, async () => {
            for (const build of work) await build();
          }),
        );
        // The builds went through the mirrors that the table names.
        const unused = rows.filter(({ first, refused }) => first.count() > 0 !== (refused === undefined));
        if (fault !== 'killed') expect([fault, unused.map(({ server }) => server)]).toEqual([fault, []]);
        console.info(`${fault}: ${builds.length} builds`);
      }
      const lines = rows.map(({ ecosystem, server }) => {
        const names = Object.keys(clients[ecosystem]);
        const cells = engines.map(
          (engine) => `${built.get(`${engine} ${server}`) ?? 0} of ${names.length * faults.length}`,
        );
        return `| ${server} | ${names.join(', ')} | ${cells.join(' | ')} |`;
      });
      expect(failed.join('\n\n')).toBe('');
      const table = [
        '| first mirror | client | nginx | Caddy | HAProxy |',
        '| --- | --- | --- | --- | --- |',
        ...lines,
      ].join('\n');
      const before = readFileSync(page, 'utf8');
      const place = /(<!-- builds: written by test\/real\/door-printed-builds\.test\.ts -->\n\n)[\s\S]*?(\n\n)/;
      expect(before).toMatch(place);
      const becomes = before.replace(place, (_, start: string, end: string) => start + table + end);
      if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(page, becomes);
      else expect(becomes).toBe(before);
    });
  },
);
