import { limits } from '../core/limits.ts';
import { canBeAsked } from './doubt.ts';
import { isCanaryOut, type Memory, type MirrorMemory, roundKeyOf } from './memory.ts';
import { hasten, newRound } from './round.ts';
import type { TurnDraft } from './turn.ts';

/**
 * Asks about a mirror at once, because somebody else says it is in trouble: its canary, that of every other mirror of
 * the upstream, and the controls, in one moment. It is in doubt until it has answered, as after a failure of its own.
 * Nothing happens where it is in doubt or down already, cannot be asked, or its egress is suspect.
 */
export function confirmNow(memory: Memory, turn: TurnDraft, mirror: MirrorMemory): void {
  if (mirror.doubt !== null || isCanaryOut(mirror) || !canBeAsked(memory, mirror)) return;
  if (memory.suspicions.has(mirror.egress)) return;
  const nowMs = memory.now.monotonicMs;
  mirror.doubt = { sinceMs: nowMs, untilMs: nowMs + limits.roundMs };
  turn.doubt.push({ registry: mirror.mirror.name, on: true });
  const key = roundKeyOf(mirror.mirror);
  const round = memory.rounds.get(key);
  if (round === undefined) memory.rounds.set(key, newRound(key, memory.random.id(memory.now.wallMs), nowMs));
  else hasten(round, nowMs, limits.roundStepMs);
}
