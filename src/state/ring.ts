/** The last `size` items, oldest first. Pushing past the end forgets the oldest. */
export class Ring<T> {
  readonly #size: number;
  #items: T[] = [];

  /** @throws RangeError when `size` is not a positive integer: the caller's defect. */
  constructor(size: number) {
    if (!Number.isInteger(size) || size < 1) throw new RangeError('a ring holds at least one item');
    this.#size = size;
  }

  /** Adds an item; gives the one that fell out, or `undefined`. */
  push(item: T): T | undefined {
    this.#items.push(item);
    return this.#items.length > this.#size ? this.#items.shift() : undefined;
  }

  /** Oldest first. */
  items(): readonly T[] {
    return this.#items;
  }

  last(): T | undefined {
    return this.#items.at(-1);
  }
}
