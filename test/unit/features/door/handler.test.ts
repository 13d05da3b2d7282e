import { connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { routesOf } from '../../../../src/config/door-routes.ts';
import { limits } from '../../../../src/core/limits.ts';
import { Secret } from '../../../../src/core/secret.ts';
import type { PassDeps } from '../../../../src/features/door/pass.ts';
import { systemTimers } from '../../../../src/io/timers.ts';
import { doorConfig } from './config.ts';
import { closeAll, openHandler } from './open-handler.ts';

const routes = routesOf(doorConfig());
/** Its mirrors are elsewhere: nothing is requested of them. */
const pass: PassDeps = {
  passages: {
    open: () => Promise.reject(new Error('not here')),
    isAwaited: () => false,
    close: () => Promise.resolve(),
  },
  timers: systemTimers,
  accessOf: () => null,
  usualMs: () => null,
  held: { bytes: 0 },
  unread: new Map(),
  pending: new Set(),
  nowMs: () => 0,
};
const open = (change: Parameters<typeof openHandler>[1] = {}) => openHandler(doorConfig(), { pass, ...change });
afterEach(closeAll);

describe('the front door', () => {
  it('redirects GET and HEAD to the first mirror of the order, path for path', async () => {
    const { get, lines } = await open();
    const got = await get('/go/rsc.io/quote/@v/v1.5.2.mod');
    expect([got.status, got.headers['location'], got.text]).toEqual([
      302,
      'https://near.example.com/goproxy/rsc.io/quote/@v/v1.5.2.mod',
      '',
    ]);
    expect((await get('/npm/@babel%2fcore', 'HEAD')).headers['location']).toBe(
      'https://npm.example.com/registry/@babel%2fcore',
    );
    expect((await get('/pypi/simple/six/')).headers['location']).toBe('https://pypi.example.com/simple/six/');
    expect((await get('/http/debian/dists/bookworm/InRelease')).headers['location']).toBe(
      'https://files.example.com/debian/dists/bookworm/InRelease',
    );
    expect(lines[0]).toMatchObject({
      client: '127.0.0.1',
      ecosystem: 'go',
      module: 'rsc.io/quote',
      registry: 'near',
      outcome: 'redirected',
      why: 'declared',
    });
  });

  it('never shows the credentials of a mirror', async () => {
    const orders = new Map(routes.map(({ key }) => [key, { names: ['far'], why: 'advice x' }]));
    const { get } = await open({ following: { orders } });
    const got = await get('/go/rsc.io/quote/@v/list');
    expect(got.headers['location']).toBe('https://far.example.com/rsc.io/quote/@v/list');
    expect(JSON.stringify(got)).not.toMatch(/robot|hunter2/);
  });

  it('passes over a mirror in doubt', async () => {
    const { get, lines } = await open({ following: { doubts: new Set(['near']) } });
    expect((await get('/go/rsc.io/quote/@v/v1.5.2.zip')).headers['location']).toMatch(/^https:\/\/far\./);
    expect(lines[0]).toMatchObject({ registry: 'far', why: 'near in doubt' });
  });

  it('keeps a client of files at its mirror, but not at one that fails', async () => {
    const ordered = (...names: string[]) => new Map([['http/debian', { names, why: 'declared' }]]);
    const { get, lines, deps } = await open({ following: { orders: ordered('debian-near', 'debian-far') } });
    const path = '/http/debian/dists/bookworm/InRelease';
    await get(path);
    Object.assign(deps.following, { orders: ordered('debian-far', 'debian-near') });
    await get(path);
    Object.assign(deps.following, { failing: new Set(['debian-near']) });
    await get(path);
    expect(lines.map(({ registry, why }) => [registry, why])).toEqual([
      ['debian-near', 'declared'],
      ['debian-near', 'stays'],
      ['debian-far', 'declared'],
    ]);
  });

  it.each(['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE'])('refuses %s', async (method) => {
    const { get } = await open();
    const got = await get('/npm/lodash', method);
    expect([got.status, got.headers['allow']]).toEqual([405, 'GET, HEAD']);
  });

  it('gives nothing to redirect to for what is private, unknown or unsafe', async () => {
    const { get, lines } = await open();
    const statuses = [];
    for (const path of ['/go/git.example.com/a/b/@v/list', '/none', '/go/%2e%2e/@v/list']) {
      const got = await get(path);
      statuses.push([got.status, got.headers['location']]);
    }
    expect(statuses).toEqual([
      [404, undefined],
      [404, undefined],
      [400, undefined],
    ]);
    expect(lines.map(({ outcome }) => outcome)).toEqual(['private', 'not_found', 'refused']);
  });

  it('refuses an absolute target and a split head on the wire', async () => {
    const { port } = await open();
    const sent = (text: string) =>
      new Promise<string>((resolve) => {
        let got = '';
        const socket = connect(port, '127.0.0.1', () => socket.end(text));
        socket.on('data', (piece) => {
          got += String(piece);
        });
        socket.on('close', () => resolve(got));
      });
    const host = 'Host: localhost\r\nConnection: close\r\n\r\n';
    expect(await sent(`GET http://evil.example.com/go/x.y/z/@v/list HTTP/1.1\r\n${host}`)).toMatch(/^HTTP\/1.1 400/);
    expect(await sent(`GET /go/x.y/z/@v/list\r\nLocation:\r\n HTTP/1.1\r\n${host}`)).toMatch(/^HTTP\/1.1 400/);
    expect(await sent(`GET //evil.example.com/@v/list HTTP/1.1\r\n${host}`)).toMatch(/^HTTP\/1.1 400/);
  });

  it('limits each client, and says when the next request may come', async () => {
    const { get, lines } = await open({ perMinute: 2 });
    const got = [await get('/npm/lodash'), await get('/npm/lodash'), await get('/npm/lodash')];
    expect(got.map(({ status }) => status)).toEqual([302, 302, 429]);
    expect(Number(got[2]?.headers['retry-after'])).toBeGreaterThan(0);
    expect(lines[2]).toMatchObject({ outcome: 'limited' });
    expect((await get('/-/healthy')).status).toBe(200);
  });

  it('with a token takes it as bearer or password, and lets nothing else in but health', async () => {
    const { get } = await open({ listen: { host: '0.0.0.0', port: 0, token: new Secret('t0ken'), tls: null } });
    const basic = (word: string): string => `Basic ${Buffer.from(`x:${word}`).toString('base64')}`;
    expect((await get('/npm/lodash')).status).toBe(401);
    expect((await get('/metrics')).status).toBe(401);
    expect((await get('/npm/lodash', 'GET', { authorization: basic('other') })).status).toBe(401);
    expect((await get('/npm/lodash', 'GET', { authorization: basic('t0ken') })).status).toBe(302);
    expect((await get('/npm/lodash', 'GET', { authorization: 'Bearer t0ken' })).status).toBe(302);
    expect((await get('/-/ready')).status).toBe(200);
  });

  it('on loopback refuses a foreign Host', async () => {
    const { get } = await open();
    expect((await get('/npm/lodash', 'GET', { host: 'evil.example.com' })).status).toBe(403);
    expect((await get('/npm/lodash', 'GET', { host: 'localhost:1' })).status).toBe(302);
  });

  it('counts by mirror and outcome, from 0', async () => {
    const { get } = await open();
    await get('/npm/lodash');
    const { text } = await get('/metrics');
    expect(text).toContain(
      'mirrorwatch_door_requests_total{ecosystem="npm",registry="npm-near",outcome="redirected"} 1',
    );
    expect(text).toContain('mirrorwatch_door_requests_total{ecosystem="go",registry="near",outcome="redirected"} 0');
    // Under the old name too, with the same values.
    const timesOf = (name: string) =>
      text
        .split('\n')
        .filter((line) => line.startsWith(`${name}_`))
        .map((line) => line.replace(name, ''));
    const times = timesOf('mirrorwatch_door_request_duration_seconds');
    expect(times).toContain('_count{ecosystem="npm",registry="npm-near",outcome="redirected"} 1');
    expect(timesOf('mirrorwatch_door_seconds')).toEqual(times);
    expect(text).toContain('mirrorwatch_door_order_position{ecosystem="go",upstream="go",registry="near"} 1');
  });

  it('is ready until it drains', async () => {
    const { get } = await open({ isReady: () => false });
    expect((await get('/-/ready')).status).toBe(503);
    expect((await get('/-/healthy')).status).toBe(200);
  });
});

it('requests that are refused cannot fill the log, and are counted all the same', async () => {
  const { get, lines, metrics } = await openHandler(doorConfig());
  const count = limits.doorRefusedLinesPerMinute + 20;
  for (let at = 0; at < count; at += 1) await get('/elsewhere');
  expect(lines).toHaveLength(limits.doorRefusedLinesPerMinute);
  expect(await metrics.text()).toContain(`outcome="not_found"} ${count}`);
  await get('/go/rsc.io/quote/@v/list');
  expect(lines.at(-1)).toMatchObject({ outcome: 'redirected' });
});
