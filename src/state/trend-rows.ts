import { type Reason, reasons } from '../core/failure.ts';
import type { Row } from '../core/ports.ts';
import { type TrendCell, type TrendRange, trendGrids, trendRanges } from '../core/trend.ts';
import type { OpenCellRow } from './open-cell.ts';

/** The number of cells in a row. A row then has about a kilobyte, well below a page of the database file. */
const perRow = 12;

type CellText = readonly [place: number, figures: readonly (number | null)[], failures: TrendCell['failures']];

/**
 * A row of closed cells of a mirror (cells whose time is over). Its key is `<range>/<position in the ring>/<registry>`.
 * The ring is a fixed number of rows that are reused in turn. It has one row more than the range needs.
 */
interface CellsRow {
  readonly v: 1;
  readonly url: string;
  readonly fromMs: number;
  readonly cells: readonly CellText[];
}

/** The row with the open cells of a mirror (cells to which samples are still added). Its key is `open/<registry>`. */
interface OpenRow {
  readonly v: 1;
  readonly url: string;
  readonly lastAtMs: number | null;
  readonly open: readonly (readonly [TrendRange, OpenCellRow])[];
}

const known: ReadonlySet<string> = new Set(reasons);
const tenths = (value: number | null): number | null => (value === null ? null : Math.round(value * 10) / 10);

/** Returns the complete rows that contain the cells with these start times. */
export function trendRowsOf(of: {
  readonly name: string;
  readonly url: string;
  readonly range: TrendRange;
  readonly closed: TrendCells;
  readonly starts: readonly number[];
  readonly wallMs: number;
}): readonly Row[] {
  const { cellMs, cells } = trendGrids[of.range];
  const rowMs = perRow * cellMs;
  const ring = cells / perRow + 1;
  const rows = [...new Set(of.starts.map((startMs) => Math.floor(startMs / rowMs)))].map((at) => {
    const fromMs = at * rowMs;
    const value: CellsRow = {
      v: 1,
      url: of.url,
      fromMs,
      cells: of.closed
        .between(fromMs, fromMs + rowMs)
        .map((cell) => [
          Math.round((cell.startMs - fromMs) / cellMs),
          figures.map((name) => tenths(cell[name])),
          cell.failures,
        ]),
    };
    return { table: 'trend' as const, key: `${of.range}/${at % ring}/${of.name}`, atMs: of.wallMs, value };
  });
  // A row whose cells were all replaced must not overwrite the newer row in the file.
  return rows.filter(({ value }) => value.cells.length > 0);
}

export function rowOf({ name, wallMs, ...of }: Omit<OpenRow, 'v'> & { name: string; wallMs: number }): Row {
  return { table: 'trend', key: `open/${name}`, atMs: wallMs, value: { v: 1, ...of } satisfies OpenRow };
}

export function cellsIn({ key, value }: Row) {
  const [, word, name] = /^(\w+)\/\d+\/(.*)$/s.exec(key) ?? [];
  const range = trendRanges.find((one) => one === word);
  const { v, url, fromMs, cells } = (value ?? {}) as Partial<CellsRow>;
  if (range === undefined || name === undefined || v !== 1 || typeof url !== 'string') return null;
  const { cellMs } = trendGrids[range];
  if (!isTime(fromMs) || fromMs % cellMs !== 0 || !Array.isArray(cells)) return null;
  const read = (cells as readonly CellText[]).flatMap(([place, values, failures]) =>
    Number.isInteger(place) && place >= 0 && place < perRow && Array.isArray(values)
      ? [cellOf(fromMs + place * cellMs, values, failuresIn(failures))]
      : [],
  );
  return { name, url, range, fromMs, cells: read };
}

export function openIn({ key, value }: Row): (Omit<OpenRow, 'v'> & { readonly name: string }) | null {
  const { v, url, lastAtMs, open } = (value ?? {}) as Partial<OpenRow>;
  if (!key.startsWith('open/') || v !== 1 || typeof url !== 'string' || !Array.isArray(open)) return null;
  const cells = (open as OpenRow['open']).filter(
    ([range, cell]) =>
      trendRanges.includes(range) && isTime(cell.startMs) && cell.startMs % trendGrids[range].cellMs === 0,
  );
  return { name: key.slice('open/'.length), url, lastAtMs: isTime(lastAtMs) ? lastAtMs : null, open: cells };
}

function isTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}

function failuresIn(value: unknown): TrendCell['failures'] {
  const entries = Object.entries((value ?? {}) as Readonly<Record<string, unknown>>);
  return Object.fromEntries(entries.filter(([reason, count]) => known.has(reason) && isTime(count)));
}

type Figure = Exclude<keyof TrendCell, 'startMs' | 'failures'>;

/** The figures of a cell, in the order in which a row stores them. */
const figures = [
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

/** Figures that are never unknown. */
const counts: ReadonlySet<Figure> = new Set<Figure>(['ok', 'failed', 'unknown', 'silentMs', 'attempts']);

/** Builds a cell from stored values. An invalid figure becomes `null`, or 0 if it is one of `counts`. */
function cellOf(startMs: number, values: readonly unknown[], failures: TrendCell['failures']): TrendCell {
  const entries = figures.map((name, at) => {
    const value = values[at];
    const isKnown = typeof value === 'number' && Number.isFinite(value) && value >= 0;
    return [name, isKnown ? value : counts.has(name) ? 0 : null];
  });
  return { startMs, ...(Object.fromEntries(entries) as Record<Figure, number>), failures };
}

/**
 * Keeps the closed cells of one mirror and one range in a ring. A cell takes 48 bytes, and an object if something
 * failed.
 */
export class TrendCells {
  readonly #cellMs: number;
  readonly #size: number;
  /**
   * `null` until the first cell. Otherwise a reload with 500 mirrors would allocate 16 MB at once, which stops every
   * thread.
   */
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

  /** Returns the cells that start in `[fromMs, toMs)`, oldest first. */
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
  /** The figures of all cells, to seven digits. */
  readonly values: Float32Array;
}

function emptyColumns(cells: number): Columns {
  return { starts: new Float64Array(cells).fill(Number.NaN), values: new Float32Array(cells * figures.length) };
}
