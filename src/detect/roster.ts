import { isDeepStrictEqual } from 'node:util';
import type { Config } from '../core/config.ts';
import { isSameMirror, registryOf, type Target } from '../core/mirror.ts';
import { messageFor } from '../words/tell.ts';
import { closeDoubt } from './confirm/doubt.ts';
import { pruneHeavyRechecks } from './confirm/look.ts';
import { pruneContents, removeContents } from './contents/rows.ts';
import { closeFinding } from './engine/say.ts';
import { deleteSeen } from './engine/settle.ts';
import { judgeUs, runKinds, sendToKinds } from './engine/step.ts';
import { closeSuspicion } from './engine/suspicion.ts';
import { clearPaceWait } from './memory/density.ts';
import { cadenceOf } from './memory/lookups.ts';
import type { Memory } from './memory/memory.ts';
import { MirrorMemory, type SeriesMemory } from './memory/mirror-memory.ts';
import { rowKey } from './rows.ts';

/** Applies a configuration. The findings of removed and changed mirrors are closed. */
export function applyConfig(memory: Memory, config: Config, targets: readonly Target[]): void {
  const { config: before } = memory;
  memory.config = config;
  memory.us.configuredMs = memory.now.wallMs;
  const wanted = new Map(config.mirrors.map((mirror) => [mirror.name, mirror]));
  const replaced = new Map<string, MirrorMemory>();
  for (const [name, known] of memory.mirrors) {
    const mirror = wanted.get(name);
    if (mirror !== undefined && isSameMirror(known.mirror, mirror)) {
      known.mirror = mirror;
      continue;
    }
    removeMirror(memory, known);
    replaced.set(name, known);
  }
  for (const [name, mirror] of wanted) {
    if (memory.mirrors.has(name)) continue;
    // The pause and the maintenance window of a name apply to its new mirror too.
    const absence = replaced.get(name)?.absence;
    memory.mirrors.set(name, new MirrorMemory(mirror, absence && { absence, atMs: memory.now.monotonicMs }));
  }
  // What removed and replaced mirrors have served shows nothing about the caches of new mirrors.
  if (replaced.size > 0)
    for (const key of memory.seen.keys()) if (replaced.has(registryOf(key))) deleteSeen(memory, key);
  memory.targets.clear();
  for (const target of targets) memory.targets.set(target.id, target);
  const byRegistry = Map.groupBy(targets, (target) => target.registry);
  for (const mirror of memory.mirrors.values()) {
    mirror.absence.throttled.clear();
    clearPaceWait(mirror);
    const cadence = cadenceOf(mirror, before);
    adoptTargets(memory, mirror, byRegistry.get(mirror.mirror.name) ?? []);
    if (!isDeepStrictEqual(cadence, cadenceOf(mirror, config)))
      mirror.sight.lastPlannedMs = mirror.sight.plannedGapMs = null;
  }
  pruneContents(memory);
  pruneHeavyRechecks(memory);
  runKinds(memory, 'adopt');
  for (const [egress, suspicion] of memory.confirm.suspicions) {
    const remains = [...memory.mirrors.values()].some((mirror) => mirror.egress === egress);
    if (!remains) closeSuspicion(memory, memory.confirm.rounds.get(suspicion.roundKey) ?? null, egress);
  }
  judgeUs(memory, 'adopt', null);
  const controls = new Set(config.controls.map(({ name }) => name));
  for (const name of memory.controls.keys()) if (!controls.has(name)) memory.controls.delete(name);
  for (const name of controls)
    if (!memory.controls.has(name)) memory.controls.set(name, { up: null, known: false, marks: [] });
}

function removeMirror(memory: Memory, mirror: MirrorMemory): void {
  const { name } = mirror.mirror;
  closeDoubt(memory, mirror);
  for (const finding of [...memory.open.values()]) {
    if (finding.registry !== name) continue;
    closeFinding(memory, finding.kind, name, messageFor('found.gone', { name }), finding.cause);
  }
  for (const series of mirror.series.values()) dropSeries(memory, series);
  memory.turn.deletes.push({ table: 'detector', key: rowKey.mirror(name) });
  removeContents(memory, name);
  for (const { flights, moments } of memory.confirm.rounds.values()) {
    flights.delete(name);
    for (const { outcomes } of moments) outcomes.delete(name);
  }
  memory.mirrors.delete(name);
}

function dropSeries(memory: Memory, series: SeriesMemory): void {
  memory.rowsDue.dirty.delete(series);
  memory.rowsDue.urgent.delete(series);
  memory.turn.deletes.push({ table: 'detector', key: rowKey.series(series.id) });
}

function adoptTargets(memory: Memory, mirror: MirrorMemory, own: readonly Target[]): void {
  mirror.canary = own.find((target) => target.canary) ?? null;
  const canaries = own.filter((target) => target.step === mirror.canary?.step);
  mirror.modules = new Set(canaries.flatMap(({ module }) => module ?? [])).size;
  const dropped = new Set<SeriesMemory>();
  for (const [id, series] of mirror.series) {
    const target = memory.targets.get(series.target.id);
    if (target !== undefined) {
      series.target = target;
      continue;
    }
    dropped.add(series);
    mirror.series.delete(id);
    dropSeries(memory, series);
  }
  if (dropped.size > 0) sendToKinds(memory, 'drop', { view: memory, mirror, dropped });
  if (mirror.canary === null) closeDoubt(memory, mirror);
}
