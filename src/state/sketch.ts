/** Neighbouring bins differ by 4 %, so that a value is told to 2 %: 0.1 ms to two minutes are some 360 bins. */
const ratio = 1.04;

/** Round trips by logarithmic bins, whose quantiles can be told without keeping each of them. */
export class Sketch {
  readonly #bins: Map<number, number>;

  /** @param bins  of an earlier one, as `bins()` gave them */
  constructor(bins: Iterable<readonly [bin: number, count: number]> = []) {
    this.#bins = new Map(bins);
  }

  /** @param ms  > 0; what is not counts as a tenth of a millisecond */
  add(ms: number): void {
    const bin = Math.round(Math.log(ms > 0.1 ? ms : 0.1) / Math.log(ratio));
    this.#bins.set(bin, (this.#bins.get(bin) ?? 0) + 1);
  }

  /** By nearest rank, milliseconds; `null` for none. */
  quantile(q: number): number | null {
    const sorted = this.bins().toSorted(([a], [b]) => a - b);
    const count = sorted.reduce((sum, [, more]) => sum + more, 0);
    const rank = Math.max(1, Math.ceil(q * count));
    let seen = 0;
    for (const [bin, more] of sorted) {
      seen += more;
      if (seen >= rank) return ratio ** bin;
    }
    return null;
  }

  bins(): readonly (readonly [bin: number, count: number])[] {
    return [...this.#bins];
  }
}
