import { type Finding, findingKinds } from '../core/finding.ts';
import { limits } from '../core/limits.ts';
import { registryOf } from '../core/mirror.ts';
import type { Now, Row } from '../core/ports.ts';
import { isRowDue } from '../core/row-due.ts';
import type { Pause } from '../core/standing.ts';
import { messageFor } from '../words/tell.ts';
import { restoreContents } from './contents/freshness.ts';
import { closeFinding, ruleOf } from './engine/say.ts';
import { applyStep, runKinds } from './engine/step.ts';
import { isNumber, monotonicOf } from './memory/lookups.ts';
import type { Memory } from './memory/memory.ts';
import { type MirrorMemory, type SeriesMemory, seriesOf, seriesStateOf, stateOf } from './memory/mirror-memory.ts';
import type { StoredRow } from './memory/rule.ts';

/** The least time between two rows of a series without urgent changes: a few new round trips hardly move a baseline. */
const writeEveryMs = 15 * 60_000;
/** The same while a series may still be warming: that of its first `earlyRows` rows of a process. */
const writeEarlyMs = 180_000;
const earlyRows = 5;
/** The first rows of a process are written together, after this time at most. */
const firstMs = 60_000;
/** The highest average rate of series rows: with many series, each series is written less often. */
const rowsPerSecond = 8;
/** Not more often: a search visits all changed series. */
const searchEveryMs = 1_000;
/** So that a start with many targets causes no burst. */
const rowsPerTurn = 500;

export const rowKey = {
  series: (id: string) => `series|${id}`,
  mirror: (registry: string) => `mirror|${registry}`,
} as const;

export function writeUrgent(memory: Memory): void {
  for (const series of memory.rowsDue.urgent) writeSeries(memory, series);
  memory.rowsDue.urgent.clear();
}

export function isTimeToWrite(memory: Memory): boolean {
  const { monotonicMs } = memory.now;
  if (memory.rowsDue.searchedRowsAtMs !== null && monotonicMs - memory.rowsDue.searchedRowsAtMs < searchEveryMs)
    return false;
  memory.rowsDue.searchedRowsAtMs = monotonicMs;
  return true;
}

/** Adds the rows that are due; `everything`: all changed ones. */
export function writeDirty(memory: Memory, everything: boolean): void {
  const { monotonicMs } = memory.now;
  const left = everything ? Number.POSITIVE_INFINITY : rowsPerTurn;
  const leastMs = (memory.targets.size * 1_000) / rowsPerSecond;
  const restMs = ({ rowsWritten }: SeriesMemory): number =>
    rowsWritten === 0 ? firstMs : Math.max(leastMs, rowsWritten < earlyRows ? writeEarlyMs : writeEveryMs);
  const due = [...memory.rowsDue.dirty].filter(
    (series) => everything || isRowDue(series.writtenAtMs ?? memory.rowsDue.sinceMs, monotonicMs, restMs(series)),
  );
  // In one order from the first time on, so that rows of one page of the file are written together.
  due.sort((a, b) => (a.id < b.id ? -1 : 1));
  for (const series of due.slice(0, left)) writeSeries(memory, series);
  for (const mirror of memory.mirrors.values()) {
    if (!mirror.row.isDirty || (!everything && !isRowDue(mirror.row.writtenAtMs, monotonicMs))) continue;
    mirror.row.isDirty = false;
    mirror.row.writtenAtMs = memory.now.monotonicMs;
    memory.turn.rows.push(detectorRow(memory, rowKey.mirror(mirror.mirror.name), mirrorRow(memory, mirror)));
  }
}

function writeSeries(memory: Memory, series: SeriesMemory): void {
  memory.rowsDue.dirty.delete(series);
  series.writtenAtMs = memory.now.monotonicMs;
  series.rowsWritten += 1;
  memory.turn.rows.push(detectorRow(memory, rowKey.series(series.id), seriesRow(memory, series)));
}

function detectorRow(memory: Memory, key: string, fields: StoredRow): Row {
  return { table: 'detector', key, atMs: memory.now.wallMs, value: { v: 1, ...fields } };
}

function seriesRow(memory: Memory, series: SeriesMemory): StoredRow {
  const mirror = memory.mirrors.get(series.target.registry);
  if (mirror === undefined) return {};
  const about = { view: memory, mirror };
  return Object.assign(
    {},
    ...memory.rules.map((rule) => rule.writeSeries?.(seriesStateOf(rule, series), about, series)),
  );
}

function mirrorRow({ rules }: Memory, mirror: MirrorMemory): StoredRow {
  const { lastOkAtMs, lastJudgedAtMs, lastOkRttMs } = mirror.sight;
  const own = { url: mirror.mirror.url, lastOkAtMs, lastJudgedAtMs, lastOkRttMs, address: mirror.line.address };
  return Object.assign(own, ...rules.map((rule) => rule.write?.(stateOf(rule, mirror), mirror)));
}

/**
 * Restores the state from rows. Deletes rows of table `detector` that are unreadable or no longer configured. Closes
 * findings whose mirror or rule is gone.
 */
export function restoreRows(memory: Memory, rows: readonly Row[]): void {
  for (const row of rows) if (row.table === 'finding') restoreFinding(memory, row);
  const moved = new Set<string>();
  for (const row of rows) {
    if (row.table === 'detector' && row.key.startsWith('mirror|')) restoreMirror(memory, row, moved);
  }
  for (const row of rows) {
    if (row.table === 'pause') restorePause(memory, row);
    if (row.table === 'detector' && row.key.startsWith('series|')) restoreSeries(memory, row, moved);
    if (row.table !== 'seen') continue;
    if (moved.has(registryOf(row.key))) memory.turn.deletes.push({ table: 'seen', key: row.key });
    else memory.seen.set(row.key, row.atMs);
  }
  restoreContents(memory, rows);
  runKinds(memory, 'start');
  for (const finding of [...memory.open.values()]) {
    const { kind, registry: name, cause } = finding;
    if (name !== null && moved.has(name)) closeFinding(memory, kind, name, messageFor('found.gone', { name }), cause);
    else restoreStanding(memory, finding);
  }
}

function restoreFinding(memory: Memory, row: Row): void {
  const finding = row.value as Finding | null;
  if (finding === null || typeof finding !== 'object' || finding.state !== 'open') return;
  if (!findingKinds.includes(finding.kind) || finding.id !== row.key || !Array.isArray(finding.scope)) return;
  memory.open.set(finding.id, finding);
  const { evidence } = finding;
  memory.findingLog.written.set(finding.id, { evidence, stampMs: row.atMs, atMs: memory.now.monotonicMs });
  memory.findingLog.openSince.set(finding.id, monotonicOf(memory.now, finding.openedAtMs));
}

/** A stored pause that is not over; `null`: it is over, or the row is damaged. */
export function readPause({ value }: Row, { wallMs }: Pick<Now, 'wallMs'>): Pause | null {
  const pause = value as Pause | null;
  return pause !== null && pause.untilMs > wallMs ? pause : null;
}

function restorePause(memory: Memory, row: Row): void {
  const absence = memory.mirrors.get(row.key)?.absence;
  if (absence !== undefined) absence.paused = readPause(row, memory.now);
}

function restoreMirror(memory: Memory, row: Row, moved: Set<string>): void {
  const name = row.key.slice('mirror|'.length);
  const mirror = memory.mirrors.get(name);
  const value = (row.value ?? {}) as StoredRow;
  const { v, url, lastOkAtMs, lastJudgedAtMs, lastOkRttMs, address } = value;
  if (mirror === undefined || v !== 1 || url !== mirror.mirror.url) {
    moved.add(name);
    memory.turn.deletes.push({ table: 'detector', key: row.key });
    return;
  }
  const { sight, line } = mirror;
  sight.lastOkAtMs = numberOf(lastOkAtMs);
  sight.lastJudgedAtMs = numberOf(lastJudgedAtMs);
  sight.lastOkRttMs = numberOf(lastOkRttMs);
  line.address = typeof address === 'string' ? address : null;
  sight.judgedMonotonicMs = sight.lastJudgedAtMs === null ? null : monotonicOf(memory.now, sight.lastJudgedAtMs);
  sight.hasOk = sight.lastOkAtMs !== null && memory.now.wallMs - sight.lastOkAtMs <= limits.baselineAgeMsMax;
  for (const { name: kind, read } of memory.rules) {
    const state = read?.(value, { view: memory, mirror }) ?? null;
    if (state !== null) mirror.states.set(kind, state);
  }
}

function restoreSeries(memory: Memory, row: Row, moved: ReadonlySet<string>): void {
  const id = row.key.slice('series|'.length);
  const cut = id.lastIndexOf('|');
  const target = memory.targets.get(id.slice(0, cut));
  const connection = id.slice(cut + 1);
  const value = (row.value ?? {}) as StoredRow;
  const mirror = target === undefined ? undefined : memory.mirrors.get(target.registry);
  const isReadable = (connection === 'cold' || connection === 'warm') && value['v'] === 1;
  if (target === undefined || mirror === undefined || !isReadable || moved.has(target.registry)) {
    memory.turn.deletes.push({ table: 'detector', key: row.key });
    return;
  }
  const series = seriesOf(mirror, target, connection);
  const about = { view: memory, mirror, atMs: row.atMs };
  for (const rule of memory.rules) {
    const step = rule.readSeries?.(stateOf(rule, mirror), value, series, about);
    if (step === 'unreadable') {
      memory.turn.deletes.push({ table: 'detector', key: row.key });
      return;
    }
    applyStep(memory, rule, mirror, step);
  }
}

function restoreStanding(memory: Memory, finding: Finding): void {
  const { kind, registry, cause } = finding;
  const mirror = registry === null ? undefined : memory.mirrors.get(registry);
  const rule = ruleOf(memory.rules, finding);
  if (mirror !== undefined && rule?.resume === undefined) return;
  const step = mirror && rule?.resume?.(stateOf(rule, mirror), finding, { view: memory, mirror });
  // Findings about this daemon start again with each process.
  if (mirror === undefined || rule === null || step === undefined || step === 'gone')
    closeFinding(memory, kind, registry, {}, cause);
  else applyStep(memory, rule, mirror, step);
}

function numberOf(value: unknown): number | null {
  return isNumber(value) ? value : null;
}
