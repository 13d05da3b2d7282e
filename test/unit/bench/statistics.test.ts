import { describe, expect, it } from 'vitest';
import { quantile, spreadOf, summaryOf } from '../../../bench/statistics.ts';

const hundred = Array.from({ length: 100 }, (_, n) => 100 - n);

describe('quantile', () => {
  it.each([
    ['the middle of an odd number', [3, 1, 2], 0.5, 2],
    ['the lower middle of an even number', [4, 1, 3, 2], 0.5, 2],
    ['p99 of a hundred is the second largest', hundred, 0.99, 99],
    ['0 is the least', hundred, 0, 1],
    ['1 is the most', hundred, 1, 100],
    ['one value is every quantile', [7], 0.01, 7],
    ['nothing has none', [], 0.5, Number.NaN],
  ])('%s', (_, values, q, expected) => expect(quantile(values, q)).toBe(expected));

  it('leaves its input in order', () => {
    const values = [3, 1, 2];
    quantile(values, 0.5);
    expect(values).toEqual([3, 1, 2]);
  });
});

describe('summaries', () => {
  it('holds count, median, p99 and worst', () =>
    expect(summaryOf(hundred)).toEqual({ count: 100, median: 50, p99: 99, worst: 100 }));
  it('spreads from least to most', () => expect(spreadOf([5, 9, 7])).toEqual({ median: 7, least: 5, most: 9 }));
});
