import { expect, test } from 'vitest';
import { groundsOf } from '../../../src/advise/grounds.ts';
import { recordTally, Tally, type TallySample } from '../../../src/advise/tally.ts';
import type { View } from '../../../src/advise/view.ts';
import type { SettledSample } from '../../../src/core/sample.ts';
import { aDue, aSample, aTarget, failedWith } from '../detect/world.ts';
import { mirror } from './stage.ts';

/** What is odd about a response. */
const odd: Readonly<Record<string, Partial<SettledSample>>> = {
  failed: { outcome: failedWith('server', 500) },
  cold: { cold: true },
};

const by = { nearMs: 10_000, relayStep: undefined, fetch: ['mod', 'info'] };

/** @param rows  for each response the step, when it was requested and how long it took, milliseconds, and what is odd */
function answers(name: string, rows: string): { readonly light: readonly TallySample[] } {
  const tally = new Tally();
  for (const [step, atMs, tookMs, over = ''] of rows.split(', ').map((one) => one.split(' '))) {
    const taken = aSample(aDue(aTarget(name, step as 'mod' | 'info')), Number(atMs), Number(tookMs));
    recordTally(tally, { ...taken, cold: false, thresholdMs: 800, baselineMs: 200, ...odd[over] }, by);
  }
  return tally.samples;
}

/** How far apart `a` and `b` are by these answers, where answers within 10 s are of one time. */
function apart(here: string, there: string) {
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

test.each<[string, string, string, readonly [number, number, number] | null]>([
  [
    'only with answers to the same question, however near others are',
    'mod 1000 300',
    'mod 1900 30, info 1000 200',
    [1, 300, 30],
  ],
  ['with the nearest in time, before or after', 'mod 20000 300', 'mod 12000 1, mod 25000 2, mod 28000 3', [1, 300, 2]],
  ['with the earlier of two as near', 'mod 20000 300', 'mod 19000 1, mod 21000 2', [1, 300, 1]],
  ['with the first told of two at one time', 'mod 20000 300', 'mod 20500 1, mod 20500 2', [1, 300, 1]],
  [
    'with none that failed or was the first fetch of a cache',
    'mod 20000 300',
    'mod 12000 1, mod 20000 2 failed, mod 20000 3 cold',
    [1, 300, 1],
  ],
  ['with none of another time', 'mod 40000 300', 'mod 20000 1', null],
])('answers are compared %s', (_, here, there, want) => {
  const found = apart(here, there);
  expect(found && [found.rounds, found.hereMs, found.thereMs]).toEqual(want);
});
