import type { Reason } from '../core/failure.ts';
import type { Row } from '../core/ports.ts';
import type { HttpProtocol } from '../core/transcript.ts';
import { contentsOf } from './contents/readings.ts';
import { seriesStateOf, stateOf } from './findings/rule.ts';
import type { Memory } from './memory.ts';
import type { MirrorMemory, SeriesMemory } from './mirror-memory.ts';
import { isShown } from './rules/detour.ts';
import { oneProtocol } from './rules/protocol.ts';

/** A series or mirror without urgent news is written at most this often. */
const writeEveryMs = 60_000;
/** Of all series together at most so many a second in the mean: each row rewrites a page of the file. With 15 000 each comes every ten minutes. */
const rowsPerSecond = 25;
/** What is due is looked for so often: a look walks over all series, and a commit rewrites pages of its own. */
const lookEveryMs = 1_000;
/** Rows of series in one turn, so that a start with 10 000 targets is no burst. */
const rowsPerTurn = 500;

/** The row of a series: its window to the tenth of a millisecond, its streaks, and what it is in. */
export interface SeriesRow {
  readonly v: 1;
  readonly window: readonly number[];
  readonly resolvedVersion: string | null;
  readonly slow: number;
  readonly clear: number;
  /** Wall stamps. */
  readonly spikeSinceMs: number | null;
  readonly shift: { readonly sinceMs: number; readonly fromMs: number } | null;
  readonly isOut: boolean;
  /** How often it was out of late, as of a wall stamp; absent: not at all. */
  readonly damped?: { readonly penalty: number; readonly atMs: number; readonly isByShare: boolean };
}

/** The row of a mirror; each kind of finding adds fields of its own. */
export interface MirrorRow {
  readonly v: 1;
  readonly url: string;
  readonly lastOkAtMs: number | null;
  readonly lastJudgedAtMs: number | null;
  readonly lastOkRttMs: number | null;
  readonly address: string | null;
  /** The address family that it does not answer over, and how that fails; absent: none known. */
  readonly broken?: { readonly family: 4 | 6; readonly reason: Reason };
  /** The HTTP version that it fails over while the other one works, and how; absent: none known. */
  readonly brokenProtocol?: { readonly protocol: HttpProtocol; readonly reason: Reason };
  /** How long the last releases took to arrive, milliseconds; absent: none did. */
  readonly propagations?: readonly number[];
}

/** Keys of table `detector`. */
export const rowKey = {
  series: (id: string) => `series|${id}`,
  mirror: (registry: string) => `mirror|${registry}`,
} as const;

/** Has the row of a mirror written within a minute. @param isDue  with the next turn that writes */
export function rowHasNews({ row }: MirrorMemory, isDue = false): void {
  row.isDirty = true;
  if (isDue) row.writtenAtMs = null;
}

/** Adds the rows of series that opened or closed something in this turn. */
export function writeUrgent(memory: Memory): void {
  for (const series of memory.rowsDue.urgent) writeSeries(memory, series);
  memory.rowsDue.urgent.clear();
}

/** Whether it is time to look for rows that are due: once a second. */
export function isTimeToWrite(memory: Memory): boolean {
  const { monotonicMs } = memory.now;
  if (memory.rowsDue.lookedForRowsAtMs !== null && monotonicMs - memory.rowsDue.lookedForRowsAtMs < lookEveryMs)
    return false;
  memory.rowsDue.lookedForRowsAtMs = monotonicMs;
  return true;
}

/** Adds the rows that are due: each series at most once a minute, less often where there are thousands, or everything at a shutdown. */
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
  // Monotonic stamps mean nothing to the next process: they are kept as wall stamps.
  const wallOf = (monotonicMs: number) => memory.now.wallMs - (memory.now.monotonicMs - monotonicMs);
  const { baseline, spike, shift, outage, target } = series;
  const mirror = memory.mirrors.get(target.registry);
  const about = mirror === undefined ? null : { view: memory, mirror };
  return {
    v: 1,
    window: baseline.window.map((ms) => Math.round(ms * 10) / 10),
    resolvedVersion: baseline.resolvedVersion,
    slow: spike.slow,
    clear: spike.clear,
    spikeSinceMs: spike.sinceMs === null ? null : wallOf(spike.sinceMs),
    shift: shift === null ? null : { sinceMs: wallOf(shift.sinceMs), fromMs: shift.fromMs },
    isOut: outage.isOut,
    ...(about &&
      Object.assign({}, ...memory.rules.map((rule) => rule.writeSeries?.(seriesStateOf(rule, series), about, series)))),
    ...(outage.penalty === 0
      ? {}
      : { damped: { penalty: outage.penalty, atMs: wallOf(outage.penaltyAtMs), isByShare: outage.isByShare } }),
  };
}

function protocolOf({ protocol, mirror }: MirrorMemory): Pick<MirrorRow, 'brokenProtocol'> {
  const one = oneProtocol(protocol.fault, mirror.speaks);
  return one === null ? {} : { brokenProtocol: { protocol: one.broken, reason: one.reason } };
}

function mirrorRow({ rules }: Memory, mirror: MirrorMemory): MirrorRow {
  return {
    v: 1,
    url: mirror.mirror.url,
    lastOkAtMs: mirror.sight.lastOkAtMs,
    lastJudgedAtMs: mirror.sight.lastJudgedAtMs,
    lastOkRttMs: mirror.sight.lastOkRttMs,
    address: mirror.line.address,
    ...Object.assign({}, ...rules.map((rule) => rule.write?.(stateOf(rule, mirror)))),
    ...(mirror.family.detour === null || !isShown(mirror.family.detour)
      ? {}
      : { broken: { family: mirror.family.detour.broken, reason: mirror.family.detour.reason } }),
    ...protocolOf(mirror),
    ...(contentsOf(mirror).propagations.length === 0
      ? {}
      : { propagations: contentsOf(mirror).propagations.map(Math.round) }),
  };
}
