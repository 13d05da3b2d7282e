import { expect, test } from 'vitest';
import type { Row } from '../../../src/core/ports.ts';
import type { MirrorState } from '../../../src/core/standing.ts';
import { createSince } from '../../../src/state/last-ok.ts';

const at = (seconds: number) => ({ wallMs: 5_000_000 + seconds * 1000, monotonicMs: seconds * 1000 });
const a = (state: MirrorState) => [{ registry: 'a', state }];
const row = (state: string, sinceMs: unknown): Row => ({
  table: 'meta',
  key: 'since/a',
  atMs: 0,
  value: { state, sinceMs },
});

test('a state counts from when it was first seen, and is written when it changes', () => {
  const since = createSince([], at(0));
  expect(since.take(a('up'), at(1))).toEqual([row('up', at(1).wallMs)].map((one) => ({ ...one, atMs: at(1).wallMs })));
  expect(since.take(a('up'), at(50))).toEqual([]);
  expect(since.of('a', 'up')).toBe(at(1).wallMs);
  expect(since.of('a', 'down')).toBeNull();
  since.take(a('down'), at(60));
  expect([since.of('a', 'up'), since.of('a', 'down')]).toEqual([null, at(60).wallMs]);
});

test('a restart in an outage: unknown until the first canary is no news, and down goes on counting', () => {
  const since = createSince([row('down', 1234)], at(0));
  expect(since.take(a('unknown'), at(5))).toEqual([]);
  expect(since.of('a', 'unknown')).toBeNull();
  expect(since.take(a('down'), at(20))).toEqual([]);
  expect(since.of('a', 'down')).toBe(1234);
});

test('unknown for longer than a start takes is a state of its own', () => {
  const since = createSince([row('down', 1234)], at(0));
  since.take(a('unknown'), at(179));
  since.take(a('unknown'), at(180));
  expect(since.of('a', 'unknown')).toBe(at(180).wallMs);
});

test.each([
  ['a state that is none', row('asleep', 1)],
  ['a stamp that is none', row('up', 'noon')],
  ['a row of something else', { ...row('up', 1), key: 'ok/a' }],
])('%s is not taken up', (_what, restored) => expect(createSince([restored], at(0)).of('a', 'up')).toBeNull());
