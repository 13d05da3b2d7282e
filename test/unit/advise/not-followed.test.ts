import { describe, expect, test } from 'vitest';
import type { Advice } from '../../../src/core/advice.ts';
import type { Standing } from '../../../src/core/standing.ts';
import { abc, away, chain, kill, only, warm } from './outage.ts';
import type { Stage } from './stage.ts';

// Clients have not followed a proposal to leave `a` for `b`, and `b` gets into trouble. They still use `a`.

/** `a` is down, a switch to `b` is proposed, and then `a` works again. */
function proposed(): Stage {
  const stage = warm();
  kill(stage);
  stage.consider();
  expect(stage.story()).toEqual(['proposed outage b']);
  stage.shut('a', 'outage');
  stage.paces(8, { a: 200, b: 200, c: 200 });
  return stage;
}

const newest = (stage: Stage): Advice | undefined => stage.advisor.list()[0];

test('wrong bytes of the proposed mirror are not said of the one in use', () => {
  const stage = proposed();
  stage.open('b', 'mismatch', { cause: 'mismatch', actionable: true });
  stage.consider();
  const reasons = [newest(stage)?.reason];
  stage.paces(1, { a: 200, b: 200, c: 200 });
  reasons.push(newest(stage)?.reason);
  expect(newest(stage)).toMatchObject({ from: 'a', to: 'c', cause: 'outage' });
  for (const reason of reasons) expect(reason).toMatch(/^a responds again/);
});

test('if the proposed mirror and all others die, no switch is advised', () => {
  const stage = warm();
  kill(stage);
  stage.consider();
  for (const name of ['b', 'c']) stage.open(name, 'outage');
  stage.paces(3, { a: 'refused', b: 'refused', c: 'refused' });
  expect(stage.story()).toEqual(['proposed outage b', 'superseded outage b', 'refused outage a']);
  expect(only(stage)).toMatchObject({ from: 'a', refusal: 'no_candidate' });
  expect(only(stage).reason).toMatch(/^a is down .*No switch is advised: no other mirror qualifies now/);
});

test('if the proposed mirror and all others die but the one in use, the proposal ends', () => {
  const stage = proposed();
  for (const name of ['b', 'c']) stage.open(name, 'outage');
  stage.paces(8, { a: 200, b: 'refused', c: 'refused' });
  expect(stage.story()).toEqual(['proposed outage b', 'withdrawn outage b']);
});

test('a mirror with wrong bytes is left for one that serves again, if no other may be advised', () => {
  const stage = warm(abc, chain);
  stage.open('b', 'outage');
  stage.open('c', 'outage');
  stage.marks.set('b', { state: 'down', isBack: true });
  stage.paces(6, { a: 200, b: 200, c: 'refused' });
  expect(stage.story()).toEqual([]);
  stage.open('a', 'mismatch', { cause: 'mismatch', actionable: true });
  stage.consider();
  expect(stage.story()).toEqual(['proposed mismatch b']);
});

const asides: readonly (readonly [string, Partial<Standing>])[] = [
  ['paused', { state: 'unknown', paused: { untilMs: Number.MAX_SAFE_INTEGER, reason: 'disk swap' } }],
  ['in maintenance', { state: 'unknown', inMaintenance: true }],
];

describe.each(asides)('a proposed mirror that is %s', (_, standing) => {
  test('is not proposed any more: another one is', () => {
    const stage = warm();
    kill(stage);
    stage.consider();
    stage.marks.set('b', standing);
    stage.paces(1, { a: 'refused', c: 200 });
    expect(newest(stage)).toMatchObject({ state: 'proposed', from: 'a', to: 'c', cause: 'outage' });
    expect(newest(stage)?.reason).toMatch(/^a is down /);
  });

  test('is not proposed any more: the slow mirror in use is better than a slower one', () => {
    const stage = warm();
    stage.paces(40, { a: 600, b: 200, c: 2_000 });
    expect(newest(stage)).toMatchObject({ state: 'proposed', to: 'b', cause: 'slower' });
    stage.marks.set('b', standing);
    stage.paces(1, { a: 600, c: 2_000 });
    expect(stage.story()).toEqual(['proposed slower b', 'withdrawn slower b']);
    expect(stage.advice.at(-1)?.reason).toBe('b is paused or in a maintenance window.');
  });

  test('and no other may be advised: no switch is', () => {
    const stage = warm();
    kill(stage);
    stage.consider();
    stage.open('c', 'outage');
    stage.marks.set('b', standing);
    stage.paces(3, { a: 'refused', c: 'refused' });
    expect(stage.story()).toEqual(['proposed outage b', 'superseded outage b', 'refused outage a']);
    expect(only(stage).reason).toMatch(/^a is down .*No switch is advised: no other mirror qualifies now \(b: /);
  });

  test('ends a proposal to go back to it', () => {
    const stage = away();
    expect(newest(stage)).toMatchObject({ state: 'proposed', to: 'a', cause: 'failback' });
    stage.marks.set('a', standing);
    stage.paces(1, { b: 200, c: 200 });
    expect(stage.story().at(-1)).toBe('withdrawn failback a');
    expect(stage.advice.at(-1)?.reason).toBe('a is paused or in a maintenance window.');
  });

  test('that was a last choice, because it serves again, is not proposed any more', () => {
    const stage = warm(abc, chain);
    stage.open('b', 'outage');
    stage.open('c', 'outage');
    stage.marks.set('b', { state: 'down', isBack: true });
    stage.paces(6, { a: 200, b: 200, c: 'refused' });
    stage.open('a', 'mismatch', { cause: 'mismatch', actionable: true });
    stage.consider();
    expect(newest(stage)).toMatchObject({ state: 'proposed', to: 'b' });
    stage.marks.set('b', { ...standing, state: 'down', isBack: true });
    stage.paces(2, { a: 200, c: 'refused' });
    expect(stage.advisor.list().filter(({ state }) => state === 'proposed')).toEqual([]);
  });
});
