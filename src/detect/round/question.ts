import { type Target, targetId } from '../../core/target.ts';
import type { Memory } from '../memory.ts';
import type { MirrorMemory } from '../mirror-memory.ts';

/** What one moment of a round asks: the canary of each mirror, or one target, of every mirror that has it. */
export type Question = 'canary' | Target;

/** What tells one question from another within an upstream; a canary asked by its name is the canary. */
export function questionKey(question: Question): string {
  if (question === 'canary' || question.canary) return 'canary';
  return `${question.module ?? ''}|${question.version ?? ''}|${question.step}`;
}

/** The target that a question is at one mirror; `null` where it has none. */
export function targetAt(memory: Memory, mirror: MirrorMemory, question: Question): Target | null {
  if (question === 'canary' || question.canary) return mirror.canary;
  const { module, version, step } = question;
  return memory.targets.get(targetId(mirror.mirror.name, module, version, step)) ?? null;
}
