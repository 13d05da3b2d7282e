import { hashText, join, uniformOf } from './hash.ts';

/** A sequence of random numbers from a seed and a name. They determine the magnitudes of a world. */
export class Draw {
  readonly #hash: number;
  #count = 0;

  constructor(name: string, seed: number) {
    this.#hash = join(hashText(name), seed);
  }

  /** A number between `low` and `high`, uniformly distributed. */
  between(low: number, high: number): number {
    this.#count += 1;
    return low + (high - low) * uniformOf(this.#hash, this.#count);
  }

  /** A number between `low` and `high` (both > 0), uniformly distributed on a logarithmic scale. */
  scaled(low: number, high: number): number {
    return Math.exp(this.between(Math.log(low), Math.log(high)));
  }

  /** A whole number from `low` to `high`, both included. */
  whole(low: number, high: number): number {
    return Math.floor(this.between(low, high + 1));
  }

  /** True with the probability `share`. */
  chance(share: number): boolean {
    return this.between(0, 1) < share;
  }

  /**
   * One of `items`, all equally likely.
   * @throws RangeError if `items` is empty
   */
  pick<T>(items: readonly T[]): T {
    const item = items[this.whole(0, items.length - 1)];
    if (item === undefined) throw new RangeError('nothing to pick from');
    return item;
  }

  /** `count` different items at random, in the order of `items`; all if there are fewer. */
  some<T>(items: readonly T[], count: number): T[] {
    const left = items.map((_, index) => index);
    const taken: number[] = [];
    while (taken.length < count && left.length > 0) {
      taken.push(...left.splice(this.whole(0, left.length - 1), 1));
    }
    return items.filter((_, index) => taken.includes(index));
  }
}
