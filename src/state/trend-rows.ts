import { reasons } from '../core/failure.ts';
import type { Row } from '../core/ports.ts';
import { type TrendCell, type TrendRange, trendGrids, trendRanges } from '../core/trend.ts';
import type { OpenCellRow } from './open-cell.ts';
import { cellOf, figures, type TrendCells } from './trend-cells.ts';

/** Cells of one row: about a kilobyte, well below a page of the file. */
const perRow = 12;

/** A closed cell by its place in the row, its figures and why what failed. */
type CellText = readonly [place: number, figures: readonly (number | null)[], failures: TrendCell['failures']];

/** Under `<range>/<place in the ring>/<registry>`: the ring is longer than the range by one row, which is being filled. */
interface CellsRow {
  readonly v: 1;
  readonly url: string;
  readonly fromMs: number;
  readonly cells: readonly CellText[];
}

/** Under `open/<registry>`. */
interface OpenRow {
  readonly v: 1;
  readonly url: string;
  readonly lastAtMs: number | null;
  readonly open: readonly (readonly [TrendRange, OpenCellRow])[];
}

const known: ReadonlySet<string> = new Set(reasons);
const tenths = (value: number | null): number | null => (value === null ? null : Math.round(value * 10) / 10);

/** The rows that hold the cells which began then, each row whole. */
export function rowsOf(of: {
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
  // What was overwritten meanwhile must not stand in the way of what did it.
  return rows.filter(({ value }) => value.cells.length > 0);
}

/** What is still being filled. */
export function rowOf({ name, wallMs, ...of }: Omit<OpenRow, 'v'> & { name: string; wallMs: number }): Row {
  return { table: 'trend', key: `open/${name}`, atMs: wallMs, value: { v: 1, ...of } satisfies OpenRow };
}

/** The cells of a row; `null`: it holds none, or cannot be read. */
export function cellsIn({ key, value }: Row): {
  readonly name: string;
  readonly url: string;
  readonly range: TrendRange;
  readonly fromMs: number;
  readonly cells: readonly TrendCell[];
} | null {
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

/** What was being filled; `null`: it is no such row, or cannot be read. */
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
