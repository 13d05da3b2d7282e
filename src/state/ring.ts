/** The last `size` items, oldest first. Pushing past the end forgets the oldest. */
export class Ring<T> {
  readonly #size: number;
  #items: T[] = [];

  /** @throws RangeError when `size` is not a positive integer: the caller's defect. */
  constructor(size: number) {
    if (!Number.isInteger(size) || size < 1) throw new RangeError('a ring holds at least one item');
    this.#size = size;
  }

  /** Adds an item; gives those that fell out. @param room  fewer than `size` that may stay from now on */
  push(item: T, room = this.#size): readonly T[] {
    this.#items.push(item);
    return this.#items.splice(0, Math.max(0, this.#items.length - Math.min(room, this.#size)));
  }

  /** Oldest first. */
  items(): readonly T[] {
    return this.#items;
  }
}
