import { type Reason, reasons } from '../core/failure.ts';
import type { SettledSample } from '../core/sample.ts';
import type { Freshness } from '../core/standing.ts';
import type { TrendCell } from '../core/trend.ts';

/** Adjacent bins differ by 4 %, so values are accurate to 2 %. */
const ratio = 1.04;

/** Counts round trips in logarithmic bins. So quantiles can be computed without storing each round trip. */
export class Sketch {
  readonly #bins: Map<number, number>;

  /** Creates a sketch. @param bins  counts by bin, as `bins()` of another sketch returns them */
  constructor(bins: Iterable<readonly [bin: number, count: number]> = []) {
    this.#bins = new Map(bins);
  }

  /** Counts a round trip. @param ms  a value below 0.1 counts as 0.1 */
  add(ms: number): void {
    const bin = Math.round(Math.log(ms > 0.1 ? ms : 0.1) / Math.log(ratio));
    this.#bins.set(bin, (this.#bins.get(bin) ?? 0) + 1);
  }

  /** Returns the q-quantile by the nearest-rank method, milliseconds; `null`: no round trips were counted. */
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

export interface OpenCellRow {
  readonly startMs: number;
  /** The sums of the cell, in the order of `sumNames`. */
  readonly sums: readonly number[];
  readonly bins: readonly (readonly [bin: number, count: number])[];
  readonly failures: readonly (readonly [reason: string, count: number])[];
  readonly lag: readonly [lowerMs: number | null, upperMs: number | null];
}

const known: ReadonlySet<string> = new Set(reasons);

/** The order of the sums in a stored row. */
const sumNames = ['ok', 'failed', 'unknown', 'attempts', 'silentMs', 'movedBytes', 'movedMs'] as const;
type Sums = Record<(typeof sumNames)[number], number>;

/** The newest cell of a trend, to which samples are still added. */
export class OpenCell {
  readonly startMs: number;
  readonly #sums: Sums;
  readonly #rtts: Sketch;
  readonly #failures: Map<Reason, number>;
  #lag: readonly [number | null, number | null];

  /** Creates a cell, or restores it from a row. Unreadable parts of the row are ignored. */
  constructor({
    startMs,
    sums = [],
    bins = [],
    failures = [],
    lag,
  }: Pick<OpenCellRow, 'startMs'> & Partial<OpenCellRow>) {
    this.startMs = startMs;
    const isSum = (one: number | undefined): one is number => one !== undefined && Number.isFinite(one) && one >= 0;
    this.#sums = Object.fromEntries(sumNames.map((name, at) => [name, isSum(sums[at]) ? sums[at] : 0])) as Sums;
    this.#rtts = new Sketch(bins.filter(([bin, count]) => Number.isInteger(bin) && count > 0));
    this.#failures = new Map(
      failures.flatMap(([reason, count]) => (known.has(reason) ? [[reason as Reason, count]] : [])),
    );
    this.#lag = [lag?.[0] ?? null, lag?.[1] ?? null];
  }

  row(): OpenCellRow {
    return {
      startMs: this.startMs,
      sums: sumNames.map((name) => Math.round(this.#sums[name])),
      bins: this.#rtts.bins(),
      failures: [...this.#failures],
      lag: this.#lag,
    };
  }

  /** Adds a scheduled sample of any target. */
  take({ outcome, steady }: SettledSample): void {
    if (outcome.tag !== 'unknown') this.#sums.attempts += 1;
    if (outcome.tag === 'failed')
      this.#failures.set(outcome.failure.kind, (this.#failures.get(outcome.failure.kind) ?? 0) + 1);
    if (outcome.tag !== 'ok' || steady === undefined) return;
    this.#sums.movedBytes += steady.bytes;
    this.#sums.movedMs += steady.ms;
  }

  /** Adds a sample of the canary. @param silentMs  the time in this cell since the canary's previous settled sample */
  takeCanary({ outcome, rttMs, cold }: SettledSample, silentMs: number): void {
    this.silent(silentMs);
    this.#sums[outcome.tag] += 1;
    if (outcome.tag === 'ok' && !cold && rttMs !== null) this.#rtts.add(rttMs);
  }

  silent(silentMs: number): void {
    this.#sums.silentMs = Math.max(this.#sums.silentMs, silentMs);
  }

  /** Records a lag. The cell keeps the bounds of the lag with the largest lower bound. */
  fresh({ lowerMs, upperMs }: Freshness): void {
    if (lowerMs !== null && lowerMs >= (this.#lag[0] ?? 0)) this.#lag = [lowerMs, upperMs];
  }

  cell(): TrendCell {
    const { ok, failed, unknown, silentMs, attempts, movedBytes, movedMs } = this.#sums;
    return {
      startMs: this.startMs,
      ok,
      failed,
      unknown,
      p50Ms: this.#rtts.quantile(0.5),
      p95Ms: this.#rtts.quantile(0.95),
      silentMs,
      attempts,
      failures: Object.fromEntries(this.#failures),
      bytesPerSecond: movedMs > 0 ? (1_000 * movedBytes) / movedMs : null,
      lagLowerMs: this.#lag[0],
      lagUpperMs: this.#lag[1],
    };
  }
}
