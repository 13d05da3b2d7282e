import { limits } from '../../core/limits.ts';
import type { Target } from '../../core/mirror.ts';
import type { Sample } from '../../core/sample.ts';
import { canBeAsked } from '../absence.ts';
import { isCanaryOut, outageOf } from '../findings/outage-state.ts';
import type { Memory } from '../memory.ts';
import { type MirrorMemory, mirrorsOf, seriesOf } from '../mirror-memory.ts';
import { spend } from './budget.ts';
import { retryAtMs, roundFor } from './look.ts';
import type { Round } from './moments.ts';

/** Targets of one mirror that can be in doubt together; further failures are detected at their own pace. */
const targetsInDoubt = 8;

/**
 * Puts a target of a mirror in doubt and starts its confirmation. Does nothing if it cannot be probed, its egress is
 * suspect, or it already is in doubt.
 * @param trigger  the sample that failed
 */
function startDoubt(memory: Memory, mirror: MirrorMemory, target: Target, sinceMs: number, firstMs: number): void {
  if (!canBeAsked(memory, mirror) || memory.confirm.suspicions.has(mirror.egress)) return;
  const untilMs = memory.now.monotonicMs + limits.roundMs;
  if (mirror.doubt === null) {
    mirror.doubt = { sinceMs, untilMs, targets: new Map([[target.id, target]]), clearedMs: null };
    memory.turn.doubt.push({ registry: mirror.mirror.name, on: true });
  } else {
    if (mirror.doubt.targets.has(target.id) || mirror.doubt.targets.size >= targetsInDoubt) return;
    mirror.doubt.targets.set(target.id, target);
    mirror.doubt.untilMs = untilMs;
  }
  roundFor(memory, mirror, firstMs);
}

/**
 * A probe of a light target is pending for longer than a client waits: in doubt as after a failure, until one of its
 * probes ends. A failure before it has already started a doubt.
 */
export function confirmOverdue(memory: Memory, mirror: MirrorMemory, target: Target): void {
  if (!memory.targets.has(target.id) || isCanaryOut(mirror) || isInDoubt(mirror, target)) return;
  if (outageOf(seriesOf(mirror, target, 'cold')).last !== 'passed') return;
  if (!target.canary && spend(memory.confirm.budget, 1, false) === null) return;
  startDoubt(memory, mirror, target, memory.now.monotonicMs, memory.now.monotonicMs);
}

/** Ends a mirror's doubt; its held samples are settled at the end of the turn. */
export function closeDoubt(memory: Memory, mirror: MirrorMemory): void {
  if (mirror.doubt === null) return;
  mirror.doubt = null;
  memory.turn.doubt.push({ registry: mirror.mirror.name, on: false });
}

/** Ends the doubt of one target, and with the last one that of the mirror. */
export function closeDoubtOf(memory: Memory, mirror: MirrorMemory, target: Target): void {
  if (mirror.doubt?.targets.delete(target.id) === true && mirror.doubt.targets.size === 0) closeDoubt(memory, mirror);
}

/** True while this target, or the mirror's canary, is in doubt. */
export function isInDoubt(mirror: MirrorMemory, target: Target): boolean {
  return mirror.doubt?.targets.has(target.id) ?? false;
}

/** True where a failure by a confirming deadline counts: for a target in doubt, and for the canary probed with it. */
export function isConfirmed(mirror: MirrorMemory, target: Target): boolean {
  return isInDoubt(mirror, target) || (mirror.doubt !== null && target.canary);
}

/**
 * Updates the doubt after a response: a success ends that of its target; a failure that `isDoubtful` starts one, within
 * the budget if the target is not a canary.
 */
export function updateDoubt(
  memory: Memory,
  mirror: MirrorMemory,
  {
    sample,
    isFailed,
    isDoubtful,
  }: { readonly sample: Sample; readonly isFailed: boolean; readonly isDoubtful: boolean },
): void {
  const { target } = sample.due;
  if (!isFailed) {
    // A refusal ends it too: a mirror that refuses is up.
    if (mirror.doubt !== null && sample.endedMonotonicMs >= mirror.doubt.sinceMs) closeDoubtOf(memory, mirror, target);
    return;
  }
  if (!isDoubtful || isInDoubt(mirror, target)) return;
  if (!target.canary && spend(memory.confirm.budget, 1, false) === null) return;
  startDoubt(memory, mirror, target, sample.endedMonotonicMs, retryAtMs(memory, sample));
}

/** Ends doubts that lasted too long without a verdict: due probes run again and count as scheduled. */
export function expireDoubts(memory: Memory, round: Round): void {
  for (const mirror of mirrorsOf(memory, round.key)) {
    if (mirror.doubt !== null && mirror.doubt.untilMs <= memory.now.monotonicMs) closeDoubt(memory, mirror);
  }
}

/**
 * Confirms a mirror at once, because another system reports trouble: its canary, those of all siblings, and the controls,
 * in one moment. It is in doubt until it responds, as after a failure of its own. Does nothing if it is in doubt or down
 * already, cannot be probed, or its egress is suspect.
 */
export function confirmNow(memory: Memory, mirror: MirrorMemory): void {
  if (mirror.doubt !== null || mirror.canary === null || isCanaryOut(mirror)) return;
  const nowMs = memory.now.monotonicMs;
  startDoubt(memory, mirror, mirror.canary, nowMs, nowMs);
}
