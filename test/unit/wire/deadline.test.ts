import { expect, test } from 'vitest';
import { Deadline, type WireStop } from '../../../src/wire/deadline.ts';
import { manualTime } from '../io/manual-time.ts';

test('a stage keeps its deadline where an earlier one fails late', async () => {
  const { clock, timers, pass } = manualTime();
  const deadline = new Deadline(clock, timers, 1_000);
  let failLate: (why: WireStop) => void = () => undefined;
  await deadline.run<void>((done, failed) => {
    failLate = failed;
    done();
    return () => undefined;
  });
  let cancelled = 0;
  const later = deadline.run<void>(() => () => {
    cancelled += 1;
  });
  failLate(new Error('the first connection was reset') as WireStop);
  pass(1_000);
  await expect(Promise.race([later, Promise.resolve('still open')])).rejects.toMatchObject({ code: 'MW_DEADLINE' });
  expect(cancelled).toBe(1);
});
