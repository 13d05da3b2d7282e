import type { FindingRule, Judged, Step } from '../findings/rule.ts';
import { stateOf } from '../findings/rule.ts';
import type { Memory } from '../memory.ts';
import type { MirrorMemory } from '../mirror-memory.ts';
import { apply } from './say.ts';

/** Lets every kind judge one settled sample, in the order of the registry, and carries out what they make of it. */
export function judgeKinds(memory: Memory, judged: Judged): void {
  const { mirror } = judged;
  for (const rule of memory.rules) {
    const step = rule.take?.(stateOf(rule, mirror), judged) ?? null;
    if (step !== null) carryOut(memory, rule, mirror, step);
  }
}

/** Carries out what a kind makes of an input: the one place where the state of a kind is written. */
function carryOut(memory: Memory, rule: FindingRule, mirror: MirrorMemory, step: Step<unknown>): void {
  if (step.mirror !== undefined) mirror.states.set(rule.name, step.mirror);
  if (step.isDirty === true) mirror.isDirty = true;
  if (step.says !== undefined) apply(memory, rule.kind, mirror, step.says);
}
