import { describe, expect, test } from 'vitest';
import { type Grounds, type MoveDecision, subjectOf } from '../../../src/advise/grounds.ts';
import { endReasonOf } from '../../../src/advise/words.ts';
import type { Mirror } from '../../../src/core/mirror.ts';
import { abc, all, calm, chain, failing, hour, open, type Rounds, type World } from './rounds.ts';
import { mirror } from './stage.ts';

const ab = [mirror('a'), mirror('b')];
const slowA = all(200, { a: 1_500 });

const reasonAtEnd = (stage: Rounds): string | undefined =>
  stage.advice.find(({ state }) => state === 'withdrawn')?.reason;

describe('the reason of a withdrawn proposal says why it ended', () => {
  test.each<[string, readonly Mirror[], World, World, RegExp]>([
    [
      'b is slower now',
      ab,
      slowA,
      all(200, { b: 1_500 }),
      /^a is no longer clearly slower than b: 200 ms \(1\.50 s at b\)\.$/,
    ],
    [
      'b dies',
      ab,
      slowA,
      all(200, { b: 'refused' }),
      /^b is down \(refused\): all \d probes of the last \d s failed\.$/,
    ],
    [
      'b dies, and c is slower than a',
      abc,
      all(200, { a: 1_500, c: 4_000 }),
      all(200, { a: 1_500, b: 'refused', c: 4_000 }),
      /^b is down \(refused\): all \d probes of the last \d s failed\.$/,
    ],
    ['b fails one in four', ab, slowA, failing('b', 0.25, 1), /^a is no longer clearly slower than b: /],
    [
      'a works again',
      ab,
      all(200, { a: 'refused' }),
      all(200),
      /^a responds again: all \d+ probes of the last \d+ min/,
    ],
    ['a is as fast again', ab, slowA, all(200), /^a is no longer clearly slower than b: /],
    ['b is as slow as a', ab, slowA, all(1_500), /^a is no longer clearly slower than b: /],
  ])('%s', (_name, mirrors, before, after, why) => {
    const stage = calm(mirrors);
    stage.live(1_800, before);
    expect(open(stage).to).toBe('b');
    stage.live(3 * hour, after);
    expect(reasonAtEnd(stage)).toMatch(why);
  });

  test.each<[string, (stage: Rounds) => void, RegExp]>([
    [
      'b dies',
      (stage) => stage.live(600, all(200, { b: 'refused' })),
      /^b is down \(refused\): all \d+ probes of the last \d s failed\.$/,
    ],
    [
      'b serves wrong bytes',
      (stage) => {
        stage.open('b', 'mismatch');
        stage.live(10);
      },
      /^b served content that fails verification\.$/,
    ],
  ])('a works again, and minutes later %s', (_name, happens, why) => {
    const stage = calm(ab);
    stage.live(1_800, all(200, { a: 'refused' }));
    expect(open(stage).to).toBe('b');
    stage.live(300, all(200));
    expect(open(stage).reason).toMatch(/^a responds again: /);
    happens(stage);
    expect(reasonAtEnd(stage)).toMatch(why);
  });

  test.each([
    [2_050, 'a can be used again: a fetch from a takes 2.05 s (4.98 s from b).'],
    [null, 'a can be used again.'],
  ])('failures of a are in the record, but it costs less: %s ms', (timeMs, text) => {
    const price = (ms: number | null) => ({ timeMs: ms, costMs: ms, failedShare: 0 });
    const decision = {
      kind: 'move',
      cause: 'failback',
      at: mirror('b'),
      to: { mirror: mirror('a') },
      prices: { from: price(4_980), to: price(timeMs) },
    } as unknown as MoveDecision;
    expect(endReasonOf(decision, subjectOf(decision), {} as Grounds)?.text).toBe(text);
  });

  test('clients have another chain now', () => {
    const stage = calm(ab);
    stage.live(600, slowA);
    stage.reconfigure(`https://b.example.com,${chain}`);
    expect(reasonAtEnd(stage)).toBe('The configuration has changed.');
  });
});
