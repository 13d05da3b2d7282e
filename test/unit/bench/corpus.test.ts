import { expect, test } from 'vitest';
import { arrivedOf, itemOf, packagesOf } from '../../../bench/corpus/part.ts';
import { type Asked, complaintsOf, rowOf, tableOf } from '../../../bench/corpus/verdicts.ts';

const asked = (over: Partial<Asked>): Asked => ({
  server: 's',
  module: 'm',
  step: 'zip',
  isHeavy: true,
  outcome: 'ok',
  reason: null,
  verifies: true,
  unverified: null,
  tookMs: 10,
  heldMs: 0,
  bytes: 100,
  installed: null,
  ...over,
});
const about = { part: 'go', server: 's', packages: 3, items: 4, installed: 4 } as const;
const complaints = (all: readonly Asked[]) => complaintsOf(rowOf(about, all), 3);
const unverified = (of: number, count: number) =>
  Array.from({ length: of }, (_, at) => asked({ unverified: at < count ? 'no hash' : null }));

const rows: readonly (readonly [string, readonly Asked[], readonly string[]])[] = [
  ['all is well', [asked({})], []],
  ['nothing was asked', [], ['go (s): nothing was asked']],
  [
    'a fault of what the client installs is false',
    [asked({ outcome: 'failed', installed: true })],
    ['go (s): 1 false faults'],
  ],
  ['a fault of what it does not install is none', [asked({ outcome: 'failed', installed: false })], []],
  [
    'a fault with nothing to install is false',
    [asked({ outcome: 'failed', module: null })],
    ['go (s): 1 false faults'],
  ],
  ['no verdict is no success', [asked({ outcome: 'unknown' })], ['go (s): 1 without a verdict']],
  ['5 % are unverifiable', unverified(100, 5), []],
  ['more than 5 % are unverifiable', unverified(100, 6), ['go (s): 6 of 100 are unverifiable']],
  [
    'steps without anything to verify do not dilute them',
    [...unverified(10, 1), ...Array.from({ length: 90 }, () => asked({ verifies: false }))],
    ['go (s): 1 of 10 are unverifiable'],
  ],
];

test.each(rows)('%s', (_, all, expected) => {
  expect(complaints(all)).toEqual(expected);
});

test('fewer packages than wanted are no success, in whatever versions', () => {
  expect(complaintsOf(rowOf(about, [asked({})]), 4)).toEqual(['go (s): 3 of 4 packages']);
  const items = ['a.test/b@v1', 'a.test/b@v2', '@s/c@1.0.0'].map((name) => itemOf(name, '@'));
  expect(packagesOf([...items, { name: 'dists/x/InRelease', package: null, written: '' }])).toBe(2);
});

test('the table names the slowest and the largest, and why something is unverifiable', () => {
  const row = rowOf(about, [
    asked({ tookMs: 1_500, step: 'list', isHeavy: false, bytes: 2 ** 20, verifies: false }),
    asked({ bytes: 3 * 2 ** 20, heldMs: 61 }),
    asked({ unverified: 'unlisted' }),
  ]);
  expect(tableOf([row]).split('\n').at(-1)).toBe(
    '| go | s | 3 | 4 | 4 | 3 | 3 | 0 | 0 | 1 of 2 (unlisted: 1) | 1.5 s (list) | 61 ms | 1.0 MiB (list) | 3.0 MiB (zip) |',
  );
});

test('one package that does not arrive spoils no other', async () => {
  const bad = new Set(['c', 'f']);
  const arrived = await arrivedOf([...'abcdefg'], (some) => Promise.resolve(!some.some((one) => bad.has(one))));
  expect([...arrived].join('')).toBe('abdeg');
});
