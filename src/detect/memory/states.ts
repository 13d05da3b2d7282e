import type { Outcome } from '../../core/failure.ts';
import type { Memory } from './memory.ts';
import { type MirrorMemory, type SeriesMemory, type StatedArtifact, stateOf } from './mirror-memory.ts';
import type { FindingRule, RuleStep } from './rule.ts';

/** Records the states of a step, and which rows it makes due. */
export function recordStates({ rowsDue }: Memory, rule: FindingRule, mirror: MirrorMemory, step: RuleStep<unknown>) {
  if (step.mirror !== undefined) restoreState(mirror, rule.name, step.mirror);
  for (const [series, state] of step.series ?? []) {
    series.states[rule.name] = state;
    if (step.isUrgent === true) rowsDue.urgent.add(series);
  }
  if (step.dirty !== undefined) rowsDue.dirty.add(step.dirty);
  if (step.isDirty === true || step.rowIsDue === true) mirror.row.isDirty = true;
  if (step.rowIsDue === true) mirror.row.writtenAtMs = null;
}

export function restoreState({ states }: MirrorMemory, name: string, state: unknown): void {
  states.set(name, state);
}

/** Records what an outcome shows of the item of a series. */
export function recordItem(series: SeriesMemory, outcome: Outcome): void {
  if (outcome.tag === 'ok') series.item = 'served';
  else series.item = outcome.tag === 'failed' && outcome.failure.kind === 'absent' ? 'absent' : null;
}

export function recordArtifact(series: SeriesMemory, artifact: StatedArtifact): void {
  series.artifact = artifact;
}

/** Recent round trips of a mirror, milliseconds, by step and connection. */
const stepTimes = { name: 'step times', none: () => new Map<string, number[]>() };
const stepWindow = 64;

export function timesOf(mirror: MirrorMemory, key: string): readonly number[] {
  return stateOf(stepTimes, mirror).get(key) ?? [];
}

export function recordStepTime(mirror: MirrorMemory, key: string, rttMs: number): void {
  const all = stateOf(stepTimes, mirror);
  const times = all.get(key) ?? [];
  all.set(key, times);
  times.push(rttMs);
  if (times.length > stepWindow) times.shift();
}
