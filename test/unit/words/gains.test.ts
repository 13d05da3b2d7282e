import { expect, test } from 'vitest';
import { explainGains } from '../../../src/words/gains.ts';
import { percent, wordsOf } from '../../../src/words/words.ts';

const say = wordsOf('en');

test.each([
  [0, '0 %'],
  [0.0001, '0.1 %'],
  [0.375, '37.5 %'],
  [0.9949, '99.5 %'],
  [0.9996, '99.9 %'],
  [1, '100 %'],
])('%f is %s: neither all nor nothing where it is not', (share, text) => expect(percent(share, say)).toBe(text));

test('each gain has both of its sides, and one with an unknown side is left out', () => {
  const took = (seconds: number): string => `${seconds}s`;
  expect(
    explainGains(
      {
        availability: { before: 0.9, after: 0.9996 },
        p95Seconds: { before: null, after: 2 },
        fetchCostSeconds: { before: 3, after: 0 },
      },
      took,
      say,
    ),
  ).toEqual(['canary success rate 90 % → 99.9 %', 'fetch cost, failures included: 3s → 0s']);
  expect(explainGains({}, took, say)).toEqual([]);
});
