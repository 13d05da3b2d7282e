import { expect, test } from 'vitest';
import type { Due } from '../../../src/core/due.ts';
import { limits } from '../../../src/core/limits.ts';
import type { Prober, Wire } from '../../../src/core/ports.ts';
import { systemClock } from '../../../src/io/clock.ts';
import { createProbeMemories } from '../../../src/io/probe-memory.ts';
import { createRunner } from '../../../src/io/worker.ts';
import { plainAccess } from '../../support/plain-access.ts';

test('a text is kept until it expires, for its own mirror alone', () => {
  const memories = createProbeMemories();
  memories('a').keep('token', 'abc', 1_000);
  expect(memories('a').get('token', 999)).toBe('abc');
  expect(memories('b').get('token', 0)).toBe(null);
  expect(memories('a').get('token', 1_000)).toBe(null);
  expect(memories('a').get('token', 0)).toBe(null);
});

test('the newest are kept, whatever comes', () => {
  const memory = createProbeMemories()('a');
  for (let at = 0; at <= limits.probeMemory; at += 1) memory.keep(`${at}`, 'x', 1);
  memory.keep('1', 'again', 1);
  memory.keep('one more', 'x', 1);
  expect(['0', '1', '2', `${limits.probeMemory}`].map((key) => memory.get(key, 0))).toEqual([null, 'again', null, 'x']);
});

test('one conversation finds what the one before kept', async () => {
  const seen: (string | null)[] = [];
  const prober: Prober = {
    // biome-ignore lint/correctness/useYield: it asks for nothing
    *probe(_, { memory, nowWallMs }) {
      seen.push(memory?.get('token', nowWallMs) ?? null);
      memory?.keep('token', 'abc', nowWallMs + 60_000);
      return { outcome: { tag: 'ok' }, facts: {} };
    },
  };
  const silent = { hop: () => Promise.reject(new Error('nothing is asked')), close: () => undefined };
  const wire: Wire = {
    open: () => silent,
    control: () => Promise.reject(new Error('nothing is asked')),
    close: async () => undefined,
  };
  const access = plainAccess({ url: 'https://a.example.com' });
  const runner = createRunner({
    book: { access: { a: access }, context: { a: { baseUrl: access.url, pinned: {}, own: null } } },
    wire,
    clock: systemClock,
    worker: 0,
    loopDelayMsMax: () => 0,
    proberOf: async () => prober,
  });
  const target = {
    id: 'a|gazette|1|page',
    ecosystem: 'paper',
    upstream: 'press',
    registry: 'a',
    module: 'gazette',
    version: '1',
    step: 'page',
    weight: 'light',
    verifies: null,
    canary: true,
  } as const;
  const due: Due = {
    probeId: 'p',
    target,
    connection: 'cold',
    purpose: 'scheduled',
    timeoutMs: 1_000,
    plannedAtMs: 0,
    round: null,
  };
  await runner.probe(due);
  await runner.probe(due);
  expect(seen).toEqual([null, 'abc']);
});
