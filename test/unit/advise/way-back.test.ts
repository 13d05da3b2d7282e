import { expect, test } from 'vitest';
import { abc, chain, kill, only, warm } from './outage.ts';
import { type Said, Stage } from './stage.ts';

/** Seconds of downloads at the preferred mirror `a` and at `b`, twelve of each. */
type Downloads = { readonly a: readonly number[]; readonly b: readonly number[] };

/** An outage of `a`, which then is well for 50 minutes; its light steps take 600 ms, those of `b` 400 ms. */
function recovered({ a, b }: Downloads): Stage {
  const stage = new Stage(chain, abc);
  stage.paces(6, { a: 600, b: 400, c: 900 });
  for (let n = 0; n < 12; n += 1) {
    stage.pass(30);
    stage.sample('a', 1_000 * (a[n % a.length] ?? 0), { step: 'zip' });
    stage.sample('b', 1_000 * (b[n % b.length] ?? 0), { step: 'zip' });
  }
  kill(stage);
  stage.consider();
  expect(only(stage)).toMatchObject({ cause: 'outage', to: 'b' });
  stage.paces(3, { a: 'refused', b: 400, c: 900 });
  stage.shut('a', 'outage');
  stage.paces(100, { a: 600, b: 400, c: 900 });
  return stage;
}

test.each<[string, Downloads, readonly string[]]>([
  [
    'downloads are faster there, and a whole build is too',
    { a: [6, 10], b: [7, 11] },
    ['proposed outage b', 'withdrawn outage b'],
  ],
  ['downloads are no faster, and a whole build is slower', { a: [7, 11], b: [7, 11] }, ['proposed outage b']],
])('light steps are slower at the preferred mirror; %s', (_name, downloads, want) =>
  expect(recovered(downloads).story()).toEqual(want),
);

test('a departure for an outage is none for slowness, although the test of times decided first', () => {
  const stage = warm();
  // The move waits up to a minute for downloads; meanwhile three requests within 2 s are refused.
  stage.paces(8, { a: 780, b: 200, c: 200 });
  for (let n = 0; n < 3; n += 1) {
    stage.pass(1);
    stage.sample('a', 'refused');
    stage.sample('b', 200);
    stage.consider();
  }
  expect(stage.story()).toEqual([]);
  stage.pass(30);
  stage.consider();
  expect(stage.story()).toEqual(['proposed outage b']);
  const departures = [...stage.rows.values()].flatMap(({ value }) =>
    typeof value === 'object' && value !== null && 'departures' in value ? [value] : [],
  );
  expect(departures).toMatchObject([{ departures: [{ atMs: expect.any(Number), isOfTime: false }] }]);
});

test.each<[string, number, number, number]>([
  ['a build there is faster: clients are back when the last failure is half an hour old', 150, 30, 35],
  ['a build there is no faster: clients are back when the first failure is an hour old', 400, 46, 50],
])('the preferred mirror was slow and failed rarely; %s', (_name, tookMs, minutesMin, minutesMax) => {
  const stage = new Stage(chain, abc);
  const live = (a: Said, count: number): void => {
    for (let n = 0; n < count && (n === 0 || stage.advisor.list().length > 0); n += 1) {
      stage.pass(10);
      for (const [name, said] of Object.entries({ a, b: 400, c: 900 })) stage.sample(name, said);
      stage.consider();
    }
  };
  live(200, 1);
  while (stage.advisor.list().length === 0) live(2_500, 1);
  live('refused', 1);
  live(2_500, 70);
  live('refused', 1);
  const failedSeconds = stage.seconds;
  live(tookMs, 1_000);
  expect(stage.story()).toEqual(['proposed slower b', 'withdrawn slower b']);
  const minutes = (stage.seconds - failedSeconds) / 60;
  expect(minutes).toBeGreaterThan(minutesMin);
  expect(minutes).toBeLessThan(minutesMax);
});
