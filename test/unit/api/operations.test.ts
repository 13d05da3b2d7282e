import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { Ready, ReloadOutcome } from '../../../src/api/deps.ts';
import { table } from '../../support/table.ts';
import { faultsOf, schemaOf } from './openapi.ts';
import { serveFixture } from './serve-fixture.ts';

describe('/metrics', () => {
  it.each([
    ['text/plain', 'text/plain; version=0.0.4; charset=utf-8'],
    ['application/openmetrics-text; version=1.0.0', 'application/openmetrics-text; version=1.0.0; charset=utf-8'],
  ])('the exporter is asked with Accept: %s, and its type is sent as it is', async (accept, type) => {
    const reply = await (await serveFixture()).ask('/metrics', { headers: { accept } });
    expect([reply.status, reply.headers['content-type'], reply.headers.vary]).toEqual([
      200,
      type,
      'accept, accept-encoding',
    ]);
  });
  it.each<[string | undefined, boolean]>([
    [undefined, false],
    ['identity', false],
    ['gzip', true],
    ['gzip, deflate, br', true],
    ['br;q=1.0, gzip;q=0.5', true],
    ['gzip;q=0', false],
    ['gzip; q=0.000', false],
    ['gzip;q=0.001', true],
    ['xgzip', false],
  ])('Accept-Encoding: %s, compressed %s', async (encoding, is) => {
    const { ask } = await serveFixture();
    const plain = await ask('/metrics');
    const reply = await ask('/metrics', encoding === undefined ? {} : { headers: { 'accept-encoding': encoding } });
    expect(reply.headers['content-encoding']).toBe(is ? 'gzip' : undefined);
    expect(is ? gunzipSync(reply.bytes).toString() : reply.text).toBe(plain.text);
  });
});

describe('healthy, ready', () => {
  const upAt: Ready = { ready: true, because: 'up' };
  const starting: Ready = { ready: false, because: 'starting' };
  const draining: Ready = { ready: false, because: 'draining' };
  it.each<[string, Ready, string, number, string]>([
    ['/-/healthy', draining, 'en', 200, 'healthy'],
    ['/-/healthy', draining, 'zh', 200, 'healthy'],
    ['/-/ready', upAt, 'en', 200, 'configuration, state, workers and listener are up'],
    ['/-/ready', starting, 'en', 503, 'starting'],
    ['/-/ready', draining, 'en', 503, 'draining'],
    ['/-/ready', upAt, 'zh', 200, '配置、状态、工作线程和监听均已就绪'],
    ['/-/ready', starting, 'zh', 503, '正在启动'],
    ['/-/ready', draining, 'zh', 503, '正在停止'],
  ])('%s while ready is %j, in %s: %i %s', async (path, ready, language, status, text) => {
    const { ask } = await serveFixture({ ready: () => ready });
    const reply = await ask(path, { headers: { 'accept-language': language } });
    expect([reply.status, reply.text]).toEqual([status, `${text}\n`]);
  });
});

it.each([
  ['en', 'configuration, workers and listener are up, but the state cannot be stored: the disk is full'],
  ['zh', '配置、工作线程和监听均已就绪，但状态无法保存：磁盘已满'],
])('/-/ready while the state cannot be stored, in %s: 200, and why', async (language, text) => {
  const { ask } = await serveFixture({ stateTrouble: () => 'full' });
  const reply = await ask('/-/ready', { headers: { 'accept-language': language } });
  expect([reply.status, reply.text]).toEqual([200, `${text}\n`]);
});

describe('/-/reload', () => {
  it.each(table<[string, ReloadOutcome, number, object][]>('unit/api/operations', '/-/reload: %s'))(
    '%s',
    async (_name, outcome, status, body) => {
      const { ask } = await serveFixture({ reload: async () => outcome });
      const reply = await ask('/-/reload', { method: 'POST' });
      expect([reply.status, reply.json()]).toEqual([status, body]);
      const type = String(reply.headers['content-type']).split(';')[0] ?? '';
      expect(faultsOf(schemaOf('/-/reload', 'POST', status, type) ?? false, reply.json())).toBeNull();
    },
  );
});

it.each<[string, number, string]>([
  ['/nowhere', 404, 'Not found'],
  ['/api/v1/nowhere', 404, 'Not found'],
  ['/api/v1/probes/nope', 404, 'Not found'],
  ['/api/v1/probes/%ZZ', 400, 'Bad request'],
  ['/api/v1/mirrors?limit=x', 400, 'Bad request'],
])('problems: %s is problem+json, %i', async (path, status, title) => {
  const reply = await (await serveFixture()).ask(path);
  expect([reply.status, reply.headers['content-type']]).toEqual([status, 'application/problem+json; charset=utf-8']);
  expect(reply.json()).toMatchObject({ type: 'about:blank', title, status });
  expect(faultsOf({ $ref: '#/components/schemas/Problem' }, reply.json())).toBeNull();
});
