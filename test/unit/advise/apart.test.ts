import { expect, test } from 'vitest';
import { groundsOf } from '../../../src/advise/grounds.ts';
import { recordTally, Tally, type TallySample } from '../../../src/advise/tally.ts';
import type { View } from '../../../src/advise/view.ts';
import type { SettledSample } from '../../../src/core/sample.ts';
import { aDue, aSample, aTarget, failedWith } from '../detect/world.ts';
import { mirror } from './stage.ts';

/** `mod` or `info`, asked at a time of the daemon, and how long it took; both milliseconds. */
type Row = readonly [step: 'mod' | 'info', atMs: number, tookMs: number, over?: Partial<SettledSample>];

const by = { nearMs: 10_000, relayStep: undefined, fetch: ['mod', 'info'] };

function answers(name: string, rows: readonly Row[]): { readonly light: readonly TallySample[] } {
  const tally = new Tally();
  for (const [step, atMs, tookMs, over] of rows) {
    const taken = aSample(aDue(aTarget(name, step)), atMs, tookMs);
    recordTally(tally, { ...taken, cold: false, thresholdMs: 800, baselineMs: 200, ...over }, by);
  }
  return tally.samples;
}

/** How far apart `a` and `b` are by these answers, where answers within 10 s are of one time. */
function apart(here: readonly Row[], there: readonly Row[]) {
  const view = {
    group: { upstream: 'go', moves: { lastMs: null, departures: [] }, contest: { records: new Map() } },
    now: { wallMs: 0, monotonicMs: 60_000 },
    tallyOf: (name: string) => ({
      ...new Tally(),
      samples: { heavy: [], ...answers(name, name === 'a' ? here : there) },
    }),
    standingOf: () => null,
    evidenceOf: () => [],
    by: { fetch: ['light'], nowMs: 60_000 },
    canaryEveryMs: 30_000,
    nearMs: 10_000,
  } as unknown as View;
  const subject = { cause: 'slower', findings: [], at: mirror('a'), to: mirror('b') } as const;
  return groundsOf(view, { ...subject, fromMs: null, stay: null, before: null, prices: null }).apart;
}

const failed = { outcome: failedWith('server', 500) };

test.each<[string, readonly Row[], readonly Row[], readonly [number, number, number] | null]>([
  [
    'only with answers to the same question, however near others are',
    [['mod', 1_000, 300]],
    [
      ['mod', 1_900, 30],
      ['info', 1_000, 200],
    ],
    [1, 300, 30],
  ],
  [
    'with the nearest in time, before or after',
    [['mod', 20_000, 300]],
    [
      ['mod', 12_000, 1],
      ['mod', 25_000, 2],
      ['mod', 28_000, 3],
    ],
    [1, 300, 2],
  ],
  [
    'with the earlier of two as near',
    [['mod', 20_000, 300]],
    [
      ['mod', 19_000, 1],
      ['mod', 21_000, 2],
    ],
    [1, 300, 1],
  ],
  [
    'with the first told of two at one time',
    [['mod', 20_000, 300]],
    [
      ['mod', 20_500, 1],
      ['mod', 20_500, 2],
    ],
    [1, 300, 1],
  ],
  [
    'with none that failed or was the first fetch of a cache',
    [['mod', 20_000, 300]],
    [
      ['mod', 12_000, 1],
      ['mod', 20_000, 2, failed],
      ['mod', 20_000, 3, { cold: true }],
    ],
    [1, 300, 1],
  ],
  ['with none of another time', [['mod', 40_000, 300]], [['mod', 20_000, 1]], null],
])('answers are compared %s', (_, here, there, want) => {
  const found = apart(here, there);
  expect(found && [found.rounds, found.hereMs, found.thereMs]).toEqual(want);
});
