/** A binary heap: the item with the least key first; keys are read once, when an item is pushed. */
export interface Heap<T> {
  push(item: T, key: number): void;
  /** Takes the first item out; `null` when empty. */
  pop(): T | null;
  /** The item that `pop` would take; `null` when empty. */
  first(): T | null;
  /** The least key, `Infinity` when empty. */
  leastKey(): number;
  size(): number;
  clear(): void;
}

/** An empty heap. `push` and `pop` take O(log n). */
export function createHeap<T>(): Heap<T> {
  const nodes: { item: T; key: number }[] = [];

  function keyAt(index: number): number {
    return nodes[index]?.key ?? Number.POSITIVE_INFINITY;
  }
  function swap(one: number, other: number): void {
    const [a, b] = [nodes[one], nodes[other]];
    if (a === undefined || b === undefined) return;
    nodes[one] = b;
    nodes[other] = a;
  }
  function rise(index: number): void {
    let child = index;
    while (child > 0) {
      const parent = (child - 1) >> 1;
      if (keyAt(parent) <= keyAt(child)) return;
      swap(parent, child);
      child = parent;
    }
  }
  function sink(): void {
    let parent = 0;
    while (true) {
      const left = 2 * parent + 1;
      const least = keyAt(left + 1) < keyAt(left) ? left + 1 : left;
      if (keyAt(parent) <= keyAt(least)) return;
      swap(parent, least);
      parent = least;
    }
  }

  return {
    push(item, key) {
      nodes.push({ item, key });
      rise(nodes.length - 1);
    },
    pop() {
      const first = nodes[0];
      const last = nodes.pop();
      if (first === undefined || last === undefined) return null;
      if (nodes.length > 0) {
        nodes[0] = last;
        sink();
      }
      return first.item;
    },
    first: () => nodes[0]?.item ?? null,
    leastKey: () => keyAt(0),
    size: () => nodes.length,
    clear: () => {
      nodes.length = 0;
    },
  };
}
