import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, describe, expect, test } from 'vitest';
import { Secret } from '../../../../src/core/secret.ts';
import { readStore, readVector } from '../../../../src/features/fleet/store.ts';
import { systemClock } from '../../../../src/io/clock.ts';

// What stores answer: Prometheus, VictoriaMetrics, Thanos and Mimir, and what is none.

const vector = (result: unknown, more: object = {}) =>
  JSON.stringify({ status: 'success', data: { resultType: 'vector', result }, ...more });
const one = { metric: { vantage: 'fra' }, value: [1_772_634_600.5, '1'] };
const read = {
  series: [{ labels: { vantage: 'fra' }, value: 1 }],
  atMs: 1_772_634_600_500,
  isPartial: false,
  warnings: [],
};

describe('a response', () => {
  test.each([
    { name: 'Prometheus', text: vector([one]), wanted: read },
    { name: 'no series', text: vector([]), wanted: { ...read, series: [], atMs: null } },
    {
      name: 'a note of PromQL is no gap',
      text: vector([one], { warnings: ['PromQL info: metric might not be a counter, name does not end in _total'] }),
      wanted: read,
    },
    {
      name: 'Thanos with a store that is out',
      text: vector([one], {
        warnings: ['No StoreAPIs matched for this query', 'receive series from Addr: sgp:10901: rpc error'],
      }),
      wanted: {
        ...read,
        isPartial: true,
        warnings: ['No StoreAPIs matched for this query', 'receive series from Addr: sgp:10901: rpc error'],
      },
    },
    {
      name: 'VictoriaMetrics with a node that is out',
      text: vector([one], { isPartial: true }),
      wanted: { ...read, isPartial: true, warnings: ['isPartial'] },
    },
    {
      name: 'NaN stays NaN',
      text: vector([{ ...one, value: [1_772_634_600.5, 'NaN'] }]),
      wanted: { ...read, series: [{ labels: { vantage: 'fra' }, value: Number.NaN }] },
    },
  ])('$name', ({ text, wanted }) => expect(readVector(200, text)).toEqual({ tag: 'ok', value: wanted }));

  test.each([
    {
      name: 'an error of PromQL',
      status: 422,
      text: '{"status":"error","errorType":"execution","error":"too many samples"}',
      why: 'too many samples',
    },
    { name: 'a login page', status: 200, text: '<html>', why: 'status 200, not JSON' },
    { name: 'a refusal', status: 401, text: '<html>', why: 'status 401' },
    { name: 'null', status: 200, text: 'null', why: 'status 200' },
    {
      name: 'a matrix',
      status: 200,
      text: '{"status":"success","data":{"resultType":"matrix","result":[]}}',
      why: 'no vector',
    },
    {
      name: 'a series of another form',
      status: 200,
      text: vector([{ metric: {}, value: [1] }]),
      why: 'series of another form',
    },
    { name: 'no series', status: 200, text: vector([null]), why: 'series of another form' },
    {
      name: 'a series without labels',
      status: 200,
      text: vector([{ value: [1, '1'] }]),
      why: 'series of another form',
    },
  ])('$name is a failure', ({ status, text, why }) =>
    expect(readVector(status, text)).toEqual({ tag: 'error', error: why }),
  );
});

describe('a look', async () => {
  const seen: { readonly query: string; readonly headers: Readonly<Record<string, unknown>> }[] = [];
  let answer: (query: string) => { readonly status: number; readonly text: string } | null = () => null;
  const server = createServer((request, response) => {
    const query = new URL(request.url ?? '', 'http://store').searchParams.get('query') ?? '';
    seen.push({ query, headers: request.headers });
    const given = answer(query);
    if (given === null) return; // never
    response.statusCode = given.status;
    response.end(given.text);
  });

  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  const at = {
    url: `http://127.0.0.1:${port}/select/0/prometheus`,
    headers: { 'x-scope-orgid': new Secret('team') },
    token: new Secret('abc'),
    tls: {},
    limitMs: 60_000,
  };
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  test('sends tenant and token with every query, and reads raw metrics where nothing is recorded', async () => {
    seen.length = 0;
    answer = (query) => ({
      status: 200,
      text: vector(query.startsWith('registry') || query.startsWith('place:') ? [] : [one]),
    });
    const found = await readStore(at, systemClock);
    expect(found.tag).toBe('ok');
    expect(seen.map(({ headers }) => [headers['x-scope-orgid'], headers['authorization']])).toEqual(
      seen.map(() => ['team', 'Bearer abc']),
    );
    expect(seen.filter(({ query }) => /^(max by|histogram_quantile)/.test(query))).toHaveLength(2);
  });

  test('reads what is recorded in place of what costs many samples', async () => {
    seen.length = 0;
    answer = () => ({ status: 200, text: vector([one]) });
    await readStore(at, systemClock);
    expect(seen).toHaveLength(6);
  });

  test('without times there is a picture with a warning', async () => {
    answer = (query) =>
      query.includes('rtt_seconds')
        ? { status: 422, text: '{"status":"error","error":"too many samples"}' }
        : { status: 200, text: vector([one]) };
    const found = await readStore(at, systemClock);
    expect(found).toMatchObject({ tag: 'ok', value: { p95s: [], isPartial: false, warnings: ['too many samples'] } });
  });

  test.each([
    { name: 'a store that refuses', given: { status: 401, text: 'no' }, why: 'status 401' },
    { name: 'a store without us', given: { status: 200, text: vector([]) }, why: 'no series of mirrorwatch' },
  ])('$name is no picture', async ({ given, why }) => {
    answer = () => given;
    expect(await readStore(at, systemClock)).toEqual({ tag: 'error', error: why });
  });

  test('one deadline for all queries', async () => {
    answer = () => null;
    expect(await readStore({ ...at, limitMs: 20 }, systemClock)).toEqual({ tag: 'error', error: 'ETIMEDOUT' });
  });

  test('a hostile store is read for so many bytes and no more, of all queries together', async () => {
    answer = () => ({ status: 200, text: ' '.repeat(33 * 1024 * 1024) });
    expect(await readStore(at, systemClock)).toEqual({ tag: 'error', error: 'more than 32 MiB or 2500000 values' });
  });

  test.each([
    { name: 'nested lists', text: '['.repeat(3_000_000) },
    { name: 'empty objects', text: vector([]).replace('[]', `[${'{},'.repeat(1_500_000)}{}]`) },
  ])('a hostile store is not parsed where short bytes would take much memory: $name', async ({ text }) => {
    answer = () => ({ status: 200, text });
    expect(await readStore(at, systemClock)).toEqual({ tag: 'error', error: 'more than 32 MiB or 2500000 values' });
  });

  test.each([
    { name: 'places', why: 'more than 2000 places', labels: (at: number) => ({ vantage: `p${at}` }), count: 2001 },
    {
      name: 'cells',
      why: 'more than 100000 cells',
      labels: (at: number) => ({ vantage: `p${at}`, registry: `m${at}` }),
      count: 317,
    },
  ])('too many $name are no picture', async ({ why, labels, count }) => {
    const text = vector(Array.from({ length: count }, (_, at) => ({ ...one, metric: labels(at) })));
    answer = () => ({ status: 200, text });
    expect(await readStore(at, systemClock)).toEqual({ tag: 'error', error: why });
  });

  test('no server listens', async () =>
    expect(await readStore({ ...at, url: 'http://127.0.0.1:1' }, systemClock)).toEqual({
      tag: 'error',
      error: 'ECONNREFUSED',
    }));
});

test('a hostile store that copies the token into its response shows it to no reader of the page', async () => {
  const token = 'Qx7-9aZkLm31vTypBn4e';
  const heard: string[] = [];
  const server = createServer((request, response) => {
    const echo = [...Object.values(request.headers), Buffer.from(token).toString('base64')].join(' ');
    heard.push(echo);
    const series = [{ ...one, metric: { vantage: echo.slice(0, 2000) } }];
    response.end(
      heard.length % 2 === 0 ? JSON.stringify({ status: 'error', error: echo }) : vector(series, { warnings: [echo] }),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const secret = { headers: { 'x-api-key': new Secret('Zk31-vTypBn4e') }, token: new Secret(token) };
  const reads = [];
  for (let time = 0; time < 4; time += 1)
    reads.push(await readStore({ url, tls: {}, limitMs: 5_000, ...secret }, systemClock));
  server.close();
  expect(heard[0]).toContain(token);
  expect(JSON.stringify(reads)).toContain('***');
  for (const form of [token, Buffer.from(token).toString('base64').replace(/=+$/, ''), 'Zk31-vTypBn4e'])
    expect(JSON.stringify(reads)).not.toContain(form);
});
