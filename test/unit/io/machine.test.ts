import { afterEach, expect, test, vi } from 'vitest';
import { countProbingThreads, measureCpuSeconds, measureMemory } from '../../../src/io/machine.ts';

afterEach(() => vi.restoreAllMocks());

test('resident memory is that of Node, in bytes, and part of the virtual memory', () => {
  const { resident = 0, virtual = 0, heap = 0 } = measureMemory();
  expect(resident / process.memoryUsage.rss()).toBeCloseTo(1, 0);
  expect(virtual).toBeGreaterThan(resident);
  expect(heap).toBeGreaterThan(0);
});

test('CPU time is in seconds', () => {
  vi.spyOn(process, 'cpuUsage').mockReturnValue({ user: 2_500_000, system: 250_000 });
  expect(measureCpuSeconds()).toEqual({ user: 2.5, system: 0.25 });
});

test.each([
  [1, 2],
  [2, 2],
  [3, 3],
  [64, 3],
])('on %d cores %d threads probe at most: the heavy one, and a core of their own for the others', (cores, threads) => {
  expect(countProbingThreads(cores)).toBe(threads);
});
