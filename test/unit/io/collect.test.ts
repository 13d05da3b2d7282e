import { expect, test } from 'vitest';
import { createCollector, ownHeap } from '../../../src/io/collect.ts';
import { manualTime } from './manual-time.ts';

const mib = 2 ** 20;

function started(leftMib = 12) {
  const time = manualTime();
  const heap = { mib: 12, collections: 0 };
  const collector = createCollector(time.timers, {
    bytes: () => heap.mib * mib,
    collect() {
      heap.collections += 1;
      heap.mib = leftMib;
    },
  });
  return { time, heap, collector };
}

test.each([
  [24, 0],
  [25, 1],
])('a heap of %s MiB after a job is collected %s times, 10 s later', (size, collections) => {
  const { time, heap, collector } = started();
  collector.began();
  heap.mib = size;
  collector.ended();
  time.pass(9_999);
  expect(heap.collections).toBe(0);
  time.pass(1);
  expect(heap.collections).toBe(collections);
  time.pass(60_000);
  expect(heap.collections).toBe(collections);
});

test('no job is running while garbage is collected', () => {
  const { time, heap, collector } = started();
  collector.began();
  collector.began();
  heap.mib = 100;
  collector.ended();
  time.pass(60_000);
  expect(heap.collections).toBe(0);
  collector.ended();
  expect(heap.collections).toBe(1);
});

test('what a collection leaves is not collected again', () => {
  const { time, heap, collector } = started(40);
  for (const [size, collections] of [
    [50, 1],
    [48, 1],
    [49, 2],
  ] as const) {
    heap.mib = size;
    collector.began();
    collector.ended();
    time.pass(10_000);
    expect([size, heap.collections]).toEqual([size, collections]);
  }
});

test('the heap of a thread shrinks when it is collected', () => {
  let held: unknown[] | null = Array.from({ length: 500_000 }, (_, n) => ({ n, text: `${n}` }));
  const full = ownHeap.bytes();
  expect(held.length).toBe(500_000);
  held = null;
  ownHeap.collect();
  expect(full - ownHeap.bytes()).toBeGreaterThan(20 * mib);
});
