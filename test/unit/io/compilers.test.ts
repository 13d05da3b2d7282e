import { expect, it } from 'vitest';
import { startOptimizing } from '../../../src/io/compilers.ts';

it('excuses work that began before the first time it is asked, and no later work', () => {
  expect(startOptimizing(900, 1_000)).toBe(false);
  expect(startOptimizing(950, 1_100)).toBe(false);
  expect(startOptimizing(1_050, 1_200)).toBe(true);
});
