import { expect, test } from 'vitest';
import { quantile } from '../../../src/core/statistics.ts';

test.each([
  ['none', [], 0.5, null],
  ['one', [7], 0.95, 7],
  ['the median of two is the lower', [1, 2], 0.5, 1],
  ['of five', [1, 2, 3, 4, 5], 0.5, 3],
  ['p95 of twenty is the nineteenth', Array.from({ length: 20 }, (_, n) => n + 1), 0.95, 19],
  ['p95 of twenty-one is the twentieth', Array.from({ length: 21 }, (_, n) => n + 1), 0.95, 20],
  ['the least', [1, 2, 3], 0, 1],
  ['the greatest', [1, 2, 3], 1, 3],
] as const)('a quantile is a value that was measured: %s', (_, sorted, q, want) =>
  expect(quantile(sorted, q)).toBe(want),
);
