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

test('a stage ends once nothing has come for the limit on idle time, however long it went on before', async () => {
  const { clock, timers, pass, pending } = manualTime();
  const deadline = new Deadline(clock, timers, 120_000);
  let bytes = 0;
  deadline.limitIdle(15_000, () => bytes);
  let why: WireStop | null = null;
  const stage = deadline
    .run<void>(() => () => undefined)
    .catch((stop: WireStop) => {
      why = stop;
    });
  for (let second = 0; second < 60; second += 10) {
    pass(10_000);
    bytes += 1;
  }
  // Bytes are counted each second.
  pass(14_000);
  await Promise.resolve();
  expect(why).toBeNull();
  pass(2_000);
  await stage;
  expect(why).toMatchObject({ code: 'MW_DEADLINE', idleMs: 15_000 });
  deadline.clear();
  expect(pending()).toBe(0);
});
