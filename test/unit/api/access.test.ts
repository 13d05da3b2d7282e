import { describe, expect, it } from 'vitest';
import type { ApiDeps } from '../../../src/api/deps.ts';
import { routes } from '../../../src/api/problem.ts';
import type { Listen } from '../../../src/core/config.ts';
import { Secret } from '../../../src/core/secret.ts';
import { createTrends } from '../../../src/state/trend.ts';
import { table } from '../../support/table.ts';
import { fixtureConfig, nowMs } from './fixture-config.ts';
import { fixture } from './fixture-deps.ts';
import { serveFixture, serveInTest } from './serve-fixture.ts';
import type { Asked } from './server.ts';

const token = 'a-token-of-the-test';
const basic = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`;
const listens = {
  'on loopback': { host: '127.0.0.1', port: 10120, token: null, tls: null },
  'on loopback with a token': { host: '127.0.0.1', port: 10120, token: new Secret(token), tls: null },
  'off loopback': { host: '0.0.0.0', port: 10120, token: new Secret(token), tls: null },
  // The configuration refuses this; if it ever came through, nobody would get in.
  'off loopback without a token': { host: '0.0.0.0', port: 10120, token: null, tls: null },
} as const satisfies Record<string, Listen>;
type Where = keyof typeof listens;

const froms = {
  'a program': {},
  'its own page': { 'sec-fetch-site': 'same-origin', origin: 'http://127.0.0.1:10120', host: '127.0.0.1:10120' },
  'a typed address': { 'sec-fetch-site': 'none' },
  'another site': { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example.com' },
  'another port of this host': { 'sec-fetch-site': 'same-site', origin: 'http://127.0.0.1:9', host: '127.0.0.1:10120' },
  'a foreign Origin alone': { origin: 'https://evil.example.com' },
  'an opaque Origin': { origin: 'null' },
  'a rebound name': { host: 'evil.example.com:10120' },
  'a rebound name of its own origin': { host: 'evil.example.com:10120', origin: 'http://evil.example.com:10120' },
  'no usable Host': { host: 'not a host' },
} as const satisfies Record<string, Record<string, string>>;
type From = keyof typeof froms;
/** Those that call us by a name that is not ours: DNS rebinding reads as well as it writes. */
const misnamed: ReadonlySet<From> = new Set<From>([
  'a rebound name',
  'a rebound name of its own origin',
  'no usable Host',
]);
const own: ReadonlySet<From> = new Set<From>(['a program', 'its own page', 'a typed address']);

const tokens = {
  none: {},
  right: { authorization: `Bearer ${token}` },
  wrong: { authorization: 'Bearer not-it' },
  'right as password': { authorization: basic(`anyone:${token}`) },
  'wrong as password': { authorization: basic('anyone:not-it') },
  'right as name': { authorization: basic(`${token}:`) },
  'no scheme': { authorization: token },
} as const satisfies Record<string, Record<string, string>>;
type Token = keyof typeof tokens;

const open: ReadonlySet<string> = new Set(['/-/healthy', '/-/ready']);

/** The rule of docs/operations.md#http, in one place: what a request is answered with by the guard, `null` when let in. */
function wanted(where: Where, from: From, given: Token, method: string, path: string): 401 | 403 | null {
  if (open.has(path)) return null;
  // Alerts need a token everywhere, and never as a password: the listen token here, `alertmanager.token` further below.
  if (path === '/api/v1/alertmanager') return given === 'right' && listens[where].token !== null ? null : 401;
  if (where !== 'on loopback') {
    const isRight = given === 'right' || (given === 'right as password' && method === 'GET');
    return isRight && where !== 'off loopback without a token' ? null : 401;
  }
  if (misnamed.has(from)) return 403;
  return method === 'GET' || own.has(from) ? null : 403;
}

/** Nothing was watched yet: thousands of requests draw charts, and only whether they are let in is asked. */
const trend: ApiDeps['trend'] = (registry, range) =>
  nothingWatched.of(registry, range, { wallMs: nowMs, monotonicMs: 0 });
const nothingWatched = createTrends(fixtureConfig, []);

const asked = routes
  .filter(([, path]) => path !== '/api/v1/events')
  .map(
    ([method, path]) =>
      [method, path.replace('{name}', 'coast').replace('{ecosystem}', 'go').replace('{id}', 'x')] as const,
  );

describe.each(Object.keys(listens) as Where[])('listening %s', (where) => {
  it.each(Object.keys(froms) as From[])('each route × token, asked from %s', async (from) => {
    const { deps, asked: done } = fixture({ configWith: { listen: listens[where] } });
    const served = await serveInTest({ ...deps, trend });
    const seen: string[] = [];
    const want: string[] = [];
    for (const [method, path] of asked) {
      for (const given of Object.keys(tokens) as Token[]) {
        const before = done.length;
        const request: Asked = { method, headers: { ...froms[from], ...tokens[given] } };
        const reply = await served.ask(path, request);
        const refused = reply.status === 401 || reply.status === 403 ? reply.status : null;
        seen.push(`${method} ${path}, token ${given}: ${refused}`);
        want.push(`${method} ${path}, token ${given}: ${wanted(where, from, given, method, path)}`);
        if (refused !== null) expect(done.length, 'nothing was done for a refused request').toBe(before);
      }
    }
    expect(seen).toEqual(want);
  });
});

describe('what a refusal says', () => {
  it('401 names both ways in, and never the token', async () => {
    const served = await serveFixture({ configWith: { listen: listens['off loopback'] } });
    const reply = await served.ask('/');
    expect(reply.headers['www-authenticate']).toBe(
      'Bearer realm="mirrorwatch", Basic realm="mirrorwatch: any name, the token as password"',
    );
    expect(reply.text).not.toContain(token);
  });
  it('a wrong token is said to be wrong', async () => {
    const served = await serveFixture({ configWith: { listen: listens['off loopback'] } });
    const headers = { authorization: 'Bearer of-somebody-else' };
    expect((await served.ask('/api/v1/mirrors', { headers })).text).toContain('The token of the request is wrong');
    expect((await served.ask('/api/v1/mirrors')).text).not.toContain('is wrong');
  });
  it('the event stream is guarded as every read is', async () => {
    const served = await serveFixture({ configWith: { listen: listens['off loopback'] } });
    expect((await served.ask('/api/v1/events')).status).toBe(401);
  });
});

describe('names by which it may be asked on loopback', () => {
  const hosts = ['mirrorwatch', 'metrics.example.com', '10.1.2.3', 'fd00::7'];
  it.each(table<[string, number][]>('unit/api/access', 'Host: %s is %i, for the page, the API and metrics alike'))(
    'Host: %s is %i, for the page, the API and metrics alike',
    async (host, status) => {
      const served = await serveFixture({ configWith: { listen: { ...listens['on loopback'], hosts } } });
      for (const path of ['/', '/metrics', '/api/v1/mirrors', '/api/v1/advice/go/remedy', '/page.css']) {
        const reply = await served.ask(path, { headers: { host } });
        expect([path, reply.status === 204 ? 200 : reply.status]).toEqual([path, status]);
        if (status === 403) expect(reply.text).toContain('listen.hosts');
      }
      for (const path of open) expect((await served.ask(path, { headers: { host } })).status).toBe(200);
    },
  );

  it('with a token the name does not matter: the token is what a rebound page lacks', async () => {
    const served = await serveFixture({ configWith: { listen: listens['off loopback'] } });
    const headers = { host: 'mirrorwatch.example.com', ...tokens.right };
    expect((await served.ask('/metrics', { headers })).status).toBe(200);
  });
});
