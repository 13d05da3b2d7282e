interface Entry<T> {
  readonly atMs: number;
  readonly turn: number;
  readonly item: T;
}

/** A queue of items in the order of their times. Items of the same time stay in the order in which they were added. */
export class Queue<T> {
  private readonly heap: Entry<T>[] = [];
  private turns = 0;

  push(atMs: number, item: T): void {
    const { heap } = this;
    const entry = { atMs, turn: this.turns, item };
    this.turns += 1;
    let place = heap.length;
    while (place > 0) {
      const parent = heap[(place - 1) >> 1];
      if (!parent || !isBefore(entry, parent)) break;
      heap[place] = parent;
      place = (place - 1) >> 1;
    }
    heap[place] = entry;
  }

  /** Removes and returns the earliest item; `null`: the queue is empty. */
  pop(): { readonly atMs: number; readonly item: T } | null {
    const { heap } = this;
    const first = heap[0];
    const last = heap.pop();
    if (!first || !last) return null;
    if (heap.length > 0) this.sink(last);
    return first;
  }

  private sink(entry: Entry<T>): void {
    const { heap } = this;
    let place = 0;
    for (;;) {
      let child = 2 * place + 1;
      let below = heap[child];
      const right = heap[child + 1];
      if (below && right && isBefore(right, below)) {
        child += 1;
        below = right;
      }
      if (!below || isBefore(entry, below)) break;
      heap[place] = below;
      place = child;
    }
    heap[place] = entry;
  }
}

function isBefore(one: Entry<unknown>, other: Entry<unknown>): boolean {
  return one.atMs < other.atMs || (one.atMs === other.atMs && one.turn < other.turn);
}
