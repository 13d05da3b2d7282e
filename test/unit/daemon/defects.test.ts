import { expect, test } from 'vitest';
import { createDefects } from '../../../src/daemon/asker.ts';
import { manualTime } from '../../daemon/manual-time.ts';

function bench() {
  const time = manualTime();
  const said: unknown[] = [];
  const error = (_: string, fields?: Readonly<Record<string, unknown>>): void => void said.push(fields?.['times']);
  const quiet = (): void => undefined;
  const defects = createDefects({ debug: quiet, info: quiet, warn: quiet, error }, time.clock);
  return { time, said, defects };
}

test('counted each time, logged once a minute with how often it came', async () => {
  const { time, said, defects } = bench();
  const cause = new Error('the same');
  const fail = (): never => {
    throw cause;
  };
  expect([defects.guarded(() => undefined), defects.guarded(fail), defects.guarded(fail)]).toEqual([
    true,
    false,
    false,
  ]);
  expect(said).toEqual([1]);
  await time.pass(60_000);
  defects.guarded(fail);
  expect([said, defects.count()]).toEqual([[1, 2], 3]);
});

test('another defect is logged at once, also one that is no Error', () => {
  const { said, defects } = bench();
  for (const cause of ['a text', 'another', { odd: true }, null])
    defects.guarded(() => {
      throw cause;
    });
  expect([said, defects.count()]).toEqual([[1, 1, 1, 1], 4]);
});

test('what must not reject is answered for when it does', async () => {
  const { defects } = bench();
  const given = await Promise.all([
    defects.or(
      () => Promise.resolve('well'),
      () => 'instead',
    ),
    defects.or(
      () => Promise.reject(new Error('no')),
      () => 'instead',
    ),
    defects.or(
      () => {
        throw new Error('at once');
      },
      () => 'instead',
    ),
  ]);
  expect([given, defects.count()]).toEqual([['well', 'instead', 'instead'], 2]);
});
