import { reasons } from '../core/failure.ts';
import { type Finding, findingKinds } from '../core/finding.ts';
import { limits } from '../core/limits.ts';
import type { Row } from '../core/ports.ts';
import { restoreContents } from './contents/freshness.ts';
import { contentsOf } from './contents/readings.ts';
import { closeFinding } from './engine/say.ts';
import { alignKinds, carryOut } from './engine/step.ts';
import { ruleOf, stateOf } from './findings/rule.ts';
import { openFinding, seriesOf, targetsOf } from './lookups.ts';
import type { Memory } from './memory.ts';
import type { MirrorMemory, SeriesMemory } from './mirror-memory.ts';
import type { MirrorRow, SeriesRow } from './rows.ts';
import { withWindow } from './rules/baseline.ts';
import { newDetour } from './rules/detour.ts';
import { noOutage } from './rules/outage.ts';
import { restoredFault } from './rules/protocol.ts';
import { canaryFirst } from './rules/says.ts';
import { noSpike } from './rules/spike.ts';

/**
 * Takes up what the last process knew: open findings, baselines of up to a day, what was answered before. Rows that
 * speak of nothing configured, or cannot be read, are deleted; findings that nothing supports any more are closed.
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
  alignKinds(memory, 'start');
  for (const finding of [...memory.open.values()]) restoreStanding(memory, finding);
}

function restoreFinding(memory: Memory, row: Row): void {
  const finding = row.value as Finding | null;
  if (finding === null || typeof finding !== 'object' || finding.state !== 'open') return;
  if (!findingKinds.includes(finding.kind) || finding.id !== row.key || !Array.isArray(finding.scope)) return;
  memory.open.set(finding.id, finding);
  const { evidence } = finding;
  memory.findingLog.writtenFindings.set(finding.id, { evidence, stampMs: row.atMs, atMs: memory.now.monotonicMs });
  memory.findingLog.openSince.set(finding.id, monotonicOf(memory, finding.openedAtMs));
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
    mirror.sight.lastJudgedAtMs === null ? null : monotonicOf(memory, mirror.sight.lastJudgedAtMs);
  mirror.sight.hasOk =
    mirror.sight.lastOkAtMs !== null && memory.now.wallMs - mirror.sight.lastOkAtMs <= limits.baselineAgeMsMax;
  for (const { name: kind, read } of memory.rules) {
    const state = read?.(value, { view: memory, mirror }) ?? null;
    if (state !== null) mirror.states.set(kind, state);
  }
  const { broken } = value;
  if ((broken?.family === 4 || broken?.family === 6) && reasons.includes(broken.reason))
    mirror.family.detour = newDetour(broken.family, { reason: broken.reason, probeId: null }, memory.now.monotonicMs);
  const { brokenProtocol: over } = value;
  if ((over?.protocol === '1.1' || over?.protocol === '2') && reasons.includes(over.reason))
    mirror.protocol.fault = restoredFault(over.protocol, over.reason, memory.now.monotonicMs);
  contentsOf(mirror).propagations = (Array.isArray(value.propagations) ? value.propagations : []).flatMap(
    (one: unknown) => numberOf(one) ?? [],
  );
}

function restoreSeries(memory: Memory, row: Row, moved: ReadonlySet<string>): void {
  const id = row.key.slice('series|'.length);
  const cut = id.lastIndexOf('|');
  const target = memory.targets.get(id.slice(0, cut));
  const connection = id.slice(cut + 1);
  const value = row.value as Partial<SeriesRow> | null;
  const mirror = target === undefined ? undefined : memory.mirrors.get(target.registry);
  const isReadable =
    (connection === 'cold' || connection === 'warm') &&
    value?.v === 1 &&
    Array.isArray(value.window) &&
    value.window.every((ms) => typeof ms === 'number' && Number.isFinite(ms) && ms >= 0);
  if (target === undefined || mirror === undefined || !isReadable || moved.has(target.registry)) {
    memory.turn.deletes.push({ table: 'detector', key: row.key });
    return;
  }
  const series = seriesOf(mirror, target, connection);
  if (value.isOut === true && openFinding(memory, 'outage', target.registry) !== null) putOut(mirror, series);
  for (const rule of memory.rules)
    carryOut(memory, rule, mirror, rule.readSeries?.(stateOf(rule, mirror), value, series, { view: memory, mirror }));
  const penalty = numberOf(value.damped?.penalty);
  const penaltyAtMs = numberOf(value.damped?.atMs);
  if (penalty !== null && penaltyAtMs !== null) {
    const isByShare = value.damped?.isByShare === true;
    series.outage = { ...series.outage, penalty, penaltyAtMs: monotonicOf(memory, penaltyAtMs), isByShare };
  }
  if (memory.now.wallMs - row.atMs > limits.baselineAgeMsMax) return;
  const resolvedVersion = typeof value.resolvedVersion === 'string' ? value.resolvedVersion : null;
  series.baseline = withWindow(value.window, resolvedVersion, memory.config.detect.spike);
  restoreSpeed(memory, mirror, series, value);
}

function restoreSpeed(memory: Memory, mirror: MirrorMemory, series: SeriesMemory, value: Partial<SeriesRow>): void {
  const registry = mirror.mirror.name;
  const spikeSinceMs = numberOf(value.spikeSinceMs);
  const isSpiking = spikeSinceMs !== null && openFinding(memory, 'spike', registry) !== null;
  series.spike = {
    slow: numberOf(value.slow) ?? 0,
    clear: isSpiking ? (numberOf(value.clear) ?? 0) : 0,
    sinceMs: isSpiking ? monotonicOf(memory, spikeSinceMs) : null,
  };
  if (spikeSinceMs !== null && !isSpiking) series.spike = noSpike;
  const shift = value.shift ?? null;
  const fromMs = numberOf(shift?.fromMs);
  const shiftSinceMs = numberOf(shift?.sinceMs);
  if (fromMs === null || shiftSinceMs === null || openFinding(memory, 'level_shift', registry) === null) return;
  series.shift = { sinceMs: monotonicOf(memory, shiftSinceMs), fromMs, clear: 0 };
}

/** Makes sure that an open finding still rests on something: it would never end otherwise. */
function restoreStanding(memory: Memory, finding: Finding): void {
  const { kind, registry } = finding;
  const mirror = registry === null ? undefined : memory.mirrors.get(registry);
  const isGone = registry !== null && mirror === undefined;
  if (kind === 'outage' && mirror !== undefined && mirror.outages.out.size === 0) {
    for (const target of targetsOf(memory, finding)) putOut(mirror, seriesOf(mirror, target, 'cold'));
  }
  if (kind === 'outage' && mirror !== undefined) {
    const [first] = mirror.outages.out;
    const { samples, failures, probeIds } = finding.evidence;
    if (first !== undefined) first.outage = { ...first.outage, samples, failed: failures, probeIds };
  }
  if (kind === 'spike' && mirror !== undefined) restoreSlow(mirror, finding.evidence);
  const isEmpty =
    (kind === 'outage' &&
      mirror?.outages.out.size === 0 &&
      !finding.scope.some(
        ({ family, protocol }) =>
          (family !== undefined && family === mirror.family.detour?.broken) ||
          (protocol !== undefined && protocol === mirror.protocol.fault?.broken),
      )) ||
    (kind === 'spike' && !some(mirror, ({ spike }) => spike.sinceMs !== null)) ||
    (kind === 'level_shift' && !some(mirror, ({ shift }) => shift !== null));
  // Findings about us begin anew with us.
  if (isGone || isEmpty || !isSupported(memory, mirror, finding) || kind === 'vantage' || kind === 'self')
    closeFinding(memory, kind, registry, {}, finding.cause);
}

/** One story over a restart: what was slow before counts on. */
function restoreSlow(mirror: MirrorMemory, evidence: Finding['evidence']): void {
  const { samples, failures, observedSeconds, probeIds, slowest } = evidence;
  const [first] = canaryFirst([...mirror.series.values()].filter(({ spike }) => spike.sinceMs !== null));
  if (first === undefined) return;
  const observedMs = observedSeconds === null ? null : observedSeconds * 1_000;
  const slow = { samples, slowSamples: failures, observedMs, probeIds };
  first.slow = slowest === undefined ? slow : { ...slow, slowest };
}

function some(mirror: MirrorMemory | undefined, holds: (series: SeriesMemory) => boolean): boolean {
  return mirror !== undefined && [...mirror.series.values()].some(holds);
}

function putOut(mirror: MirrorMemory, series: SeriesMemory): void {
  series.outage = { ...noOutage, isOut: true, last: 'failed' };
  mirror.outages.out.add(series);
}

/** Has the kind of a finding take it up; `false`: nothing supports it any more. */
function isSupported(memory: Memory, mirror: MirrorMemory | undefined, finding: Finding): boolean {
  const rule = ruleOf(memory.rules, finding);
  if (rule?.resume === undefined || mirror === undefined) return true;
  const step = rule.resume(stateOf(rule, mirror), finding, { view: memory, mirror });
  if (step === 'gone') return false;
  carryOut(memory, rule, mirror, step);
  return true;
}

/** A wall stamp of the last process on this one's monotonic clock; never in the future. */
function monotonicOf(memory: Memory, wallMs: number): number {
  return memory.now.monotonicMs - Math.max(0, memory.now.wallMs - wallMs);
}

function numberOf(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}
