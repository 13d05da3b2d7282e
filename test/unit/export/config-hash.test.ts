import { expect, test } from 'vitest';
import { configHashOf } from '../../../src/export/exporter.ts';
import { config, mirror, receiver } from './fixture.ts';

const usual = config();

test.each([
  {
    name: 'the place, its receivers and where it listens',
    other: config({ vantage: 'elsewhere', webhooks: [receiver('b')] }),
  },
  { name: 'its labels', other: config({ labels: { group: 'eu' } }) },
])('$name are its own: the same hash', ({ other }) => {
  expect(configHashOf(other)).toBe(configHashOf(usual));
  expect(configHashOf(usual)).toMatch(/^[0-9a-f]{8}$/);
});

test.each([
  { name: 'another mirror', other: config({ mirrors: [mirror('a'), mirror('c')] }) },
  { name: 'another URL', other: config({ mirrors: [mirror('a', { url: 'https://x.example.com' }), mirror('b')] }) },
  {
    name: 'a module more',
    other: config({ modules: [{ ecosystem: 'go', upstream: 'go', module: 'example.com/m', version: 'v1.0.0' }] }),
  },
  { name: 'another limit of lag', other: config({ detect: { ...usual.detect, lagLimitMs: 1 } }) },
])('$name: another hash', ({ other }) => expect(configHashOf(other)).not.toBe(configHashOf(usual)));
