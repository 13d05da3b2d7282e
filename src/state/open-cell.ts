import { type Reason, reasons } from '../core/failure.ts';
import type { SettledSample } from '../core/sample.ts';
import type { Freshness } from '../core/standing.ts';
import type { TrendCell } from '../core/trend.ts';

/** Adjacent bins differ by 4 %, so values are accurate to 2 %: 0.1 ms to two minutes are about 360 bins. */
const ratio = 1.04;

/** Round trips in logarithmic bins, which give quantiles without storing each value. */
export class Sketch {
  readonly #bins: Map<number, number>;

  /** @param bins  of an earlier one, as `bins()` gave them */
  constructor(bins: Iterable<readonly [bin: number, count: number]> = []) {
    this.#bins = new Map(bins);
  }

  /** @param ms  > 0; other values count as 0.1 ms */
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

/** A cell in progress as stored: what is needed to continue it after a restart. */
export interface OpenCellRow {
  readonly startMs: number;
  /** Ok, failed, unknown, attempts; the longest silence; downloaded bytes and milliseconds. */
  readonly sums: readonly number[];
  readonly bins: readonly (readonly [bin: number, count: number])[];
  readonly failures: readonly (readonly [reason: string, count: number])[];
  readonly lag: readonly [lowerMs: number | null, upperMs: number | null];
}

const known: ReadonlySet<string> = new Set(reasons);

/** A cell in progress. */
export class OpenCell {
  readonly startMs: number;
  #ok = 0;
  #failed = 0;
  #unknown = 0;
  #attempts = 0;
  #silentMs = 0;
  #movedBytes = 0;
  #movedMs = 0;
  #rtts = new Sketch();
  readonly #failures = new Map<Reason, number>();
  #lag: readonly [number | null, number | null] = [null, null];

  constructor(startMs: number) {
    this.startMs = startMs;
  }

  /** Restores a cell; unreadable parts are ignored. */
  static from({ startMs, sums, bins, failures, lag }: OpenCellRow): OpenCell {
    const cell = new OpenCell(startMs);
    const numbers = sums.map((one) => (Number.isFinite(one) && one >= 0 ? one : 0));
    [
      cell.#ok = 0,
      cell.#failed = 0,
      cell.#unknown = 0,
      cell.#attempts = 0,
      cell.#silentMs = 0,
      cell.#movedBytes = 0,
      cell.#movedMs = 0,
    ] = numbers;
    cell.#rtts = new Sketch(bins.filter(([bin, count]) => Number.isInteger(bin) && count > 0));
    for (const [reason, count] of failures) if (known.has(reason)) cell.#failures.set(reason as Reason, count);
    cell.#lag = [lag[0] ?? null, lag[1] ?? null];
    return cell;
  }

  row(): OpenCellRow {
    return {
      startMs: this.startMs,
      sums: [
        this.#ok,
        this.#failed,
        this.#unknown,
        this.#attempts,
        this.#silentMs,
        this.#movedBytes,
        this.#movedMs,
      ].map(Math.round),
      bins: this.#rtts.bins(),
      failures: [...this.#failures],
      lag: this.#lag,
    };
  }

  /** Any scheduled sample of the mirror. */
  take({ outcome, steady }: SettledSample): void {
    if (outcome.tag !== 'unknown') this.#attempts += 1;
    if (outcome.tag === 'failed')
      this.#failures.set(outcome.failure.kind, (this.#failures.get(outcome.failure.kind) ?? 0) + 1);
    if (outcome.tag !== 'ok' || steady === undefined) return;
    this.#movedBytes += steady.bytes;
    this.#movedMs += steady.ms;
  }

  /** Adds a sample of the canary. @param silentMs  the time in this cell without a settled one */
  takeCanary({ outcome, rttMs, cold }: SettledSample, silentMs: number): void {
    this.silent(silentMs);
    if (outcome.tag === 'ok') this.#ok += 1;
    else if (outcome.tag === 'failed') this.#failed += 1;
    else this.#unknown += 1;
    if (outcome.tag === 'ok' && !cold && rttMs !== null) this.#rtts.add(rttMs);
  }

  silent(silentMs: number): void {
    this.#silentMs = Math.max(this.#silentMs, silentMs);
  }

  /** Keeps the bounds of the largest lag. */
  fresh({ lowerMs, upperMs }: Freshness): void {
    if (lowerMs !== null && lowerMs >= (this.#lag[0] ?? 0)) this.#lag = [lowerMs, upperMs];
  }

  /** The cell so far. */
  cell(): TrendCell {
    return {
      startMs: this.startMs,
      ok: this.#ok,
      failed: this.#failed,
      unknown: this.#unknown,
      p50Ms: this.#rtts.quantile(0.5),
      p95Ms: this.#rtts.quantile(0.95),
      silentMs: this.#silentMs,
      attempts: this.#attempts,
      failures: Object.fromEntries(this.#failures),
      bytesPerSecond: this.#movedMs > 0 ? (1_000 * this.#movedBytes) / this.#movedMs : null,
      lagLowerMs: this.#lag[0],
      lagUpperMs: this.#lag[1],
    };
  }
}
