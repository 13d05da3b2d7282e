import { limits } from '../../core/limits.ts';
import type { Target } from '../../core/mirror.ts';
import { canBeProbed } from '../memory/absence.ts';
import type { Memory } from '../memory/memory.ts';
import { canarySeriesOf, type MirrorMemory, mirrorsOf, seriesOf } from '../memory/mirror-memory.ts';
import { type Round, retryAtMs, roundFor } from '../memory/moments.ts';
import type { Request } from '../memory/rule.ts';
import { isCanaryOut, outageOf } from '../outage/state.ts';

const targetsInDoubt = 8;

/**
 * Puts a target in doubt (its failure is to be confirmed), and probes it from `firstMs` on. Does nothing if the target
 * is in doubt already, or too many targets of the mirror are, or our network is suspect. If the budget of extra probes
 * is too small, only a canary's doubt can start.
 */
function startDoubt(
  memory: Memory,
  mirror: MirrorMemory,
  target: Target,
  { sinceMs, firstMs, waitMs = 0 }: { readonly sinceMs: number; readonly firstMs: number; readonly waitMs?: number },
): void {
  if (!canBeProbed(memory, mirror) || memory.confirm.suspicions.has(mirror.egress)) return;
  if (!target.canary && !memory.confirm.budget.canPay(1, false)) return;
  const { monotonicMs } = memory.now;
  const untilMs = monotonicMs + limits.roundMs;
  if (mirror.doubt === null) {
    const targets = new Map([[target.id, target]]);
    mirror.doubt = { sinceMs, untilMs, patientUntilMs: monotonicMs + waitMs, targets, slowestMs: 0, clearedMs: null };
    memory.turn.doubt.push({ registry: mirror.mirror.name, on: true });
  } else {
    if (isInDoubt(mirror, target) || mirror.doubt.targets.size >= targetsInDoubt) return;
    mirror.doubt.targets.set(target.id, target);
    mirror.doubt.untilMs = untilMs;
  }
  roundFor(memory, mirror.roundKey, firstMs);
}

export function closeDoubt(memory: Memory, mirror: MirrorMemory): void {
  if (mirror.doubt === null) return;
  mirror.doubt = null;
  memory.turn.doubt.push({ registry: mirror.mirror.name, on: false });
}

/**
 * Ends the doubt (the unconfirmed failure) of one target. If no other target of the mirror is in doubt, the mirror's
 * doubt ends too.
 */
export function closeDoubtOf(memory: Memory, mirror: MirrorMemory, target: Target): void {
  if (mirror.doubt?.targets.delete(target.id) === true && mirror.doubt.targets.size === 0) closeDoubt(memory, mirror);
}

/**
 * Puts a target in doubt (its failure is to be confirmed) because its probe has been pending for too long. Does nothing
 * unless the last judged probe of the target passed.
 */
export function confirmOverdue(memory: Memory, mirror: MirrorMemory, target: Target): void {
  if (!memory.targets.has(target.id) || isCanaryOut(mirror)) return;
  if (outageOf(seriesOf(mirror, target, 'cold')).last !== 'passed') return;
  const nowMs = memory.now.monotonicMs;
  startDoubt(memory, mirror, target, { sinceMs: nowMs, firstMs: nowMs });
}

export function isInDoubt(mirror: MirrorMemory, target: Target): boolean {
  return mirror.doubt?.targets.has(target.id) ?? false;
}

/**
 * True for a target in doubt (with an unconfirmed failure), and for the canary of a mirror in doubt. A confirming probe
 * of such a target has a short timeout, and exceeding it counts as a failure.
 */
export function isConfirmed(mirror: MirrorMemory, target: Target): boolean {
  return isInDoubt(mirror, target) || (mirror.doubt !== null && target.canary);
}

/** Starts or ends a doubt (an unconfirmed failure of a target) after a probe. */
export function updateDoubt(
  memory: Memory,
  mirror: MirrorMemory,
  { sample, isFailed, isDoubtful }: Extract<Request, { kind: 'doubt' }>,
): void {
  const { target } = sample.due;
  if (!isFailed) {
    // A refusal ends the doubt (the unconfirmed failure) too: a mirror that refuses requests is not down.
    if (mirror.doubt !== null && sample.endedMonotonicMs >= mirror.doubt.sinceMs) closeDoubtOf(memory, mirror, target);
    return;
  }
  const times = { sinceMs: sample.endedMonotonicMs, firstMs: retryAtMs(memory.now, sample) };
  if (isDoubtful) startDoubt(memory, mirror, target, times);
}

export function expireDoubts(memory: Memory, round: Round): void {
  for (const mirror of mirrorsOf(memory, round.key)) {
    if (mirror.doubt !== null && mirror.doubt.untilMs <= memory.now.monotonicMs) closeDoubt(memory, mirror);
  }
}

/**
 * Puts a canary that was never judged in doubt, so that it is probed after `limits.roundStepMs`, as after a first
 * failure. Soon after a start, its first scheduled probe may be the last one of the mirror.
 */
export function confirmFirst(memory: Memory, mirror: MirrorMemory): void {
  const canary = canarySeriesOf(mirror);
  if (canary === null || outageOf(canary).last !== 'never') return;
  const nowMs = memory.now.monotonicMs;
  startDoubt(memory, mirror, canary.target, { sinceMs: nowMs, firstMs: nowMs + limits.roundStepMs });
}

/**
 * Puts the canary of a mirror in doubt (as if it had an unconfirmed failure), so that the canary is probed at once,
 * because another system reports trouble with the mirror, or a probe is pending for long. Does nothing if the mirror is in
 * doubt already, or its canary is in outage.
 */
export function confirmNow(memory: Memory, mirror: MirrorMemory, waitMs: number): void {
  if (mirror.doubt !== null || mirror.canary === null || isCanaryOut(mirror)) return;
  const nowMs = memory.now.monotonicMs;
  startDoubt(memory, mirror, mirror.canary, { sinceMs: nowMs, firstMs: nowMs, waitMs });
}
