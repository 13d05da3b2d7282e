import { expect, test } from 'vitest';
import { table } from '../../support/table.ts';
import { chain } from './outage.ts';
import { mirror, Stage } from './stage.ts';

/** The downloads of `a` and `b`, milliseconds: those of `a` scatter, and some take several times as long as at `b`. */
const slow = table<[number, number][]>('unit/advise/slow-before', 'slow');

function playedWith(last: readonly (readonly [number, number])[]): Stage {
  const stage = new Stage(
    chain,
    ['a', 'b', 'c'].map((name) => mirror(name)),
  );
  for (const [a, b] of [...slow, ...last]) {
    for (const [name, ms] of Object.entries({ a, b, c: 9_000 }))
      stage.sample(name, ms, { step: 'zip', bytes: 1_000_000 });
    stage.paces(1, { a: 200, b: 200, c: 200 });
  }
  return stage;
}

test('a mirror that was slow is not left once its newest downloads are as fast as elsewhere', () => {
  const stage = playedWith([
    [1_200, 3_000],
    [400, 1_500],
    [400, 400],
    [400, 400],
  ]);
  expect(stage.changes).toEqual([]);
});

test('a mirror that is still slow is left, and the advice says so', () => {
  const stage = playedWith([
    [6_000, 1_500],
    [6_000, 1_500],
    [6_000, 1_500],
  ]);
  expect(stage.changes[0]).toMatchObject({ change: 'proposed', cause: 'throughput', to: 'b' });
  expect(stage.advisor.list()[0]?.reason).toMatch(/^a has slow downloads/);
});
