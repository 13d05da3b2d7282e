import { expect, test } from 'vitest';
import { configOf } from './support.ts';

// What a configuration says of its place: labels, and which part of the targets this daemon has.

test.each([
  { name: 'nothing', text: '', env: {}, shard: undefined },
  { name: 'the file', text: 'shard: { index: 1, count: 3 }', env: {}, shard: { index: 1, count: 3 } },
  { name: 'one of one is no shard', text: 'shard: { index: 0, count: 1 }', env: {}, shard: undefined },
  {
    name: 'the environment comes first',
    text: 'shard: { index: 1, count: 3 }',
    env: { MIRRORWATCH_SHARD: '2/8' },
    shard: { index: 2, count: 8 },
  },
  {
    name: 'the pod of a StatefulSet',
    text: '',
    env: { MIRRORWATCH_SHARD: 'mirrorwatch-eu-10/12' },
    shard: { index: 10, count: 12 },
  },
])('shard: $name', ({ text, env, shard }) => expect(configOf(text, env).shard).toEqual(shard));

test.each(['3/3', '0/65', 'mirrorwatch/3', '1', '-1/3x'])('MIRRORWATCH_SHARD=%s is a mistake', (value) =>
  expect(() => configOf('', { MIRRORWATCH_SHARD: value })).toThrow('expected.shard'),
);

test('labels are kept as they are, a page without the slash behind it', () => {
  expect(configOf('labels: { group: eu, page: "https://w.example.com/" }').labels).toEqual({
    group: 'eu',
    page: 'https://w.example.com',
  });
  expect(configOf('').labels).toBeUndefined();
});

const action = (more = '') => `onAdvice: [ { name: ci, file: { path: /x, as: env }, mode: auto${more} } ]`;

test('a fleet: the store, its headers, and how many places must agree', () => {
  const config = configOf(
    `fleet: { store: "http://p.example.com/prometheus/", headers: [ "X-Scope-OrgID: ci" ] }\n${action(', when: { places: 2 of 3 }')}`,
  );
  expect(config.fleet?.store).toBe('http://p.example.com/prometheus');
  expect(Object.entries(config.fleet?.headers ?? {}).map(([name, value]) => [name, value.reveal()])).toEqual([
    ['x-scope-orgid', 'ci'],
  ]);
  expect(config.onAdvice?.[0]?.when.places).toEqual({ needed: 2, of: 3 });
  expect(configOf(action()).onAdvice?.[0]?.when.places).toBeUndefined();
});

test.each(['3 of 2', '0 of 2', 'two of 3', '2'])('places: %s is a mistake', (places) => {
  const fleet = 'fleet: { store: "http://p.example.com" }';
  expect(() => configOf(`${fleet}\n${action(`, when: { places: ${places} }`)}`)).toThrow('expected.places');
});

test('a merge request: its forge and token; the advice does not count as accepted', () => {
  const forge = '{ kind: gitlab, api: "http://127.0.0.1:3000/api/v4/projects/a%2Fb/merge_requests/", token: t-1 }';
  const [rule] =
    configOf(`onAdvice: [ { name: ci, git: { repository: /r.git, path: x, as: env, mergeRequest: ${forge} } } ]`)
      .onAdvice ?? [];
  expect(rule?.accepts).toBe(false);
  const mergeRequest = rule?.deed.kind === 'git' ? rule.deed.mergeRequest : null;
  expect(mergeRequest).toMatchObject({
    kind: 'gitlab',
    api: 'http://127.0.0.1:3000/api/v4/projects/a%2Fb/merge_requests',
    allow: [],
  });
  expect(mergeRequest?.token.reveal()).toBe('t-1');
});

test.each(['pair: {}', 'pair: { etcd: "http://127.0.0.1:2379/", lease: 5s }'])(
  '%s of 1.0 is accepted, and keeps actions to dry runs',
  (pair) => {
    expect(configOf(`${pair}\n${action()}`).onAdvice?.[0]?.mode).toBe('dry-run');
    expect(configOf(action()).onAdvice?.[0]?.mode).toBe('auto');
  },
);
