import { describe, expect, test } from 'vitest';
import { quantile } from '../../../src/core/statistics.ts';
import { Ring } from '../../../src/state/points.ts';

describe('a ring', () => {
  test('keeps the last so many, oldest first, and gives back what falls out', () => {
    const ring = new Ring<number>(2);
    expect(ring.items()).toEqual([]);
    expect([1, 2, 3, 4].map((n) => ring.push(n))).toEqual([[], [], [1], [2]]);
    expect(ring.items()).toEqual([3, 4]);
    expect([ring.push(5, 1), ring.push(6, 9), ring.items()]).toEqual([[3, 4], [], [5, 6]]);
  });
  test.each([0, -1, 1.5, Number.NaN])('of %s items is a defect', (size) => {
    expect(() => new Ring(size)).toThrow(RangeError);
  });
});

describe('a quantile is a value that was measured', () => {
  test.each([
    ['none', [], 0.5, null],
    ['one', [7], 0.95, 7],
    ['the median of two is the lower', [1, 2], 0.5, 1],
    ['of five', [1, 2, 3, 4, 5], 0.5, 3],
    ['p95 of twenty is the nineteenth', Array.from({ length: 20 }, (_, n) => n + 1), 0.95, 19],
    ['p95 of twenty-one is the twentieth', Array.from({ length: 21 }, (_, n) => n + 1), 0.95, 20],
    ['the least', [1, 2, 3], 0, 1],
    ['the greatest', [1, 2, 3], 1, 3],
  ] as const)('%s', (_, sorted, q, want) => {
    expect(quantile(sorted, q)).toBe(want);
  });
});
