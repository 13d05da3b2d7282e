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
])('shard: $name', ({ text, env, shard }) => {
  expect(configOf(text, env).shard).toEqual(shard);
});

test.each(['3/3', '0/65', 'mirrorwatch/3', '1', '-1/3x'])('MIRRORWATCH_SHARD=%s is a mistake', (value) => {
  expect(() => configOf('', { MIRRORWATCH_SHARD: value })).toThrow('expected.shard');
});

test('labels are kept as they are, a page without the slash behind it', () => {
  expect(configOf('labels: { group: eu, page: "https://w.example.com/" }').labels).toEqual({
    group: 'eu',
    page: 'https://w.example.com',
  });
  expect(configOf('').labels).toBeUndefined();
});
