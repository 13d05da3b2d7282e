import { type Finding, findingKinds } from '../core/finding.ts';
import { limits } from '../core/limits.ts';
import type { Row } from '../core/ports.ts';
import { restoreContents } from './contents/freshness.ts';
import { closeFinding, ruleOf } from './engine/say.ts';
import { applyStep, runKinds } from './engine/step.ts';
import { isNumber, monotonicOf } from './lookups.ts';
import type { Memory } from './memory.ts';
import { type MirrorMemory, seriesOf, stateOf } from './mirror-memory.ts';
import type { MirrorRow, SeriesRow } from './rows.ts';

/**
 * Restores open findings, baselines of up to a day, and notes of earlier successes. Unreadable rows and rows of things not
 * configured are deleted; findings without support are closed.
 */
export function restore(memory: Memory, rows: readonly Row[]): void {
  for (const row of rows) if (row.table === 'finding') restoreFinding(memory, row);
  const moved = new Set<string>();
  for (const row of rows) {
    if (row.table === 'detector' && row.key.startsWith('mirror|')) restoreMirror(memory, row, moved);
  }
  for (const row of rows) {
    if (row.table === 'detector' && row.key.startsWith('series|')) restoreSeries(memory, row, moved);
    if (row.table === 'seen') memory.seen.set(row.key, row.atMs);
  }
  restoreContents(memory, rows);
  runKinds(memory, 'start');
  for (const finding of [...memory.open.values()]) restoreStanding(memory, finding);
}

function restoreFinding(memory: Memory, row: Row): void {
  const finding = row.value as Finding | null;
  if (finding === null || typeof finding !== 'object' || finding.state !== 'open') return;
  if (!findingKinds.includes(finding.kind) || finding.id !== row.key || !Array.isArray(finding.scope)) return;
  memory.open.set(finding.id, finding);
  const { evidence } = finding;
  memory.findingLog.writtenFindings.set(finding.id, { evidence, stampMs: row.atMs, atMs: memory.now.monotonicMs });
  memory.findingLog.openSince.set(finding.id, monotonicOf(memory.now, finding.openedAtMs));
}

function restoreMirror(memory: Memory, row: Row, moved: Set<string>): void {
  const name = row.key.slice('mirror|'.length);
  const mirror = memory.mirrors.get(name);
  const value = row.value as Partial<MirrorRow> | null;
  if (mirror === undefined || value === null || value.v !== 1 || value.url !== mirror.mirror.url) {
    moved.add(name);
    memory.turn.deletes.push({ table: 'detector', key: row.key });
    return;
  }
  mirror.sight.lastOkAtMs = numberOf(value.lastOkAtMs);
  mirror.sight.lastJudgedAtMs = numberOf(value.lastJudgedAtMs);
  mirror.sight.lastOkRttMs = numberOf(value.lastOkRttMs);
  mirror.line.address = typeof value.address === 'string' ? value.address : null;
  mirror.sight.judgedMonotonicMs =
    mirror.sight.lastJudgedAtMs === null ? null : monotonicOf(memory.now, mirror.sight.lastJudgedAtMs);
  mirror.sight.hasOk =
    mirror.sight.lastOkAtMs !== null && memory.now.wallMs - mirror.sight.lastOkAtMs <= limits.baselineAgeMsMax;
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
  const value = row.value as Partial<SeriesRow> | null;
  const mirror = target === undefined ? undefined : memory.mirrors.get(target.registry);
  const isReadable = (connection === 'cold' || connection === 'warm') && value?.v === 1;
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

/** Closes an open finding without support: it would never end. */
function restoreStanding(memory: Memory, finding: Finding): void {
  const { kind, registry } = finding;
  const mirror = registry === null ? undefined : memory.mirrors.get(registry);
  // Findings about this daemon start again with each process.
  if (mirror === undefined || !isSupported(memory, mirror, finding))
    closeFinding(memory, kind, registry, {}, finding.cause);
}

/** Lets the finding's kind resume it; `false`: nothing supports it any more. */
function isSupported(memory: Memory, mirror: MirrorMemory, finding: Finding): boolean {
  const rule = ruleOf(memory.rules, finding);
  if (rule?.resume === undefined) return true;
  const step = rule.resume(stateOf(rule, mirror), finding, { view: memory, mirror });
  if (step === 'gone') return false;
  applyStep(memory, rule, mirror, step);
  return true;
}

function numberOf(value: unknown): number | null {
  return isNumber(value) ? value : null;
}
