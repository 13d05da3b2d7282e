import { limits } from '../../core/limits.ts';
import type { Sample } from '../../core/sample.ts';
import { type Target, targetId } from '../../core/target.ts';
import type { View } from '../findings/rule.ts';
import { roundKeyOf } from '../lookups.ts';
import type { Memory } from '../memory.ts';
import type { MirrorMemory } from '../mirror-memory.ts';
import { hasten, newRound, type Round } from './moments.ts';

/** What one moment of a round asks: the canary of each mirror, or one target, of every mirror that has it. */
export type Question = 'canary' | Target;

/** What tells one question from another within an upstream; a canary asked by its name is the canary. */
export function questionKey(question: Question): string {
  if (question === 'canary' || question.canary) return 'canary';
  return `${question.module ?? ''}|${question.version ?? ''}|${question.step}`;
}

/** The target that a question is at one mirror; `null` where it has none. */
export function targetAt(view: Pick<View, 'targets'>, mirror: MirrorMemory, question: Question): Target | null {
  if (question === 'canary' || question.canary) return mirror.canary;
  const { module, version, step } = question;
  return view.targets.get(targetId(mirror.mirror.name, module, version, step)) ?? null;
}

/** The round of a mirror's upstream, made or brought forward so that it asks from `firstMs` on. */
export function roundFor(memory: Memory, mirror: MirrorMemory, firstMs: number): Round {
  const key = roundKeyOf(mirror.mirror);
  const known = memory.confirm.rounds.get(key);
  if (known !== undefined) {
    hasten(known, firstMs, limits.roundStepMs);
    return known;
  }
  const made = newRound(key, memory.random.id(memory.now.wallMs), firstMs);
  memory.confirm.rounds.set(key, made);
  return made;
}

/** When to ask again after an answer: at once, or a second after one that came faster than that. Monotonic milliseconds. */
export function askAgainMs(memory: Memory, { startedMonotonicMs, endedMonotonicMs }: Sample): number {
  const nowMs = memory.now.monotonicMs;
  const isQuick = endedMonotonicMs - startedMonotonicMs < limits.roundStepMs;
  return isQuick ? Math.max(nowMs, endedMonotonicMs + limits.roundStepMs) : nowMs;
}
