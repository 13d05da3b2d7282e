/** A binary heap, the item with the least key first. */
export class Heap<T> {
  readonly #nodes: { item: T; key: number }[] = [];

  push(item: T, key: number): void {
    this.#nodes.push({ item, key });
    let child = this.#nodes.length - 1;
    for (let parent = (child - 1) >> 1; child > 0 && key < this.#keyAt(parent); parent = (child - 1) >> 1) {
      this.#swap(parent, child);
      child = parent;
    }
  }

  pop(): T | null {
    const [first] = this.#nodes;
    const last = this.#nodes.pop();
    if (first === undefined || last === undefined) return null;
    if (this.#nodes.length > 0) {
      this.#nodes[0] = last;
      this.#sink();
    }
    return first.item;
  }

  first(): T | null {
    return this.#nodes[0]?.item ?? null;
  }

  /** The least key; `Infinity` if the heap is empty. */
  leastKey(): number {
    return this.#keyAt(0);
  }

  clear(): void {
    this.#nodes.length = 0;
  }

  #keyAt(index: number): number {
    return this.#nodes[index]?.key ?? Number.POSITIVE_INFINITY;
  }

  #swap(one: number, other: number): void {
    const [a, b] = [this.#nodes[one], this.#nodes[other]];
    if (a === undefined || b === undefined) return;
    this.#nodes[one] = b;
    this.#nodes[other] = a;
  }

  #sink(): void {
    let parent = 0;
    while (true) {
      const left = 2 * parent + 1;
      const least = this.#keyAt(left + 1) < this.#keyAt(left) ? left + 1 : left;
      if (this.#keyAt(parent) <= this.#keyAt(least)) return;
      this.#swap(parent, least);
      parent = least;
    }
  }
}
