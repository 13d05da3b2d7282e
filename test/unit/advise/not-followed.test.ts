import { expect, test } from 'vitest';
import type { Advice } from '../../../src/core/advice.ts';
import { abc, chain, kill, only, warm } from './outage.ts';
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
