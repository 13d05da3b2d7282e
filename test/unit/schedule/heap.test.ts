import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Heap } from '../../../src/schedule/heap.ts';

it('gives items back by key, least first, whatever order they came in', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -50, max: 50 })), (keys) => {
      const heap = new Heap<number>();
      for (const key of keys) heap.push(key, key);
      expect(heap.size()).toBe(keys.length);
      expect(heap.leastKey()).toBe(Math.min(Number.POSITIVE_INFINITY, ...keys));
      const out: number[] = [];
      for (let item = heap.pop(); item !== null; item = heap.pop()) out.push(item);
      expect(out).toEqual([...keys].sort((a, b) => a - b));
    }),
  );
});

it('is empty after clear', () => {
  const heap = new Heap<string>();
  heap.push('a', 1);
  heap.clear();
  expect([heap.pop(), heap.size(), heap.leastKey()]).toEqual([null, 0, Number.POSITIVE_INFINITY]);
});
