import { isDeepStrictEqual } from 'node:util';
import type { Config } from '../core/config.ts';
import type { Target } from '../core/mirror.ts';
import { messageFor } from '../words/tell.ts';
import { pruneContents, removeContents } from './contents/freshness.ts';
import { closeFinding } from './engine/say.ts';
import { judgeUs, runKinds, sendToKinds } from './engine/step.ts';
import { closeSuspicion } from './engine/suspicion.ts';
import { clearPaceWait } from './memory/absence.ts';
import { cadenceOf } from './memory/lookups.ts';
import { addMirror, replaceControls, replaceMirror, replaceOwnTargets } from './memory/members.ts';
import type { Memory } from './memory/memory.ts';
import type { MirrorMemory, SeriesMemory } from './memory/mirror-memory.ts';
import { removeMember } from './memory/moments.ts';
import { closeDoubt, pruneHeavyRechecks } from './memory/rounds.ts';
import { dropSeen } from './memory/stored.ts';
import { rowKey } from './rows.ts';

/** Applies a configuration. The findings of removed and changed mirrors are closed. */
export function applyConfig(memory: Memory, config: Config, targets: readonly Target[]): void {
  const { config: before } = memory;
  memory.config = config;
  memory.us.configuredMs = memory.now.wallMs;
  const wanted = new Map(config.mirrors.map((mirror) => [mirror.name, mirror]));
  const replaced = new Map<string, MirrorMemory>();
  for (const [name, known] of memory.mirrors) {
    if (replaceMirror(known, wanted.get(name))) continue;
    removeMirror(memory, known);
    replaced.set(name, known);
  }
  for (const [name, mirror] of wanted) if (!memory.mirrors.has(name)) addMirror(memory, mirror, replaced.get(name));
  dropSeen(memory, replaced);
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
  replaceControls(memory);
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
  removeMember(memory, name);
  memory.mirrors.delete(name);
}

function dropSeries(memory: Memory, series: SeriesMemory): void {
  memory.rowsDue.dirty.delete(series);
  memory.rowsDue.urgent.delete(series);
  memory.turn.deletes.push({ table: 'detector', key: rowKey.series(series.id) });
}

function adoptTargets(memory: Memory, mirror: MirrorMemory, own: readonly Target[]): void {
  const dropped = replaceOwnTargets(memory, mirror, own);
  for (const series of dropped) dropSeries(memory, series);
  if (dropped.size > 0) sendToKinds(memory, 'drop', { view: memory, mirror, dropped });
  if (mirror.canary === null) closeDoubt(memory, mirror);
}
