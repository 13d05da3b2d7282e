import type { Mirror as Configured, Connection } from '../core/mirror.ts';
import type { Now, Row } from '../core/ports.ts';
import { isRowDue } from '../core/row-due.ts';
import type { SettledSample } from '../core/sample.ts';
import type { Freshness } from '../core/standing.ts';
import { type Trend, type TrendCell, type TrendRange, trendGrids, trendRanges } from '../core/trend.ts';
import { OpenCell, type OpenCellRow } from './open-cell.ts';
import { cellsIn, openIn, rowOf, TrendCells, trendRowsOf } from './trend-rows.ts';

/**
 * The maximum number of mirrors whose rows are written in one turn (pass of the main loop), so that no turn takes long.
 */
const writtenAtOnce = 10;

interface Monitored {
  readonly mirrors: readonly Pick<Configured, 'name' | 'url' | 'connections'>[];
}

interface Course {
  readonly closed: TrendCells;
  open: OpenCell | null;
  /** Starts of closed cells that are not yet written. */
  readonly unwritten: number[];
}

interface Mirror {
  readonly url: string;
  readonly connection: Connection;
  readonly courses: Readonly<Record<TrendRange, Course>>;
  /** When the last scheduled sample of the canary was settled, wall milliseconds. */
  lastAtMs: number | null;
  isDirty: boolean;
  /**
   * When the mirror's rows were last written, monotonic milliseconds; `null`: not yet since the start of this process,
   * or since a change of address or connection.
   */
  writtenAtMs: number | null;
}

/**
 * Keeps the history of each mirror over an hour, a day and a week, in table `trend`. It takes about 40 KB for each
 * mirror in memory and in the file, twice that if every cell has failures.
 * @param restored  rows of table `trend`; unreadable rows, and rows of a mirror whose address has changed, are ignored
 */
export function createTrends(config: Monitored, restored: readonly Row[]) {
  let mirrors = new Map<string, Mirror>();

  /**
   * Takes a new configuration. Removed mirrors are dropped. If the address or the measured connection (cold or warm) of
   * a mirror has changed, its trend starts again, empty.
   */
  function replace(next: Monitored): void {
    const before = mirrors;
    mirrors = new Map(
      next.mirrors.map(({ name, url, connections }) => {
        const connection = connections.includes('cold') ? 'cold' : (connections[0] ?? 'cold');
        const old = before.get(name);
        const isSame = old?.url === url && old.connection === connection;
        return [name, isSame ? old : newMirror(url, connection)];
      }),
    );
  }
  replace(config);
  restore(mirrors, restored);

  return {
    /** Adds a sample to the open cells of its mirror. Only scheduled samples count. */
    take(sample: SettledSample, now: Now): void {
      const { target, connection, purpose } = sample.due;
      const mirror = mirrors.get(target.registry);
      if (purpose !== 'scheduled' || mirror === undefined) return;
      const isCanary = target.canary && connection === mirror.connection;
      for (const range of trendRanges) {
        const cell = cellAt(mirror, range, now.wallMs);
        cell.take(sample);
        if (isCanary) cell.takeCanary(sample, silence(mirror, cell.startMs, now.wallMs));
      }
      if (isCanary) mirror.lastAtMs = now.wallMs;
      mirror.isDirty = true;
    },
    fresh(registry: string, freshness: Freshness, now: Now): void {
      const mirror = mirrors.get(registry);
      if (mirror === undefined || freshness.lowerMs === null) return;
      for (const range of trendRanges) cellAt(mirror, range, now.wallMs).fresh(freshness);
      mirror.isDirty = true;
    },
    /**
     * Returns the rows to write: each changed mirror at most once in each minute, and only a few mirrors in one call;
     * with `everything` (at shutdown), all changed mirrors.
     */
    rows(now: Now, everything: boolean): readonly Row[] {
      const isDue = ({ isDirty, writtenAtMs }: Mirror): boolean =>
        isDirty && (everything || isRowDue(writtenAtMs, now.monotonicMs));
      const rows: Row[] = [];
      let room = everything ? mirrors.size : writtenAtOnce;
      for (const [name, mirror] of mirrors) {
        if (room === 0) break;
        if (!isDue(mirror)) continue;
        room -= 1;
        mirror.isDirty = false;
        mirror.writtenAtMs = now.monotonicMs;
        rows.push(...written(name, mirror, now.wallMs));
      }
      return rows;
    },
    of(registry: string, range: TrendRange, now: Now): Trend | null {
      const mirror = mirrors.get(registry);
      return mirror === undefined ? null : trendOf(mirror, range, now.wallMs);
    },
    replace,
  };
}

function newMirror(url: string, connection: Connection): Mirror {
  const course = (range: TrendRange): Course => ({
    closed: new TrendCells(trendGrids[range]),
    open: null,
    unwritten: [],
  });
  return {
    url,
    connection,
    courses: { hour: course('hour'), day: course('day'), week: course('week') },
    lastAtMs: null,
    isDirty: false,
    writtenAtMs: null,
  };
}

/**
 * Returns the open cell for this time, and closes the cell before it. If the wall clock goes back by at most the length
 * of a cell, the open cell stays open.
 */
function cellAt(mirror: Mirror, range: TrendRange, wallMs: number): OpenCell {
  const { cellMs } = trendGrids[range];
  const course = mirror.courses[range];
  const { open } = course;
  const startMs = startOf(range, wallMs);
  if (open !== null && startMs <= open.startMs && open.startMs - startMs <= cellMs) return open;
  if (open !== null) {
    const endMs = open.startMs + cellMs;
    open.silent(silence(mirror, open.startMs, endMs));
    course.closed.put(open.cell());
    course.unwritten.push(open.startMs);
  }
  course.open = new OpenCell({ startMs });
  return course.open;
}

function startOf(range: TrendRange, wallMs: number): number {
  const { cellMs } = trendGrids[range];
  return Math.floor(wallMs / cellMs) * cellMs;
}

/** Returns the time since the canary's last settled sample, or since the start of the cell if that is later. */
function silence({ lastAtMs }: Mirror, startMs: number, wallMs: number): number {
  return Math.max(0, wallMs - Math.max(lastAtMs ?? startMs, startMs));
}

function trendOf(mirror: Mirror, range: TrendRange, wallMs: number): Trend {
  const { cellMs, cells } = trendGrids[range];
  const { closed, open } = mirror.courses[range];
  const fromMs = startOf(range, wallMs) - (cells - 1) * cellMs;
  const isShown = open !== null && open.startMs >= fromMs && open.startMs <= wallMs;
  const before = closed.between(fromMs, isShown ? open.startMs : wallMs);
  const last: readonly TrendCell[] = isShown ? [stillOpen(mirror, open, cellMs, wallMs)] : [];
  return { range, cellMs, fromMs, toMs: wallMs, cells: [...before, ...last] };
}

function stillOpen(mirror: Mirror, open: OpenCell, cellMs: number, wallMs: number): TrendCell {
  const cell = open.cell();
  const untilMs = Math.min(wallMs, open.startMs + cellMs);
  return { ...cell, silentMs: Math.max(cell.silentMs, silence(mirror, open.startMs, untilMs)) };
}

function written(name: string, mirror: Mirror, wallMs: number): readonly Row[] {
  const { url, lastAtMs, courses } = mirror;
  const rows = trendRanges.flatMap((range) => {
    const { closed, unwritten } = courses[range];
    return trendRowsOf({ name, url, range, closed, starts: unwritten.splice(0), wallMs });
  });
  const open = trendRanges.flatMap((range): (readonly [TrendRange, OpenCellRow])[] => {
    const cell = courses[range].open;
    return cell === null ? [] : [[range, cell.row()]];
  });
  return [...rows, rowOf({ name, url, lastAtMs, open, wallMs })];
}

/**
 * Restores the cells, the oldest first: the stored rows cover more time than the ring in memory, and newer cells must
 * replace older ones.
 */
function restore(mirrors: ReadonlyMap<string, Mirror>, rows: readonly Row[]): void {
  const closed = rows.flatMap((row) => cellsIn(row) ?? []);
  for (const { name, url, range, cells } of closed.sort((a, b) => a.fromMs - b.fromMs)) {
    const mirror = mirrors.get(name);
    if (mirror?.url === url) for (const cell of cells) mirror.courses[range].closed.put(cell);
  }
  for (const { name, url, lastAtMs, open } of rows.flatMap((row) => openIn(row) ?? [])) {
    const mirror = mirrors.get(name);
    if (mirror?.url !== url) continue;
    mirror.lastAtMs = lastAtMs;
    for (const [range, cell] of open) mirror.courses[range].open = new OpenCell(cell);
  }
}
