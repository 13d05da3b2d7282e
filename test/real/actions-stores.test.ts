import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ActionDeed } from '../../src/core/action.ts';
import { Secret } from '../../src/core/secret.ts';
import { systemClock } from '../../src/io/clock.ts';
import { createPost } from '../../src/io/post.ts';
import { systemTimers } from '../../src/io/timers.ts';
import { type Etcd, startEtcd } from '../support/etcd.ts';
import { tempDir } from '../support/paths.ts';
import { freePort } from '../support/ports.ts';
import { real } from '../support/requires.ts';
import { type ScriptedStore, startScriptedStore } from '../support/scripted-store.ts';
import { acting } from '../unit/features/actions/acting.ts';
import { adviceTo } from '../unit/features/actions/advice.ts';

const post = createPost({ clock: systemClock, timers: systemTimers });
let folder = '';
beforeEach(() => {
  folder = tempDir('stores');
});

type Http = Extract<ActionDeed, { kind: 'http' }>;
const deedOf = (url: string, over: Partial<Http> = {}): Http => ({
  kind: 'http',
  url: new Secret(url),
  method: 'POST',
  headers: {},
  body: { store: 'etcd' },
  key: null,
  as: null,
  allow: [],
  ...over,
});

real('etcd, the real one', ['etcd'], () => {
  let etcd: Etcd;
  beforeAll(async () => {
    etcd = await startEtcd();
  });
  afterAll(() => etcd.close());
  const put = (key: string, value: string) => etcd.put(key, value);
  const get = (key: string) => etcd.get(key);
  const deed = (key: string, over: Partial<Http> = {}) => deedOf(`${etcd.url}/v3/kv/txn`, { key, ...over });

  it('sets a key that has a value, once, and sets it back', async () => {
    await put('/a', 'https://a.example.com,direct');
    const one = acting(folder, deed('/a'), adviceTo(), { post });
    expect(await one.step('prepare')).toMatchObject({
      tag: 'ok',
      output: expect.stringContaining('+https://b.example.net|direct'),
    });
    expect(await get('/a')).toEqual({ value: 'https://a.example.com,direct', version: '1' });
    expect(await one.step('act')).toMatchObject({ tag: 'ok' });
    expect(await get('/a')).toEqual({ value: 'https://b.example.net|direct', version: '2' });
    // As after a kill before it was recorded.
    expect(await one.step('act')).toMatchObject({ tag: 'ok' });
    expect((await get('/a'))?.version).toBe('2');
    expect(await one.step('undo')).toMatchObject({ tag: 'ok' });
    expect(await get('/a')).toEqual({ value: 'https://a.example.com,direct', version: '3' });
    expect(await one.step('undo')).toMatchObject({ tag: 'ok' });
    expect((await get('/a'))?.version).toBe('3');
  });
  it('makes a key that is not there, and removes it', async () => {
    const one = acting(folder, deed('/b', { as: 'env' }), adviceTo(), { post });
    await one.step('prepare');
    await one.step('act');
    expect((await get('/b'))?.value).toBe('GOPROXY=https://b.example.net|direct\n');
    await one.step('undo');
    expect(await get('/b')).toBeNull();
  });
  it('sets nothing over a value that came between its read and its write', async () => {
    await put('/c', 'first');
    let isLate = true;
    const racing = {
      async send(message: Parameters<typeof post.send>[0]) {
        if (isLate && message.body.includes('request_put')) await put('/c', 'somebody else');
        return post.send(message);
      },
    };
    const one = acting(folder, deed('/c'), adviceTo(), { post: racing });
    expect(await one.step('act')).toMatchObject({ tag: 'failed', retry: true, because: { key: 'acted.otherValue' } });
    expect((await get('/c'))?.value).toBe('somebody else');
    isLate = false;
    expect(await one.step('act')).toMatchObject({ tag: 'ok' });
    await put('/c', 'mine');
    expect(await one.step('undo')).toMatchObject({
      tag: 'failed',
      retry: false,
      because: { key: 'acted.changedSince' },
    });
    expect((await get('/c'))?.value).toBe('mine');
  });
  it('fails where nothing answers, and may be tried again', async () => {
    const gone = deedOf(`http://127.0.0.1:${await freePort()}/v3/kv/txn`, { key: '/d' });
    expect(await acting(folder, gone, adviceTo(), { post }).step('act')).toMatchObject({ tag: 'failed', retry: true });
    const other = deedOf(`${etcd.url}/version`, { key: '/d' });
    expect(await acting(folder, other, adviceTo(), { post }).step('act')).toMatchObject({ tag: 'failed' });
  });
});

describe('stores by recorded exchanges', () => {
  let store: ScriptedStore;
  beforeEach(async () => {
    store = await startScriptedStore();
  });
  afterEach(() => store.close());

  it('Consul: the index that was read is compared', async () => {
    const value = (text: string, index: number) =>
      JSON.stringify([
        {
          LockIndex: 0,
          Key: 'ci/go',
          Flags: 0,
          Value: Buffer.from(text).toString('base64'),
          CreateIndex: 7,
          ModifyIndex: index,
        },
      ]);
    store.answers(
      [200, value('old', 41)],
      [200, value('old', 41)],
      [200, 'true'],
      [200, value('https://b.example.net|direct', 42)],
      [200, 'true'],
    );
    const one = acting(
      folder,
      deedOf(`${store.url}/v1/kv/ci/go`, { body: { store: 'consul' }, headers: { 'x-consul-token': new Secret('t') } }),
      adviceTo(),
      { post },
    );
    await one.step('prepare');
    expect(await one.step('act')).toMatchObject({ tag: 'ok' });
    expect(await one.step('undo')).toMatchObject({ tag: 'ok' });
    expect(store.asked.map(({ line, body }) => [line, body])).toEqual([
      ['GET /v1/kv/ci/go', ''],
      ['GET /v1/kv/ci/go', ''],
      ['PUT /v1/kv/ci/go?cas=41', 'https://b.example.net|direct'],
      ['GET /v1/kv/ci/go', ''],
      ['PUT /v1/kv/ci/go?cas=42', 'old'],
    ]);
    expect(store.asked.every(({ headers }) => headers['x-consul-token'] === 't')).toBe(true);
  });
  it('Consul: `false` is another value, 404 is none', async () => {
    store.answers([404, ''], [200, 'false']);
    const one = acting(folder, deedOf(`${store.url}/v1/kv/x`, { body: { store: 'consul' } }), adviceTo(), { post });
    expect(await one.step('act')).toMatchObject({ tag: 'failed', retry: true, because: { key: 'acted.otherValue' } });
    expect(store.asked.at(-1)?.line).toBe('PUT /v1/kv/x?cas=0');
  });
  it.each<[string, number, string]>([
    ['404 may be a server that still starts', 404, 'config data not exist'],
    ['a value that is too long', 200, 'x'.repeat(1_100_000)],
    ['a value that is no UTF-8', 200, '\uFFFD'],
  ])('Nacos: nothing is written over what was not read: %s', async (_, status, body) => {
    store.answers([status, body], [200, 'true']);
    const deed = deedOf(`${store.url}/nacos/v1/cs/configs?dataId=x`, { body: { store: 'nacos' } });
    expect(await acting(folder, deed, adviceTo(), { post }).step('act')).toMatchObject({ tag: 'failed', retry: true });
    expect(store.asked).toHaveLength(1);
  });
  it('Nacos: a long value is read whole, one that breaks off is none', async () => {
    const long = 'x'.repeat(200_000);
    store.answers([200, long], [200, 'true']);
    const deed = deedOf(`${store.url}/nacos/v1/cs/configs?dataId=x`, { body: { store: 'nacos' } });
    const one = acting(folder, deed, adviceTo(), { post });
    expect(await one.step('act')).toMatchObject({ tag: 'ok', kept: { before: long } });
    store.answers([200, 'old', { 'content-length': '9', connection: 'close' }], [200, 'true']);
    expect(await acting(folder, deed, adviceTo(), { post }).step('act')).toMatchObject({ tag: 'failed', retry: true });
    expect(store.asked).toHaveLength(3);
  });
  it('a request ends with the daemon', async () => {
    const deed = deedOf(`${store.url}/v1/kv/ci/go`, { body: { store: 'consul' } });
    const one = acting(folder, deed, adviceTo(), { post, timeoutMs: 60_000 });
    store.answers([0, '']);
    const end = one.step('act');
    await expect.poll(() => store.asked.length).toBe(1);
    await one.actor.close();
    expect(await end).toMatchObject({ tag: 'failed' });
  });
  it('Nacos: the MD5 of what was read is compared', async () => {
    store.answers([200, 'old'], [200, 'true']);
    const url = `${store.url}/nacos/v1/cs/configs?dataId=go.proxy&group=CI`;
    const one = acting(folder, deedOf(url, { body: { store: 'nacos' } }), adviceTo(), { post });
    expect(await one.step('act')).toMatchObject({ tag: 'ok' });
    const [read, write] = store.asked;
    expect(read?.line).toBe('GET /nacos/v1/cs/configs?dataId=go.proxy&group=CI');
    expect(write?.line).toBe('POST /nacos/v1/cs/configs');
    expect(Object.fromEntries(new URLSearchParams(write?.body))).toEqual({
      dataId: 'go.proxy',
      group: 'CI',
      content: 'https://b.example.net|direct',
    });
    expect(write?.headers['casmd5']).toBe('149603e6c03516362a8da23f624db945');
  });
});

describe('a body of the operator', () => {
  it('is filled in, escaped in JSON, sent with the id, and back with the mirrors the other way round', async () => {
    const store = await startScriptedStore();
    store.answers([200, '{"sent":"a token"}'], [204, '']);
    const body = { template: new Secret('{"chain":"{{chain}}","to":"{{to}}","why":"{{cause}}"}') };
    const advice = adviceTo({ to: 'b","admin":"x\r\nX-Evil: 1' });
    const one = acting(folder, deedOf(`${store.url}/set`, { body, method: 'PUT' }), advice, { post });
    expect(await one.step('act')).toMatchObject({ tag: 'ok', output: 'HTTP 200' });
    expect(await one.step('undo')).toMatchObject({ tag: 'ok' });
    expect(store.asked.map(({ line, body: text }) => [line, JSON.parse(text)])).toEqual([
      ['PUT /set', { chain: 'https://b.example.net|direct', to: advice.to, why: 'outage' }],
      ['PUT /set', { chain: 'https://a.example.com,direct', to: 'a', why: 'outage' }],
    ]);
    expect(store.asked.map(({ headers }) => [headers['idempotency-key'], headers['x-evil']])).toEqual([
      ['advice00000000000001.ci.act', undefined],
      ['advice00000000000001.ci.undo', undefined],
    ]);
    await store.close();
  });
  it('follows no redirect, and allows of private addresses only what the operator wrote', async () => {
    const store = await startScriptedStore();
    store.answers([302, '', { location: 'http://127.0.0.1:1/' }]);
    const allowed: (readonly string[])[] = [];
    const seen = {
      send(message: Parameters<typeof post.send>[0]) {
        allowed.push(message.allow);
        return post.send(message);
      },
    };
    const body = { template: new Secret('x') };
    const act = (url: string, allow: readonly string[] = []) =>
      acting(folder, deedOf(url, { body, allow }), adviceTo(), { post: seen }).step('act');
    expect(await act(store.url)).toMatchObject({ tag: 'failed', because: { values: { why: 'redirect' } } });
    await act('http://kv.mirrorwatch.invalid/');
    await act('http://kv.mirrorwatch.invalid/', ['10.0.0.0/8']);
    expect(allowed).toEqual([['127.0.0.1'], [], ['10.0.0.0/8']]);
    await store.close();
  });
});
