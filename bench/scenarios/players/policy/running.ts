/** An exponentially weighted mean. It is a plain mean while few values are known. `null`: no value yet. */
export class Running {
  private readonly pace: number;
  private count = 0;
  private value = 0;
  private square = 0;

  constructor(pace: number) {
    this.pace = pace;
  }

  add(x: number): void {
    this.count += 1;
    const pace = Math.max(this.pace, 1 / this.count);
    const off = x - this.value;
    this.value += pace * off;
    this.square = (1 - pace) * (this.square + pace * off * off);
  }

  get mean(): number | null {
    return this.count > 0 ? this.value : null;
  }

  /** Standard deviation; 0 below two values. */
  get deviation(): number {
    return Math.sqrt(this.square);
  }

  /** Standard error of the mean. With only one value, it is half of that value. */
  get error(): number {
    if (this.count < 2) return Math.abs(this.value) / 2;
    return this.deviation / Math.sqrt(Math.min(this.count, 2 / this.pace - 1));
  }
}

/** A quantile of the last 120 values, computed again after every 12 values; `null`: fewer than ten values. */
export class Quantile {
  private readonly values: number[] = [];
  private readonly share: number;
  private place = 0;
  private seen = 0;
  value: number | null = null;

  constructor(share: number) {
    this.share = share;
  }

  add(x: number): void {
    this.values[this.place] = x;
    this.place = (this.place + 1) % 120;
    this.seen += 1;
    if (this.seen < 10 || (this.seen > 10 && this.seen % 12 !== 0)) return;
    const sorted = Float64Array.from(this.values).sort();
    this.value = sorted[Math.floor(this.share * (sorted.length - 1))] ?? null;
  }
}

/** Counts of all responses and of bad ones over the last 30 minutes, in steps of ten seconds. */
export class Shares {
  private readonly stepMs = 10_000;
  private readonly all = new Float64Array(180);
  private readonly bad = new Float64Array(180);
  private step = 0;

  add(atMs: number, isBad: boolean): void {
    this.advance(atMs);
    const slot = this.step % 180;
    this.all[slot] = (this.all[slot] ?? 0) + 1;
    if (isBad) this.bad[slot] = (this.bad[slot] ?? 0) + 1;
  }

  /** The number of all responses (`n`) and of bad ones (`f`) within the last `overMs` milliseconds, at most 30 min. */
  over(atMs: number, overMs: number): { readonly n: number; readonly f: number } {
    this.advance(atMs);
    let n = 0;
    let f = 0;
    for (let back = 0; back < overMs / this.stepMs; back += 1) {
      const slot = (this.step - back + 180 * 2) % 180;
      n += this.all[slot] ?? 0;
      f += this.bad[slot] ?? 0;
    }
    return { n, f };
  }

  private advance(atMs: number): void {
    const step = Math.floor(atMs / this.stepMs);
    for (let next = Math.max(this.step + 1, step - 179); next <= step; next += 1) {
      this.all[next % 180] = 0;
      this.bad[next % 180] = 0;
    }
    this.step = Math.max(this.step, step);
  }
}
