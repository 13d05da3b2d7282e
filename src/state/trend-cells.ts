import type { Reason } from '../core/failure.ts';
import type { TrendCell } from '../core/trend.ts';

type Figure = Exclude<keyof TrendCell, 'startMs' | 'failures'>;

/** Figures of a cell in their order in a row of the state file; `null` is NaN in the columns. */
export const figures = [
  'ok',
  'failed',
  'unknown',
  'p50Ms',
  'p95Ms',
  'silentMs',
  'attempts',
  'bytesPerSecond',
  'lagLowerMs',
  'lagUpperMs',
] as const satisfies readonly Figure[];

/** What of them is a count or a length, and so never unknown. */
const counts: ReadonlySet<Figure> = new Set<Figure>(['ok', 'failed', 'unknown', 'silentMs', 'attempts']);

/** A cell from its figures; what is no number is unknown, or nothing of what is counted. */
export function cellOf(startMs: number, values: readonly unknown[], failures: TrendCell['failures']): TrendCell {
  const entries = figures.map((name, at) => {
    const value = values[at];
    const isKnown = typeof value === 'number' && Number.isFinite(value) && value >= 0;
    return [name, isKnown ? value : counts.has(name) ? 0 : null];
  });
  return { startMs, ...(Object.fromEntries(entries) as Record<Figure, number>), failures };
}

/**
 * The closed cells of one range of one mirror, in a ring: 48 bytes each, and an object more where something failed. A cell
 * overwrites the one that is a whole range older.
 */
export class TrendCells {
  readonly #cellMs: number;
  readonly #size: number;
  /** `null` until the first cell: most mirrors of a reload have none yet, and 16 MB for 500 of them stop every thread. */
  #columns: Columns | null = null;
  readonly #failures = new Map<number, Readonly<Partial<Record<Reason, number>>>>();

  constructor({ cellMs, cells }: { readonly cellMs: number; readonly cells: number }) {
    this.#cellMs = cellMs;
    this.#size = cells;
  }

  put(cell: TrendCell): void {
    const slot = this.#slotOf(cell.startMs);
    this.#columns ??= emptyColumns(this.#size);
    this.#columns.starts[slot] = cell.startMs;
    this.#columns.values.set(
      figures.map((name) => cell[name] ?? Number.NaN),
      slot * figures.length,
    );
    if (Object.keys(cell.failures).length > 0) this.#failures.set(slot, cell.failures);
    else this.#failures.delete(slot);
  }

  /** Those that began in `[fromMs, toMs)`, oldest first. */
  between(fromMs: number, toMs: number): readonly TrendCell[] {
    if (this.#columns === null) return [];
    const { starts } = this.#columns;
    const first = Math.max(Math.ceil(fromMs / this.#cellMs), Math.ceil(toMs / this.#cellMs) - this.#size);
    const found: TrendCell[] = [];
    for (let at = first; at * this.#cellMs < toMs; at += 1) {
      const slot = this.#slotOf(at * this.#cellMs);
      if (starts[slot] === at * this.#cellMs) found.push(this.#read(this.#columns, slot));
    }
    return found;
  }

  #slotOf(startMs: number): number {
    return Math.round(startMs / this.#cellMs) % this.#size;
  }

  #read({ starts, values }: Columns, slot: number): TrendCell {
    const row = values.subarray(slot * figures.length, (slot + 1) * figures.length);
    return cellOf(starts[slot] ?? 0, [...row], this.#failures.get(slot) ?? {});
  }
}

interface Columns {
  readonly starts: Float64Array;
  /** Times to seven digits. */
  readonly values: Float32Array;
}

function emptyColumns(cells: number): Columns {
  return { starts: new Float64Array(cells).fill(Number.NaN), values: new Float32Array(cells * figures.length) };
}
