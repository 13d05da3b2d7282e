import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Timers } from '../core/ports.ts';

const mib = 1024 * 1024;
/** The wait until a collection: of several large responses in a row, the garbage is collected once. */
const afterMs = 10_000;
/** The usual heap of a thread, and how much more calls for a collection. */
const usualBytes = 16 * mib;
const growthBytes = 8 * mib;

export interface HeapSize {
  /** What the heap has taken from the system, bytes. */
  bytes(): number;
  /** Collects all garbage and returns free pages to the system. */
  collect(): void;
}

/** The heap of this thread. Its collection takes some 50 ms. */
export const ownHeap: HeapSize = {
  bytes: () => getHeapStatistics().total_heap_size,
  collect() {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as NodeJS.GCFunction;
    collect({ type: 'major', execution: 'sync', flavor: 'last-resort' });
  },
};

/**
 * Collects garbage after large responses, at a moment without a running job: a pause would count as a mirror's time.
 * V8 itself collects only when a thread allocates again what it has held.
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
