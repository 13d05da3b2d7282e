import { expect, test } from 'vitest';
import { expectInProportion } from './growth.ts';

const numbers = (size: number): number[] => Array.from({ length: size }, (_, at) => at);

test('work in proportion passes, were it a thousandth of a second or a tenth', () => {
  for (const size of [10, 1_000, 100_000])
    expectInProportion(size, numbers, (all) => all.reduce((sum, one) => sum + one, 0));
});

test.each([20, 500])('what is out of proportion: the square of %i is told', (size) => {
  const pairs = (all: readonly number[]): number => {
    let sum = 0;
    for (const one of all) for (const other of all) sum += one ^ other;
    return sum;
  };
  expect(() => expectInProportion(size, numbers, pairs)).toThrow('out of proportion');
});
