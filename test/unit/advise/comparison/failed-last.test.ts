import { expect, test } from 'vitest';
import { hasFailedLast } from '../../../../src/advise/comparison/costs.ts';
import { HeadRecord, recordOutcome } from '../../../../src/advise/comparison/record.ts';
import { good } from './answers.ts';

test.each<[string, string, boolean]>([
  ['nothing answered yet', '', false],
  ['three of one weight', 'llxxx', true],
  ['two after a good one', 'xlxx', false],
  ['two light ones and an artifact', 'lxxX', true],
  ['an artifact came well after them', 'lxxxL', false],
  ['a light step did', 'lxXxl', false],
  ['three failures and never a good one', 'xxX', true],
])('the last answers of a head all failed: %s: %s', (_name, answers, want) => {
  const record = new HeadRecord();
  for (const [at, one] of [...answers].entries()) {
    const isHeavy = one === one.toUpperCase();
    recordOutcome(record, good(1_000 * at, 40, { bad: /x/i.test(one), isHeavy }));
  }
  expect(hasFailedLast(record, 3)).toBe(want);
});
