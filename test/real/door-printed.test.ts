import { createReadStream, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { Agent, createServer, type IncomingHttpHeaders, type RequestListener, request } from 'node:http';
import { createServer as createTlsServer, get } from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { testCerts } from '../support/certs.ts';
import { goDownload } from '../support/go-client.ts';
import { moduleTree } from '../support/goproxy-tree.ts';
import { commandPath, repoDir, tempDir } from '../support/paths.ts';
import { until } from '../support/patience.ts';
import { freePort } from '../support/ports.ts';
import type { RunningProcess } from '../support/process.ts';
import { real } from '../support/requires.ts';
import { run } from '../unit/cli/run-program.ts';
import { acting } from '../unit/features/actions/acting.ts';
import { adviceTo } from '../unit/features/actions/advice.ts';
import { startProxy } from './printed-proxies.ts';

// The door as a configuration of real proxies: validated by each, then real builds through it.

interface Mirror {
  readonly server: Server;
  readonly port: number;
  readonly seen: { readonly url: string; readonly headers: IncomingHttpHeaders }[];
}

/** A tree of modules below a prefix; `refuses` are paths with a status of their own. */
async function startMirror(prefix: string, isTls: boolean, refuses: ReadonlyMap<RegExp, number>): Promise<Mirror> {
  const root = moduleTree().dir;
  const seen: Mirror['seen'] = [];
  const answer: RequestListener = ({ url = '', headers }, response) => {
    seen.push({ url, headers });
    // A hostile one: nginx would serve what it names in place of its own response.
    response.setHeader('x-accel-redirect', '/-/healthy');
    const path = decodeURIComponent(url);
    const [, status] = [...refuses].find(([one]) => one.test(path)) ?? [];
    const file = join(root, path.slice(prefix.length));
    if (status === 302) response.writeHead(302, { location: '/elsewhere', 'set-cookie': 'a=b' }).end();
    else if (status === 200) response.writeHead(200, { 'content-type': 'text/html' }).end('<html>portal</html>');
    else if (status !== undefined) response.writeHead(status).end('refused');
    else if (!path.startsWith(prefix) || !existsSync(file)) response.writeHead(404).end('none');
    else createReadStream(file).pipe(response.writeHead(200, { 'content-type': 'text/plain' }));
  };
  const { server: own } = testCerts();
  const server = isTls ? createTlsServer({ cert: own.certPem, key: own.keyPem }, answer) : createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, port: (server.address() as AddressInfo).port, seen };
}

/** That other users cannot connect to HAProxy's inner sockets, and that these check method and path themselves. */
async function expectClosed(dir: string): Promise<void> {
  expect(readFileSync('/proc/net/unix', 'utf8')).not.toContain('@mirrorwatch-door');
  const sockets = readdirSync(dir).filter((name) => name.endsWith('.sock'));
  expect(sockets).toHaveLength(5);
  for (const name of sockets) expect([name, statSync(join(dir, name)).mode & 0o777]).toEqual([name, 0o600]);
  const socketPath = join(dir, sockets.find((name) => name.startsWith('mirror_near')) ?? '');
  const status = (method: string, path: string): Promise<number | undefined> =>
    new Promise((resolve, reject) => {
      request({ socketPath, method, path }, (response) => {
        response.resume().once('end', () => resolve(response.statusCode));
      })
        .once('error', reject)
        .end();
    });
  expect(await status('PUT', '/go/rsc.io/quote/@v/list')).toBe(405);
  expect(await status('GET', '/admin')).toBe(404);
}

/** The status of a request by an agent, and whether it was sent on a connection that was open before. */
const statusOn = (agent: Agent, url: string): Promise<[status: number | undefined, wasOpen: boolean]> =>
  new Promise((resolve, reject) => {
    const sent = request(url, { agent }, (response) => {
      response.resume().once('end', () => resolve([response.statusCode, sent.reusedSocket]));
    });
    sent.once('error', reject).end();
  });

/** Whether a request on a kept connection is answered: nginx and Caddy close idle ones at a reload, also as it is sent. */
const isAnswered = (url: string): Promise<boolean> =>
  fetch(url).then(
    async (response) => (await response.text()) !== '',
    () => false,
  );

real('the door printed for real proxies', ['nginx', 'caddy', 'haproxy', 'tree', 'go'], () => {
  const modules = ['rsc.io/quote@v1.5.2', 'github.com/BurntSushi/toml@v1.6.0', 'github.com/google/uuid@v1.6.0'];
  let near: Mirror;
  let far: Mirror;
  let dead: number;
  let running: RunningProcess | null = null;

  beforeAll(async () => {
    dead = await freePort();
    near = await startMirror(
      '/goproxy/',
      true,
      new Map([
        [/uuid.*\.info$/, 429],
        [/uuid.*\.mod$/, 503],
        [/toml.*\.info$/, 404],
        [/toml.*\.mod$/, 403],
        [/sampler.*\.info$/, 302],
      ]),
    );
    far = await startMirror('/', false, new Map([[/sampler.*\.mod$/, 502]]));
  });

  afterEach(async () => {
    await running?.close();
    running = null;
  });

  afterAll(() => {
    for (const { server } of [near, far]) server?.close();
  });

  /** An action of kind `command`, as the daemon runs it by an advice: it writes the order and reloads, and its undo leads back. */
  async function expectFollows(config: string, out: string, url: string): Promise<void> {
    const main = [process.execPath, join(repoDir, 'src/main.ts'), 'door', '--config', config];
    const write = [...main, '--print', 'nginx', '--order', '--out', out].join(' ');
    const reload = `${commandPath('nginx')} -p ${out} -c ${out}/nginx.conf -e stderr -s reload`;
    const deed = { kind: 'command', argv: ['sh', '-c', `${write} && ${reload}`], cwd: out } as const;
    const { step } = acting(out, deed, adviceTo({ from: 'near.one', to: 'far' }));
    const first = async (): Promise<string | undefined> => {
      for (const { seen } of [near, far]) seen.length = 0;
      if (!(await isAnswered(`${url}/go/rsc.io/quote/@v/list`))) return undefined;
      return near.seen.length > 0 ? 'near' : far.seen.length > 0 ? 'far' : undefined;
    };
    expect(await first()).toBe('near');
    expect(await step('act')).toMatchObject({ tag: 'ok' });
    await until('the advised mirror is used', first, (name) => name === 'far');
    expect(await step('undo')).toMatchObject({ tag: 'ok' });
    await until('the mirror from before is used', first, (name) => name === 'near');
  }

  const yamlOf = (port: number): string => `
mirrors:
  - { name: dead, ecosystem: go, url: "http://127.0.0.1:${dead}", weight: 100 }
  - { name: near.one, ecosystem: go, url: "https://robot:hunter2@localhost:${near.port}/goproxy", weight: 50, tls: { ca: ${testCerts().ca.certFile} } }
  - { name: far, ecosystem: go, url: "http://127.0.0.1:${far.port}", weight: 10 }
controls: [ "tcp://127.0.0.1:9" ]
modules: { go: [ ${modules[0]} ] }
private: { go: [ git.example.com/* ] }
door: { listen: "127.0.0.1:${port}", orderFile: door.json, daemon: "http://127.0.0.1:${dead}" }
`;

  test.for(['nginx', 'caddy', 'haproxy'] as const)(
    '%s: builds survive, and the order file alone moves them',
    async (engine) => {
      const dir = tempDir(`door-${engine}`);
      const port = await freePort();
      const file = join(dir, 'mirrorwatch.yaml');
      writeFileSync(file, yamlOf(port));
      const out = join(dir, 'out');
      const printed = await run(['door', '--config', file, '--print', engine, '--out', out]);
      expect([printed.code, printed.err]).toEqual([0, '']);
      const proxy = await startProxy[engine](out, port);
      running = proxy.running;
      const help = (): string => running?.log() ?? '';
      const url = `http://127.0.0.1:${port}`;
      near.seen.length = 0;
      far.seen.length = 0;

      const got = await goDownload(modules, { goproxy: `${url}/go` });
      expect([got.code, got.errors, help()]).toEqual([0, [], help()]);
      expect(near.seen.map((one) => decodeURIComponent(one.url))).toContain('/goproxy/rsc.io/quote/@v/v1.5.2.zip');
      expect(near.seen.every(({ headers }) => headers.host === `localhost:${near.port}`)).toBe(true);
      const basic = `Basic ${Buffer.from('robot:hunter2').toString('base64')}`;
      expect(near.seen.every(({ headers }) => headers.authorization === basic)).toBe(true);
      // What near refuses, far has: without the credentials of near.
      expect(far.seen.map((one) => decodeURIComponent(one.url))).toContain('/github.com/google/uuid/@v/v1.6.0.info');
      expect(
        far.seen.every(
          ({ headers }) => headers.authorization === undefined && headers['x-forwarded-for'] === undefined,
        ),
      ).toBe(true);
      expect(far.seen.every(({ headers }) => headers.host === `127.0.0.1:${far.port}`)).toBe(true);

      const ask = async (path: string, init: RequestInit = {}): Promise<Response> =>
        fetch(url + path, { redirect: 'manual', ...init });
      near.seen.length = 0;
      await ask('/go/rsc.io/quote/@v/list', {
        headers: {
          accept: 'text/x',
          range: 'bytes=0-1',
          'user-agent': 'x/1',
          'private-token': 'x',
          cookie: 'a=b',
          'x-y': 'z',
        },
      });
      expect(
        Object.keys(near.seen[0]?.headers ?? {})
          .filter((name) => name !== 'connection')
          .sort(),
      ).toEqual(['accept', 'accept-encoding', 'authorization', 'host', 'range', 'user-agent']);
      const seenBefore = near.seen.length + far.seen.length;
      expect((await ask('/go/git.example.com/team/secret/@v/list')).status).toBe(404);
      expect((await ask('/go/rsc.io/quote/@v/list', { method: 'POST' })).status).toBe(405);
      for (const path of ['/other/x', '/GO/rsc.io/quote/@v/list', '/%67o/rsc.io/quote/@v/list'])
        expect([path, (await ask(path)).status]).toEqual([path, 404]);
      if (engine === 'haproxy') await expectClosed(out);
      expect((await ask('/go/a.example/..%2f..%2fx/@v/list')).status).toBe(404);
      expect(near.seen.length + far.seen.length).toBe(seenBefore);
      expect((await ask('/go/rsc.io/none/@v/list')).status).toBe(404);
      const moved = await ask('/go/rsc.io/sampler/@v/v1.3.0.info');
      expect([moved.status, moved.headers.get('location'), moved.headers.get('set-cookie')]).toEqual([
        302,
        `https://localhost:${near.port}/elsewhere`,
        null,
      ]);
      for (const { headers } of [moved, await ask('/go/rsc.io/quote/@v/list')])
        expect([...headers.keys()].filter((name) => name.startsWith('x-accel'))).toEqual([]);

      if (engine === 'nginx') await expectFollows(file, out, url);
      // As the door keeps it by the advice in force; near.one is left out, as one that serves wrong bytes is.
      writeFileSync(join(dir, 'door.json'), JSON.stringify({ orders: { 'go/go': ['dead', 'far'] } }));
      const ordered = await run(['door', '--config', file, '--print', engine, '--order', '--out', out]);
      expect([ordered.code, ordered.err]).toEqual([0, '']);
      const idle = new Agent({ keepAlive: true, maxSockets: 1 });
      expect(await statusOn(idle, `${url}/go/rsc.io/quote/@v/list`)).toEqual([200, false]);
      await proxy.reload();
      await until(
        `${engine} has taken the new order`,
        async () => {
          near.seen.length = 0;
          // HAProxy: in parallel, so that each connection from before the reload has its last response, by the old order.
          const list = `${url}/go/rsc.io/quote/@v/list`;
          if (engine !== 'haproxy') return (await isAnswered(list)) ? near.seen.length : null;
          await Promise.all(Array.from({ length: 8 }, async () => (await fetch(list)).text()));
          return near.seen.length;
        },
        (count) => count === 0,
        { help },
      );
      if (engine === 'haproxy')
        expect([await statusOn(idle, `${url}/go/rsc.io/quote/@v/list`), help()]).toEqual([[200, true], help()]);
      near.seen.length = 0;
      idle.destroy();
      const again = await goDownload(modules, { goproxy: `${url}/go` });
      expect([again.code, again.errors]).toEqual([0, []]);
      expect((await ask('/go/rsc.io/none/@v/list')).status).toBe(404);
      expect(near.seen).toEqual([]);
    },
  );

  test.for(['nginx', 'caddy', 'haproxy'] as const)(
    '%s: TLS, a token, and the paths of the other ecosystems as they are',
    async (engine) => {
      const dir = tempDir(`door-${engine}`);
      const port = await freePort();
      const seen: string[] = [];
      const server = createServer(({ url = '', headers }, response) => {
        seen.push(url);
        const isPage = url.includes('portal') || url.includes('simple');
        response.writeHead(headers.authorization === undefined ? 200 : 500, {
          'content-type': isPage ? 'text/html' : 'text/plain',
        });
        response.end('<a href="../../packages/a/six-1.17.0.tar.gz">six-1.17.0.tar.gz</a>');
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const at = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      const { ca, server: own } = testCerts();
      const token = 'token-of-the-door-token-of-the-door';
      const file = join(dir, 'mirrorwatch.yaml');
      writeFileSync(
        file,
        `
mirrors:
  - { name: npm-near, ecosystem: npm, url: "${at}/registry" }
  - { name: pypi-near, ecosystem: pypi, url: "${at}/web/simple" }
  - { name: debian-near, ecosystem: http, upstream: debian, url: "${at}/debian" }
controls: [ "tcp://127.0.0.1:9" ]
modules: { npm: [ lodash@4.17.21 ], pypi: [ six==1.17.0 ], http: [ { upstream: debian, path: dists/x/InRelease } ] }
door: { listen: { address: "127.0.0.1:${port}", token: ${token}, tls: { cert: ${own.certFile}, key: ${own.keyFile} } } }
`,
      );
      const out = join(dir, 'out');
      const printed = await run(['door', '--config', file, '--print', engine, '--out', out]);
      expect([printed.code, printed.err]).toEqual([0, '']);
      expect(seen).toEqual(['/web/simple/six/', '/web/simple/six/']);
      seen.length = 0;
      expect(statSync(join(out, 'door.pem')).mode & 0o777).toBe(0o600);
      running = (await startProxy[engine](out, port)).running;
      const ask = (path: string, authorization?: string): Promise<number | undefined> =>
        new Promise((resolve, reject) => {
          const headers = authorization === undefined ? {} : { authorization };
          get({ host: '127.0.0.1', port, path, ca: ca.certPem, servername: 'localhost', headers }, (response) => {
            response.resume().once('end', () => resolve(response.statusCode));
          }).once('error', reject);
        });
      const basic = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`;
      for (const wrong of [
        undefined,
        'Bearer x',
        `Bearer ${token}x`,
        `Bearer ${token.toUpperCase()}`,
        basic(`door:${token}x`),
      ])
        expect([wrong, await ask('/npm/lodash', wrong)]).toEqual([wrong, 401]);
      expect(seen).toEqual([]);
      const paths = {
        '/npm/@scope%2fui': '/registry/@scope%2fui',
        '/npm/lodash/-/lodash-4.17.21.tgz': '/registry/lodash/-/lodash-4.17.21.tgz',
        '/pypi/simple/six/': '/web/simple/six/',
        '/pypi/packages/a/six-1.17.0%2Bx.whl': '/web/packages/a/six-1.17.0%2Bx.whl',
        '/http/debian/pool/g/g%2b%2b_12.deb': '/debian/pool/g/g%2b%2b_12.deb',
      };
      for (const path of Object.keys(paths)) expect([path, await ask(path, `Bearer ${token}`)]).toEqual([path, 200]);
      expect(seen).toEqual(Object.values(paths));
      expect(await ask('/npm/lodash?write=true', basic(`door:${token}`))).toBe(200);
      expect(seen.at(-1)).toBe('/registry/lodash');
      // nginx cannot see the type of a response before it passes it on.
      expect(await ask('/npm/portal', `Bearer ${token}`)).toBe(engine === 'nginx' ? 200 : 502);
      server.close();
    },
  );
});
