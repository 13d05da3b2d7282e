import { chmodSync, chownSync, existsSync, lstatSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createApi } from '../../../src/api/app.ts';
import { nonceHeader, proofHeader } from '../../../src/core/proof.ts';
import { Secret } from '../../../src/core/secret.ts';
import { followDaemon, readDaemon } from '../../../src/features/door/daemon.ts';
import { prepareAccess } from '../../../src/io/daemon-access.ts';
import { exchangeOnce } from '../../../src/io/exchange.ts';
import { findOwnerSocket, openOwnerSocket, socketPathOf } from '../../../src/io/owner-socket.ts';
import { systemTimers } from '../../../src/io/timers.ts';
import { threeMirrors } from '../../daemon/three-mirrors.ts';
import { tempDir } from '../../support/paths.ts';
import { until } from '../../support/patience.ts';
import { fixtureConfig } from '../api/fixture-config.ts';
import { fixture } from '../api/fixture-deps.ts';
import { run } from './run-program.ts';

const token = 's3cret-of-the-operator';
const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

let folder = '';
let state = '';
let file = '';
let port = 0;
beforeEach(() => {
  folder = tempDir('socket');
  state = join(folder, 'mirrorwatch.db');
  file = join(folder, 'own.yaml');
});

/** A server on loopback that the configuration names as the daemon's, with a token. */
async function serve(handler: RequestListener): Promise<Server> {
  const server = createServer(handler);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  ends.push(() => {
    server.close();
    server.closeAllConnections();
  });
  port = (server.address() as AddressInfo).port;
  const listen = `listen: { address: "127.0.0.1:${port}", token: ${token} }\nstate: { path: ${state} }\n`;
  writeFileSync(file, listen + threeMirrors().replace(/^(listen|state):.*\n/gm, ''));
  return server;
}

/** Another user's process on the daemon's port: it notes what it is sent, and says what it likes. */
async function portHolder(answer: RequestListener): Promise<string[]> {
  const seen: string[] = [];
  await serve((request, response) => {
    seen.push(`${request.method} ${request.url} ${JSON.stringify(request.headers)}`);
    answer(request, response);
  });
  return seen;
}

const api = () => {
  const listen = { host: '127.0.0.1', port: 10120, token: new Secret(token), tls: null };
  return createApi(fixture({ configWith: { ...fixtureConfig, listen } }).deps);
};
const ask = (...argv: string[]) => run([...argv, '--config', file]);
const at = () => ({ url: `http://127.0.0.1:${port}`, token: new Secret(token), statePath: state });

async function socket(): Promise<{ close(graceMs: number): Promise<void> }> {
  const opened = await openOwnerSocket(api(), state);
  if (opened.tag === 'error') throw new Error(opened.error.code);
  ends.push(() => opened.value.close(0));
  return opened.value;
}

describe('the socket beside the state file', () => {
  test('is for its user alone, needs no token, and goes with the daemon', async () => {
    const seen = await portHolder((_, response) => response.end());
    const opened = await socket();
    const { mode } = lstatSync(socketPathOf(state));
    expect(mode.toString(8)).toBe('140600');
    expect((await ask('advice')).out).toContain('go/go');
    expect(await ask('health', '--ready')).toMatchObject({ code: 0 });
    expect((await readDaemon(at())).known.size).toBeGreaterThan(0);
    await opened.close(0);
    expect(existsSync(socketPathOf(state))).toBe(false);
    expect(seen).toEqual([]);
  });

  test('is that of the working folder if no configuration is named', async () => {
    state = join(folder, 'mirrorwatch.db');
    const inner = join(folder, 'data');
    renameSync(tempDir('data'), inner);
    state = join(inner, 'mirrorwatch.db');
    await socket();
    writeFileSync(join(folder, 'mirrorwatch.yaml'), 'no configuration: [');
    expect(await run(['health'], { cwd: folder })).toMatchObject({ code: 0, err: '' });
  });

  test('takes the place of one that a killed daemon left', async () => {
    await socket();
    await socket();
    await serve(() => undefined);
    expect(await ask('health')).toMatchObject({ code: 0 });
  });

  test.each<[string, () => void]>([
    ['a folder that others can write', () => chmodSync(folder, 0o777)],
    [
      'a folder of another user',
      () => (process.geteuid?.() === 0 ? chownSync(folder, 65534, 65534) : chmodSync(folder, 0o777)),
    ],
  ])('is not opened in %s, nor used there', async (_, spoil) => {
    await socket();
    spoil();
    const opened = await openOwnerSocket(api(), state);
    expect(opened).toMatchObject({ tag: 'error', error: { code: expect.stringContaining('other users can write') } });
    expect(await findOwnerSocket(state)).toBe('none');
  });

  test('of another user is not used', async () => {
    // Only root can give a file away.
    if (process.geteuid?.() !== 0) return;
    await socket();
    expect(await findOwnerSocket(state)).toBe('open');
    chownSync(socketPathOf(state), 65534, 65534);
    expect(await findOwnerSocket(state)).toBe('none');
  });

  test('is not said to be missing because of a state file of a checkout, which others may read', async () => {
    writeFileSync(state, '', { mode: 0o644 });
    expect(await findOwnerSocket(state)).toBe('none');
    chmodSync(state, 0o600);
    expect(await findOwnerSocket(state)).toBe('closed');
  });

  test('that cannot be made is no reason not to serve: clients use TCP', async () => {
    state = join(folder, `${'long'.repeat(30)}.db`);
    expect((await openOwnerSocket(api(), state)).tag).toBe('error');
    writeFileSync(state, '');
    expect(await findOwnerSocket(state)).toBe('none');
  });
});

describe('another process on the port of the daemon', () => {
  const known = { mirrors: [], advice: [], actions: [] };
  test('receives nothing while the daemon of this user is down', async () => {
    const seen = await portHolder((_, response) => response.end(JSON.stringify(known)));
    writeFileSync(state, '', { mode: 0o600 });
    for (const argv of [['advice'], ['advice', '--export'], ['actions'], ['health'], ['ack', 'f', '--reason', 'x']])
      expect(await ask(...argv)).toMatchObject({ code: 1, out: '' });
    await expect(readDaemon(at())).rejects.toThrow('ENOENT');
    expect(seen).toEqual([]);
  });

  test.each<[string, RequestListener]>([
    ['gives no nonce', (_, response) => response.end(JSON.stringify(known))],
    [
      'gives a nonce, and makes a proof up',
      (_, response) => {
        response.setHeader(nonceHeader, '1.1.x').setHeader(proofHeader, 'made-up');
        response.end(JSON.stringify(known));
      },
    ],
    [
      'says that nothing is to be changed',
      (_, response) => response.setHeader(nonceHeader, '1.1.x').writeHead(204).end(),
    ],
  ])('never receives the token, and is not believed, where no state file is: it %s', async (_, answer) => {
    const seen = await portHolder(answer);
    for (const argv of [['advice'], ['advice', '--export'], ['actions']]) {
      const ran = await ask(...argv);
      expect(ran).toMatchObject({ code: 1, out: '' });
      expect(ran.err).toContain('did not prove that it knows the token');
    }
    await expect(readDaemon(at())).rejects.toThrow('UNPROVEN');
    await ask('health');
    expect(seen.length).toBeGreaterThan(3);
    expect(seen.join('\n')).not.toContain(token);
    expect(seen.join('\n').toLowerCase()).not.toContain('bearer');
  });

  test('hears of the default address, but gets no secret from a folder', async () => {
    const seen = await portHolder((_, response) => response.end('{"advice":[]}'));
    const hostile = `listen: { address: "127.0.0.1:${port}", token: "\${GITHUB_TOKEN}" }\n${threeMirrors().replace(/^listen:.*\n/m, '')}`;
    writeFileSync(join(folder, 'mirrorwatch.yaml'), hostile);
    const env = { GITHUB_TOKEN: 'ghp_1234567890' };
    for (const argv of [['advice', '--export'], ['health'], ['actions'], ['explain', 'ECONNRESET']]) {
      const ran = await run(argv, { cwd: folder, env });
      if (argv[0] !== 'explain') expect(ran.err).toContain('mirrorwatch.yaml in this folder is not used');
    }
    expect(seen).toEqual([]);
  });
});

describe('a proof instead of the token', () => {
  const prove = async (path: string, method: 'GET' | 'POST' = 'GET', body: string | null = null) => {
    const { url, headers } = await prepareAccess(at(), { method, path, body }, 5_000);
    return { url, headers: { ...headers, 'content-type': 'application/json' }, method, body, limitMs: 5_000 };
  };
  const heads: IncomingMessage['headers'][] = [];
  beforeEach(async () => {
    const app = api();
    await serve((request, response) => {
      heads.push(request.headers);
      app(request, response);
    });
  });

  test('opens the API to the command line and the front door', async () => {
    expect((await ask('advice')).out).toContain('go/go');
    const paused = await ask('pause', 'coast', '--for', '1h', '--reason', 'x');
    expect(paused).toMatchObject({ code: 0 });
    let upstreams = 0;
    const nothing = () => undefined;
    const known = (all: ReadonlyMap<string, unknown>): void => {
      upstreams = all.size;
    };
    const follower = followDaemon(at(), { known, doubted: nothing, lost: nothing }, systemTimers);
    ends.push(() => follower.close());
    await until(
      'the lists are read',
      () => upstreams,
      (count) => count > 0,
    );
    expect(JSON.stringify(heads)).not.toContain(token);
  });

  test('is for one request, once', async () => {
    const request = await prove('/api/v1/mirrors');
    expect((await exchangeOnce(request)).status).toBe(200);
    expect((await exchangeOnce(request)).status).toBe(401);
    const other = await prove('/api/v1/mirrors');
    expect((await exchangeOnce({ ...other, url: `${at().url}/api/v1/advice` })).status).toBe(401);
    const posted = await prove('/api/v1/mirrors/coast/pause', 'POST', '{"for":"1h"}');
    expect((await exchangeOnce({ ...posted, body: '{"for":"24h"}' })).status).toBe(401);
    const bare = await prove('/api/v1/mirrors/coast/pause', 'POST', '{"for":"1h"}');
    expect((await exchangeOnce({ ...bare, body: null })).status).toBe(401);
    const wrong = { ...at(), token: new Secret('another-token') };
    await expect(readDaemon(wrong)).rejects.toThrow('status 401');
  });

  test('of the daemon covers body, status and the headers that decide', async () => {
    const path = '/api/v1/advice/go/remedy';
    const { verify, ...access } = await prepareAccess(at(), { method: 'GET', path }, 5_000);
    const response = await exchangeOnce({ ...access, method: 'GET', body: null, limitMs: 5_000 });
    const { status, headers, text } = response;
    expect(() => verify(response, text)).not.toThrow();
    expect(() => verify(response, `${text} `)).toThrow('UNPROVEN');
    expect(() => verify({ headers, status: status === 200 ? 204 : 200 }, text)).toThrow('UNPROVEN');
    expect(() => verify({ status, headers: { ...headers, 'x-advice-over': 'true' } }, text)).toThrow('UNPROVEN');
    expect(() => verify(response, null)).toThrow('UNPROVEN');
    rmSync(file);
  });
});
