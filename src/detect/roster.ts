import type { Config } from '../core/config.ts';
import type { Mirror } from '../core/mirror.ts';
import { isHeavy, type Target } from '../core/target.ts';
import { withWindow } from './baseline.ts';
import { endDoubt } from './doubt.ts';
import { closeFinding } from './findings.ts';
import { rowKey } from './keep.ts';
import { type Memory, type MirrorMemory, newMirror, type SeriesMemory } from './memory.ts';
import { refreshOutage, vantageWord } from './outages.ts';
import { forgetSpeed } from './speeds.ts';
import { leave } from './suspicion.ts';
import type { TurnDraft } from './turn.ts';
import { egressOf } from './vantage.ts';

/** True where what is known of a mirror still speaks of it: same place, same way there. */
function isSameMirror(a: Mirror, b: Mirror): boolean {
  return (
    a.ecosystem === b.ecosystem &&
    a.upstream === b.upstream &&
    a.url === b.url &&
    egressOf(a) === egressOf(b) &&
    a.connections.join() === b.connections.join()
  );
}

/**
 * Takes over a configuration: unchanged mirrors and targets keep what is known of them; what was removed or moved
 * loses its findings and rows.
 */
export function adopt(memory: Memory, turn: TurnDraft, config: Config, targets: readonly Target[]): void {
  memory.config = config;
  const wanted = new Map(config.mirrors.map((mirror) => [mirror.name, mirror]));
  for (const [name, known] of memory.mirrors) {
    const mirror = wanted.get(name);
    if (mirror !== undefined && isSameMirror(known.mirror, mirror)) known.mirror = mirror;
    else removeMirror(memory, turn, known);
  }
  for (const [name, mirror] of wanted) if (!memory.mirrors.has(name)) memory.mirrors.set(name, newMirror(mirror));
  memory.targets.clear();
  for (const target of targets) memory.targets.set(target.id, target);
  const byRegistry = Map.groupBy(targets, (target) => target.registry);
  for (const mirror of memory.mirrors.values()) {
    adoptTargets(memory, turn, mirror, byRegistry.get(mirror.mirror.name) ?? []);
  }
  for (const round of memory.rounds.values()) {
    for (const registry of round.flights.keys()) if (!memory.mirrors.has(registry)) round.flights.delete(registry);
  }
  for (const [egress, suspicion] of memory.suspicions) {
    const remains = [...memory.mirrors.values()].some((mirror) => mirror.egress === egress);
    if (!remains) leave(memory, turn, memory.rounds.get(suspicion.roundKey) ?? null, egress);
  }
  const controls = new Set(config.controls.map((control) => control.name));
  for (const name of memory.controls.keys()) if (!controls.has(name)) memory.controls.delete(name);
  for (const name of controls) if (!memory.controls.has(name)) memory.controls.set(name, { up: null, known: false });
}

function removeMirror(memory: Memory, turn: TurnDraft, mirror: MirrorMemory): void {
  const { name } = mirror.mirror;
  endDoubt(turn, mirror);
  for (const finding of [...memory.open.values()]) {
    if (finding.registry !== name) continue;
    closeFinding(memory, turn, finding.kind, name, { text: `${name} is not watched any more.` });
  }
  for (const series of mirror.series.values()) dropSeries(memory, turn, series);
  turn.deletes.push({ table: 'detector', key: rowKey.mirror(name) });
  for (const round of memory.rounds.values()) {
    round.flights.delete(name);
    for (const moment of round.moments) moment.said.delete(name);
  }
  memory.mirrors.delete(name);
}

function dropSeries(memory: Memory, turn: TurnDraft, series: SeriesMemory): void {
  memory.dirty.delete(series);
  memory.urgent.delete(series);
  turn.deletes.push({ table: 'detector', key: rowKey.series(series.id) });
}

function adoptTargets(memory: Memory, turn: TurnDraft, mirror: MirrorMemory, own: readonly Target[]): void {
  mirror.canary = own.find((target) => target.canary) ?? null;
  mirror.modules = new Set(own.flatMap((t) => (t.module === null || isHeavy(t.step) ? [] : [t.module]))).size;
  let wasOut = false;
  for (const [id, series] of mirror.series) {
    const target = memory.targets.get(series.target.id);
    if (target !== undefined) {
      series.target = target;
      const { window, resolvedVersion } = series.baseline;
      series.baseline = withWindow(window, resolvedVersion, memory.config.detect.spike);
      continue;
    }
    forgetSpeed(memory, turn, mirror, series);
    wasOut = mirror.out.delete(series) || wasOut;
    mirror.series.delete(id);
    dropSeries(memory, turn, series);
    mirror.wrongOnce.delete(series.target.id);
  }
  if (wasOut) refreshOutage(memory, turn, mirror, vantageWord(memory, mirror));
  if (mirror.canary === null) endDoubt(turn, mirror);
}
