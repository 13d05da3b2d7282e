import { type Finding, findingKinds } from '../core/finding.ts';
import { limits } from '../core/limits.ts';
import { registryOf } from '../core/mirror.ts';
import type { Now, Row } from '../core/ports.ts';
import { isRowDue } from '../core/row-due.ts';
import type { Pause } from '../core/standing.ts';
import { messageFor } from '../words/tell.ts';
import { restoreContents } from './contents/rows.ts';
import { closeFinding, recordFindingRow, ruleOf } from './engine/say.ts';
import { applyStep, runKinds } from './engine/step.ts';
import { isNumber, monotonicOf } from './memory/lookups.ts';
import type { Memory } from './memory/memory.ts';
import { type MirrorMemory, type SeriesMemory, seriesOf, seriesStateOf, stateOf } from './memory/mirror-memory.ts';
import type { StoredRow } from './memory/rule.ts';

/**
 * A series' row is written at most once in each period of this length (`isRowDue`), unless a change is urgent. A few
 * new round trips hardly move a baseline. Milliseconds.
 */
const writeEveryMs = 15 * 60_000;
/**
 * The period in place of `writeEveryMs` for the first `earlyRows` writes of a series in a process. The baseline of the
 * series may still be warming up then. Milliseconds.
 */
const writeEarlyMs = 180_000;
const earlyRows = 5;
/**
 * The maximum time until the first row of a series is written in a process, milliseconds. First rows of all series are
 * written together.
 */
const firstMs = 60_000;
/** The highest average rate of series rows, rows per second. With many series, each series is written less often. */
const rowsPerSecond = 8;
/**
 * The maximum number of series rows per turn of the main loop. So a start of the daemon with many targets causes no
 * burst of writes.
 */
const rowsPerTurn = 500;

export const rowKey = {
  series: (id: string) => `series|${id}`,
  mirror: (registry: string) => `mirror|${registry}`,
} as const;

export function writeUrgent(memory: Memory): void {
  for (const series of memory.rowsDue.urgent) writeSeries(memory, series);
  memory.rowsDue.urgent.clear();
}

/**
 * Adds rows to the result of the turn (of the main loop) if it is time to write them. If `everything` is true, adds all
 * changed rows.
 */
export function writeDirty(memory: Memory, everything: boolean): void {
  const { monotonicMs } = memory.now;
  const left = everything ? Number.POSITIVE_INFINITY : rowsPerTurn;
  const leastMs = (memory.targets.size * 1_000) / rowsPerSecond;
  const restMs = ({ rowsWritten }: SeriesMemory): number =>
    rowsWritten === 0 ? firstMs : Math.max(leastMs, rowsWritten < earlyRows ? writeEarlyMs : writeEveryMs);
  const due = [...memory.rowsDue.dirty].filter(
    (series) => everything || isRowDue(series.writtenAtMs ?? memory.startedMs, monotonicMs, restMs(series)),
  );
  // The order is always the same, so that rows of one page of the database file are written together.
  due.sort((a, b) => (a.id < b.id ? -1 : 1));
  for (const series of due.slice(0, left)) writeSeries(memory, series);
  for (const mirror of memory.mirrors.values()) {
    if (!mirror.row.isDirty || (!everything && !isRowDue(mirror.row.writtenAtMs, monotonicMs))) continue;
    Object.assign(mirror.row, { isDirty: false, writtenAtMs: monotonicMs });
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
    ...memory.rules.with('writeSeries').map((rule) => rule.writeSeries?.(seriesStateOf(rule, series), about, series)),
  );
}

function mirrorRow({ rules }: Memory, mirror: MirrorMemory): StoredRow {
  const { lastOkAtMs, lastJudgedAtMs, lastOkRttMs } = mirror.sight;
  const own = { url: mirror.mirror.url, lastOkAtMs, lastJudgedAtMs, lastOkRttMs, address: mirror.line.address };
  return Object.assign(own, ...rules.with('write').map((rule) => rule.write?.(stateOf(rule, mirror), mirror)));
}

/**
 * Restores the state from rows. Deletes rows of table `detector` that are unreadable, or that are about mirrors or
 * targets no longer configured. Closes findings about this daemon, findings whose mirror or rule is gone, and findings
 * that no restored state supports.
 */
export function restoreRows(memory: Memory, rows: readonly Row[]): void {
  for (const row of rows) if (row.table === 'finding') restoreFinding(memory, row);
  const moved = new Set<string>();
  for (const row of rows) {
    if (row.table !== 'detector' || !row.key.startsWith('mirror|')) continue;
    const name = row.key.slice('mirror|'.length);
    if (restoreMirror(memory, name, row)) continue;
    moved.add(name);
    memory.turn.deletes.push({ table: 'detector', key: row.key });
  }
  for (const row of rows) {
    const paused = row.table === 'pause' ? memory.mirrors.get(row.key) : undefined;
    if (paused !== undefined) paused.absence.paused = readPause(row, memory.now);
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
  recordFindingRow(memory, finding, row.atMs);
  memory.findingLog.openSince.set(finding.id, monotonicOf(memory.now, finding.openedAtMs));
}

/** A stored pause that is not over; `null`: the pause is over, or the row is damaged. */
export function readPause({ value }: Row, { wallMs }: Pick<Now, 'wallMs'>): Pause | null {
  const pause = value as Pause | null;
  return pause !== null && pause.untilMs > wallMs ? pause : null;
}

/** Restores a mirror from its row. Returns false if the row is unreadable or of another mirror. */
function restoreMirror(memory: Memory, name: string, row: Row): boolean {
  const mirror = memory.mirrors.get(name);
  const value = (row.value ?? {}) as StoredRow;
  if (mirror === undefined || value['v'] !== 1 || value['url'] !== mirror.mirror.url) return false;
  restoreSight(mirror, value, memory.now);
  for (const { name: kind, read } of memory.rules.with('read')) {
    const state = read?.(value, { view: memory, mirror }) ?? null;
    if (state !== null) mirror.states.set(kind, state);
  }
  return true;
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
  for (const rule of memory.rules.with('readSeries')) {
    const step = rule.readSeries?.(stateOf(rule, mirror), value, series, about);
    if (step === 'unreadable') {
      memory.turn.deletes.push({ table: 'detector', key: row.key });
      return;
    }
    applyStep(memory, rule, mirror, step);
  }
}

function resumeOwn(memory: Memory, finding: Finding): boolean {
  const about = { view: memory, suspicions: memory.confirm.suspicions };
  for (const rule of memory.ownRules) {
    const own = rule.kind === finding.kind ? rule.resume?.(stateOf(rule, memory.us), finding, about) : null;
    if (own == null) continue;
    memory.us.states.set(rule.name, own);
    return true;
  }
  return false;
}

function restoreStanding(memory: Memory, finding: Finding): void {
  const { kind, registry, cause } = finding;
  const mirror = registry === null ? undefined : memory.mirrors.get(registry);
  const rule = ruleOf(memory.rules.all, finding);
  if (mirror !== undefined && rule?.resume === undefined) return;
  const step = mirror && rule?.resume?.(stateOf(rule, mirror), finding, { view: memory, mirror });
  if (registry === null && resumeOwn(memory, finding)) return;
  // Other findings about this daemon (without a mirror) are closed: each process judges itself anew.
  if (mirror === undefined || rule === null || step === undefined || step === 'gone')
    closeFinding(memory, kind, registry, {}, cause);
  else applyStep(memory, rule, mirror, step);
}

function restoreSight({ sight, line }: MirrorMemory, row: StoredRow, now: Now): void {
  const { lastOkAtMs, lastJudgedAtMs, lastOkRttMs, address } = row;
  sight.lastOkAtMs = numberOf(lastOkAtMs);
  sight.lastJudgedAtMs = numberOf(lastJudgedAtMs);
  sight.lastOkRttMs = numberOf(lastOkRttMs);
  line.address = typeof address === 'string' ? address : null;
  sight.judgedMonotonicMs = sight.lastJudgedAtMs === null ? null : monotonicOf(now, sight.lastJudgedAtMs);
  sight.hasOk = sight.lastOkAtMs !== null && now.wallMs - sight.lastOkAtMs <= limits.baselineAgeMsMax;
}

function numberOf(value: unknown): number | null {
  return isNumber(value) ? value : null;
}
