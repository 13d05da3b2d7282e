import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Timers } from '../core/ports.ts';

const mib = 1024 * 1024;
/**
 * The wait before a garbage collection, milliseconds, so that one collection covers several large responses in a row.
 */
const afterMs = 10_000;
/**
 * The usual heap size of a thread. `growthBytes`: the growth that causes a garbage collection, above this size or the
 * size after the last collection.
 */
const usualBytes = 16 * mib;
const growthBytes = 8 * mib;

export interface HeapSize {
  /** The memory that the heap has reserved from the system, bytes. */
  bytes(): number;
  /** Collects all garbage and returns free pages to the system. */
  collect(): void;
}

/** The heap of this thread. Collecting its garbage takes some 50 ms. */
export const ownHeap: HeapSize = {
  bytes: () => getHeapStatistics().total_heap_size,
  collect() {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as NodeJS.GCFunction;
    collect({ type: 'major', execution: 'sync', flavor: 'last-resort' });
  },
};

/**
 * Collects garbage after large responses, while no job runs, because a pause would count as a mirror's time. V8 itself
 * starts a full collection only when the thread allocates much again.
 */
export function createCollector(timers: Timers, heap: HeapSize = ownHeap) {
  let running = 0;
  let keptBytes = usualBytes;
  let state: 'clean' | 'waiting' | 'due' = 'clean';

  function collectIfIdle(): void {
    if (state !== 'due' || running > 0) return;
    heap.collect();
    keptBytes = Math.max(usualBytes, heap.bytes());
    state = 'clean';
  }

  return {
    began(): void {
      running += 1;
    },
    ended(): void {
      running -= 1;
      if (state === 'clean' && heap.bytes() > keptBytes + growthBytes) {
        state = 'waiting';
        timers.after(afterMs, () => {
          state = 'due';
          collectIfIdle();
        });
      }
      collectIfIdle();
    },
  };
}
