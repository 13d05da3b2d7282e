import { expect, test } from 'vitest';
import { until, withMoreTime } from './patience.ts';

test('a question is asked until its answer pleases', async () => {
  let asked = 0;
  const answer = await until(
    'the third',
    () => {
      asked += 1;
      return asked;
    },
    (count) => count === 3,
    { everyMs: 1 },
  );
  expect([answer, asked]).toEqual([3, 3]);
});

test('what goes well at one length passes, what goes well at none fails as the longest did', async () => {
  const tried: number[] = [];
  const from = (enoughMs: number) => (ms: number) => {
    tried.push(ms);
    if (ms < enoughMs) throw new Error(`${ms} ms are too short`);
  };
  await withMoreTime(10, from(100));
  await expect(withMoreTime(10, from(1_000))).rejects.toThrow('640 ms are too short');
  expect(tried).toEqual([10, 40, 160, 10, 40, 160, 640]);
});
