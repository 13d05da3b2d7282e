import { isDeepStrictEqual } from 'node:util';
import type { Config } from '../core/config.ts';
import { isSameMirror, registryOf, type Target } from '../core/mirror.ts';
import { messageFor } from '../words/tell.ts';
import { closeDoubt } from './confirm/doubt.ts';
import { pruneHeavyRechecks } from './confirm/look.ts';
import { pruneContents } from './contents/freshness.ts';
import { closeFinding } from './engine/say.ts';
import { judgeUs, runKinds, sendToKinds } from './engine/step.ts';
import { closeSuspicion } from './engine/suspicion.ts';
import { clearPaceWait } from './memory/absence.ts';
import { cadenceOf } from './memory/lookups.ts';
import type { Memory } from './memory/memory.ts';
import { MirrorMemory, type SeriesMemory } from './memory/mirror-memory.ts';
import { rowKey } from './rows.ts';

/** Applies a configuration. The findings of removed and changed mirrors are closed. */
export function applyConfig(memory: Memory, config: Config, targets: readonly Target[]): void {
  const { config: before } = memory;
  memory.config = config;
  const wanted = new Map(config.mirrors.map((mirror) => [mirror.name, mirror]));
  const replaced = new Map<string, MirrorMemory>();
  for (const [name, known] of memory.mirrors) {
    const mirror = wanted.get(name);
    if (mirror !== undefined && isSameMirror(known.mirror, mirror)) known.mirror = mirror;
    else {
      removeMirror(memory, known);
      replaced.set(name, known);
    }
  }
  for (const [name, mirror] of wanted) {
    if (memory.mirrors.has(name)) continue;
    const absence = replaced.get(name)?.absence;
    memory.mirrors.set(name, new MirrorMemory(mirror, absence && { absence, atMs: memory.now.monotonicMs }));
  }
  // What the replaced mirror served says nothing about the cache of the new one.
  for (const key of replaced.size === 0 ? [] : memory.seen.keys()) {
    if (!replaced.has(registryOf(key))) continue;
    memory.seen.delete(key);
    memory.turn.deletes.push({ table: 'seen', key });
  }
  memory.targets.clear();
  for (const target of targets) memory.targets.set(target.id, target);
  const byRegistry = Map.groupBy(targets, (target) => target.registry);
  for (const mirror of memory.mirrors.values()) {
    // A reload ends the waits of the schedule too.
    mirror.absence.throttled.clear();
    clearPaceWait(mirror);
    const cadence = cadenceOf(mirror, before);
    adoptTargets(memory, mirror, byRegistry.get(mirror.mirror.name) ?? []);
    if (!isDeepStrictEqual(cadence, cadenceOf(mirror, config))) {
      mirror.sight.lastPlannedMs = null;
      mirror.sight.plannedGapMs = null;
    }
  }
  pruneContents(memory);
  pruneHeavyRechecks(memory);
  runKinds(memory, 'adopt');
  for (const round of memory.confirm.rounds.values()) {
    for (const registry of round.flights.outcomes.keys())
      if (!memory.mirrors.has(registry)) round.flights.outcomes.delete(registry);
  }
  for (const [egress, suspicion] of memory.confirm.suspicions) {
    const remains = [...memory.mirrors.values()].some((mirror) => mirror.egress === egress);
    if (!remains) closeSuspicion(memory, memory.confirm.rounds.get(suspicion.roundKey) ?? null, egress);
  }
  judgeUs(memory, 'adopt', null);
  const controls = new Set(config.controls.map((control) => control.name));
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
  for (const { shelves } of memory.subjects.values()) shelves.delete(name);
  for (const round of memory.confirm.rounds.values()) {
    round.flights.outcomes.delete(name);
    for (const moment of round.moments) moment.outcomes.delete(name);
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
  mirror.modules = new Set(canaries.flatMap(({ module }) => (module === null ? [] : [module]))).size;
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
  const about = { view: memory, mirror };
  if (dropped.size > 0) sendToKinds(memory, mirror, (rule, kept) => rule.drop?.(kept, dropped, about));
  if (mirror.canary === null) closeDoubt(memory, mirror);
}
