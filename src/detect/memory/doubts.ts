import type { Target } from '../../core/mirror.ts';
import type { Memory } from './memory.ts';
import type { Doubt, MirrorMemory, Suspicion } from './mirror-memory.ts';
import type { Round } from './moments.ts';

const targetsInDoubt = 8;

/** Puts a target in doubt. False: it is in doubt already, or too many are. */
export function openDoubt(
  memory: Memory,
  mirror: MirrorMemory,
  target: Target,
  { sinceMs, untilMs }: Pick<Doubt, 'sinceMs' | 'untilMs'>,
): boolean {
  if (mirror.doubt === null) {
    mirror.doubt = { sinceMs, untilMs, targets: new Map([[target.id, target]]), clearedMs: null };
    memory.turn.doubt.push({ registry: mirror.mirror.name, on: true });
    return true;
  }
  if (mirror.doubt.targets.has(target.id) || mirror.doubt.targets.size >= targetsInDoubt) return false;
  mirror.doubt.targets.set(target.id, target);
  mirror.doubt.untilMs = untilMs;
  return true;
}

export function closeDoubt(memory: Memory, mirror: MirrorMemory): void {
  if (mirror.doubt === null) return;
  mirror.doubt = null;
  memory.turn.doubt.push({ registry: mirror.mirror.name, on: false });
}

/** Ends the doubt of one target; with the last one, also that of the mirror. */
export function closeDoubtOf(memory: Memory, mirror: MirrorMemory, target: Target): void {
  if (mirror.doubt?.targets.delete(target.id) === true && mirror.doubt.targets.size === 0) closeDoubt(memory, mirror);
}

/** Samples that ended before a moment that did not blame our network no longer wait. */
export function clearDoubt(doubt: Doubt, momentMs: number): void {
  doubt.clearedMs = Math.max(doubt.clearedMs ?? momentMs, momentMs);
}

type Pattern = Pick<Suspicion, 'pattern' | 'isLoss'>;

/** Puts an egress under suspicion. The round watches it. */
export function openSuspicion(memory: Memory, round: Round, egress: string, { pattern, isLoss }: Pattern): void {
  const { monotonicMs, wallMs } = memory.now;
  const since = { sinceMs: monotonicMs, sinceWallMs: wallMs, patternSinceMs: monotonicMs };
  memory.confirm.suspicions.set(egress, { ...since, pattern, isLoss, roundKey: round.key });
  round.watching.add(egress);
}

export function recordPattern(suspicion: Suspicion, { pattern, isLoss }: Pattern): void {
  suspicion.pattern = pattern;
  suspicion.isLoss = isLoss;
}

/** Starts a new review with the pattern of one moment. */
export function startPattern(suspicion: Suspicion, pattern: Suspicion['pattern'], nowMs: number): void {
  suspicion.pattern = pattern;
  suspicion.patternSinceMs = nowMs;
}

/** After a suspend, each suspicion counts from now. */
export function renewSuspicions({ confirm: { suspicions }, now: { monotonicMs } }: Memory): void {
  for (const [egress, suspicion] of suspicions)
    suspicions.set(egress, { ...suspicion, sinceMs: monotonicMs, patternSinceMs: monotonicMs });
}

export function removeSuspicion(memory: Memory, round: Round | null, egress: string): void {
  memory.confirm.suspicions.delete(egress);
  round?.watching.delete(egress);
}
