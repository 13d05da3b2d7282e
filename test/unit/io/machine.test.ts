import { afterEach, expect, test, vi } from 'vitest';
import { countProbingThreads, measureResidentBytes } from '../../../src/io/machine.ts';

afterEach(() => vi.restoreAllMocks());

test('resident memory is what the machine says, in bytes', () => {
  vi.spyOn(process.memoryUsage, 'rss').mockReturnValue(123_456);
  expect(measureResidentBytes()).toBe(123_456);
});

test('if the machine does not report it, it is unknown', () => {
  vi.spyOn(process.memoryUsage, 'rss').mockImplementation(() => {
    throw Object.assign(new Error('uv_resident_set_memory'), { code: 'ENOENT' });
  });
  expect(measureResidentBytes()).toBeNull();
});

test.each([
  [1, 2],
  [2, 2],
  [3, 3],
  [64, 3],
])('on %d cores %d threads probe at most: the heavy one, and a core of their own for the others', (cores, threads) => {
  expect(countProbingThreads(cores)).toBe(threads);
});
