import { describe, expect, it } from 'vitest';
import type { ActionDeed } from '../../../../src/core/action.ts';
import type { Post } from '../../../../src/core/notice.ts';
import { Secret } from '../../../../src/core/secret.ts';
import { showStored } from '../../../../src/words/tell.ts';
import { english } from '../../../../src/words/words.ts';
import { acting } from './acting.ts';
import { adviceTo } from './advice.ts';
import { eachFolder } from './each-folder.ts';

const folder = eachFolder();

const httpDeed = (template: string): Extract<ActionDeed, { kind: 'http' }> => ({
  kind: 'http',
  url: new Secret('http://127.0.0.1:1/'),
  method: 'POST',
  headers: {},
  body: { template: new Secret(template) },
  key: null,
  as: null,
  allow: [],
});

describe('a chain with credentials, which advice shows as ***', () => {
  const chain = { before: 'https://a.example.com,direct', after: 'https://***@b.example.net|direct' };
  it.each<[string, ActionDeed]>([
    ['a program', { kind: 'command', argv: ['true'], cwd: '/' }],
    ['a body', httpDeed('{"chain":"{{chain}}"}')],
    ['a store', { ...httpDeed(''), body: { store: 'consul' } }],
  ])('is given to no build by %s', async (_, of) => {
    const post = { send: () => Promise.resolve({ tag: 'delivered' as const, status: 200, receipt: '[]' }) };
    const end = await acting(folder(), of, adviceTo({ chain }), { post }).step('prepare');
    expect(end).toMatchObject({ tag: 'failed', because: { key: 'acted.noForm' } });
  });
});

it('a body of the operator shows what its places are filled in with, and nothing else of it', async () => {
  const one = acting(folder(), httpDeed('{"token":"hunter2","to":"{{to}}","chain":"{{chain}}"}'));
  expect(await one.step('prepare')).toEqual({ tag: 'ok', output: 'to: b\nchain: https://b.example.net|direct' });
});

it.each<[string, ActionDeed, 'prepare' | 'act']>([
  ['a body of the operator', httpDeed('x'), 'act'],
  ['a store', { ...httpDeed(''), body: { store: 'consul' } }, 'prepare'],
])('%s: a refused address is named, with the key that allows it', async (_, of, step) => {
  const failure = { kind: 'forbidden_target', address: '10.0.0.7', retry: 'later' } as const;
  const post: Post = { send: () => Promise.resolve({ tag: 'failed', failure }) };
  const end = await acting(folder(), of, adviceTo(), { post }).step(step);
  expect(end.tag === 'failed' && showStored(end.because, english)).toBe(
    'the request failed: the address 10.0.0.7 is not public; if that is intended, add it or its network to `onAdvice[].http.allow`',
  );
});

it('a value in Consul that was set although its response was lost goes back to what was there then', async () => {
  let value = 'https://before.example.com';
  let isLost = false;
  const post: Post = {
    send: async ({ method, body }) => {
      if (method === 'PUT') value = body;
      if (method === 'PUT' && isLost) return { tag: 'failed', failure: { kind: 'timeout', retry: 'later' } as never };
      const pair = { Value: Buffer.from(value).toString('base64'), ModifyIndex: 7 };
      return { tag: 'delivered', status: 200, receipt: method === 'PUT' ? 'true' : JSON.stringify([pair]) };
    },
  };
  const one = acting(folder(), { ...httpDeed(''), body: { store: 'consul' } }, adviceTo(), { post });
  await one.step('prepare');
  value = 'https://by-hand.example.com';
  isLost = true;
  expect(await one.step('act')).toMatchObject({ tag: 'failed', retry: true });
  isLost = false;
  expect(await one.step('act')).toMatchObject({ tag: 'ok' });
  expect(await one.step('undo')).toMatchObject({
    tag: 'ok',
    output: expect.stringContaining('\n-https://b.example.net|direct\n+https://by-hand.example.com'),
  });
  expect(value).toBe('https://by-hand.example.com');
});

it('an undo in Consul whose response was lost is done: a missing value became an empty one', async () => {
  let value: string | null = null;
  const post: Post = {
    send: async ({ method, body }) => {
      if (method === 'PUT') value = body;
      else if (value === null) return { tag: 'failed', failure: { kind: 'status', status: 404, retry: 'never' } };
      const pair = { Value: Buffer.from(value ?? '').toString('base64'), ModifyIndex: 7 };
      return { tag: 'delivered', status: 200, receipt: method === 'PUT' ? 'true' : JSON.stringify([pair]) };
    },
  };
  const one = acting(folder(), { ...httpDeed(''), body: { store: 'consul' } }, adviceTo(), { post });
  expect(await one.step('act')).toMatchObject({ tag: 'ok' });
  expect(await one.step('undo')).toMatchObject({ tag: 'ok' });
  expect(value).toBe('');
  expect(await one.step('undo')).toMatchObject({ tag: 'ok' });
});

describe('a store that copies the credentials of the request into its response', () => {
  const token = 'Qx7-9aZk~Lm31vTyp/Bn4e';
  const basic = Buffer.from(`robot:${token}`).toString('base64');
  const all = [...token].map((one) => `%${one.charCodeAt(0).toString(16)}`).join('');
  const kept = (text: string): string =>
    JSON.stringify([{ Value: Buffer.from(text).toString('base64'), ModifyIndex: 7 }]);
  it.each<[string, string, string, string]>([
    ['a token', 'x-consul-token', token, kept(`it is ${token}`)],
    ['in base64', 'x-consul-token', token, kept(Buffer.from(token).toString('base64'))],
    ['percent-encoded, each character', 'authorization', `Bearer ${token}`, kept(all)],
    ['of Basic', 'authorization', `Basic ${basic}`, kept(basic)],
    ['the password of Basic', 'authorization', `Basic ${basic}`, kept(token)],
    ['of a cookie', 'cookie', `sid=${token}; path=1`, kept(token)],
  ])('%s: is refused, and nothing of it is shown or stored', async (_, name, value, receipt) => {
    const post: Post = { send: async () => ({ tag: 'delivered', status: 200, receipt }) };
    const deed = { ...httpDeed(''), headers: { [name]: new Secret(value) }, body: { store: 'consul' } } as const;
    const one = acting(folder(), deed, adviceTo(), { post });
    for (const step of ['prepare', 'act'] as const)
      expect(await one.step(step)).toEqual({
        tag: 'failed',
        because: { key: 'acted.echo', values: {} },
        output: '',
        retry: true,
      });
  });

  it.each(['http://robot:Qx7-9aZkLm31@127.0.0.1:1/', 'http://127.0.0.1:1/?token=Qx7-9aZkLm31'])(
    'of its URL: %s',
    async (url) => {
      const post: Post = { send: async () => ({ tag: 'delivered', status: 200, receipt: kept('Qx7-9aZkLm31') }) };
      const deed = { ...httpDeed(''), url: new Secret(url), body: { store: 'consul' } } as const;
      expect((await acting(folder(), deed, adviceTo(), { post }).step('prepare')).output).toBe('');
    },
  );

  it('a value with a word of another header is none', async () => {
    const post: Post = { send: async () => ({ tag: 'delivered', status: 200, receipt: kept('https://production') }) };
    const headers = { 'x-consul-namespace': new Secret('production') };
    const deed = { ...httpDeed(''), headers, body: { store: 'consul' } } as const;
    expect(await acting(folder(), deed, adviceTo(), { post }).step('prepare')).toMatchObject({ tag: 'ok' });
  });
});

it.each(['etcd', 'consul'] as const)(
  'an object in place of a value of %s takes no memory by its `length`',
  async (store) => {
    const value = { length: 2 ** 20 };
    const receipt = JSON.stringify(
      store === 'consul'
        ? [{ Value: value, ModifyIndex: 7 }]
        : { responses: [{ response_range: { kvs: [{ value }] } }] },
    );
    const post: Post = { send: async () => ({ tag: 'delivered', status: 200, receipt }) };
    const one = acting(folder(), { ...httpDeed(''), body: { store } }, adviceTo(), { post });
    expect(await one.step('prepare')).toMatchObject({ tag: 'failed', because: { key: 'acted.noStore' } });
  },
);
