import type { Row } from '../core/ports.ts';
import type { StoredRow } from './findings/rule.ts';
import type { Memory } from './memory.ts';
import { type MirrorMemory, type SeriesMemory, seriesStateOf, stateOf } from './mirror-memory.ts';

/** A changed series or mirror without urgent changes is written at most this often. */
const writeEveryMs = 60_000;
/**
 * The average rate of series rows: each one rewrites a page of the file. With 15 000 series each is written every ten
 * minutes.
 */
const rowsPerSecond = 25;
/** How often due rows are searched: a search visits all series, and each commit rewrites pages. */
const lookEveryMs = 1_000;
/** The most series rows of one turn, so that a start with 10 000 targets causes no burst. */
const rowsPerTurn = 500;

/** The row of a series; each kind of finding adds its state. */
export interface SeriesRow extends StoredRow {
  readonly v: 1;
}

/** The row of a mirror; each kind of finding adds fields of its own. */
export interface MirrorRow extends StoredRow {
  readonly v: 1;
  readonly url: string;
  readonly lastOkAtMs: number | null;
  readonly lastJudgedAtMs: number | null;
  readonly lastOkRttMs: number | null;
  readonly address: string | null;
}

/** Keys of table `detector`. */
export const rowKey = {
  series: (id: string) => `series|${id}`,
  mirror: (registry: string) => `mirror|${registry}`,
} as const;

/** Adds the rows of series with a finding opened or closed in this turn. */
export function writeUrgent(memory: Memory): void {
  for (const series of memory.rowsDue.urgent) writeSeries(memory, series);
  memory.rowsDue.urgent.clear();
}

/** True once a second: time to search for due rows. */
export function isTimeToWrite(memory: Memory): boolean {
  const { monotonicMs } = memory.now;
  if (memory.rowsDue.lookedForRowsAtMs !== null && monotonicMs - memory.rowsDue.lookedForRowsAtMs < lookEveryMs)
    return false;
  memory.rowsDue.lookedForRowsAtMs = monotonicMs;
  return true;
}

/** Adds the due rows: each series at most once a minute, less often with thousands; all of them at a shutdown. */
export function writeDirty(memory: Memory, everything: boolean): void {
  let left = everything ? Number.POSITIVE_INFINITY : rowsPerTurn;
  const restMs = Math.max(writeEveryMs, (memory.targets.size * 1_000) / rowsPerSecond);
  for (const series of memory.rowsDue.dirty) {
    if (left <= 0) break;
    if (!everything && !isDue(memory, series.writtenAtMs, restMs)) continue;
    writeSeries(memory, series);
    left -= 1;
  }
  for (const mirror of memory.mirrors.values()) {
    if (!mirror.row.isDirty || (!everything && !isDue(memory, mirror.row.writtenAtMs, writeEveryMs))) continue;
    mirror.row.isDirty = false;
    mirror.row.writtenAtMs = memory.now.monotonicMs;
    memory.turn.rows.push(detectorRow(memory, rowKey.mirror(mirror.mirror.name), mirrorRow(memory, mirror)));
  }
}

function isDue(memory: Memory, writtenAtMs: number | null, restMs: number): boolean {
  return writtenAtMs === null || memory.now.monotonicMs - writtenAtMs >= restMs;
}

function writeSeries(memory: Memory, series: SeriesMemory): void {
  memory.rowsDue.dirty.delete(series);
  series.writtenAtMs = memory.now.monotonicMs;
  memory.turn.rows.push(detectorRow(memory, rowKey.series(series.id), seriesRow(memory, series)));
}

function detectorRow(memory: Memory, key: string, value: SeriesRow | MirrorRow): Row {
  return { table: 'detector', key, atMs: memory.now.wallMs, value };
}

function seriesRow(memory: Memory, series: SeriesMemory): SeriesRow {
  const mirror = memory.mirrors.get(series.target.registry);
  if (mirror === undefined) return { v: 1 };
  const about = { view: memory, mirror };
  const fields = memory.rules.map((rule) => rule.writeSeries?.(seriesStateOf(rule, series), about, series));
  return Object.assign({ v: 1 as const }, ...fields);
}

function mirrorRow({ rules }: Memory, mirror: MirrorMemory): MirrorRow {
  return {
    v: 1,
    url: mirror.mirror.url,
    lastOkAtMs: mirror.sight.lastOkAtMs,
    lastJudgedAtMs: mirror.sight.lastJudgedAtMs,
    lastOkRttMs: mirror.sight.lastOkRttMs,
    address: mirror.line.address,
    ...Object.assign({}, ...rules.map((rule) => rule.write?.(stateOf(rule, mirror), mirror))),
  };
}
