import { limits } from '../../core/limits.ts';
import type { Sample } from '../../core/sample.ts';
import type { Target } from '../../core/target.ts';
import { canBeAsked } from '../absence.ts';
import { canarySeries, isCanaryOut, mirrorsOf, seriesOf } from '../lookups.ts';
import type { Memory } from '../memory.ts';
import type { MirrorMemory } from '../mirror-memory.ts';
import { openOutage } from '../outages.ts';
import { heardOf, opensOutage } from '../rules/outage.ts';
import { spend } from './budget.ts';
import type { Moment, Round } from './moments.ts';
import { askAgainMs, roundFor } from './question.ts';

/** Targets of one mirror that can be in doubt together; more are found at their own pace. */
const targetsInDoubt = 8;

/**
 * Puts a target of a mirror in doubt and has it confirmed. Nothing happens where it cannot be asked or its egress is
 * suspect; a target in doubt already stays so.
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
 * A probe of a light target is out for longer than a client waits: in doubt as after a failure, until something of it is
 * answered. A failure before it has begun a doubt of its own.
 */
export function doubtOverdue(memory: Memory, mirror: MirrorMemory, target: Target): void {
  if (!memory.targets.has(target.id) || isCanaryOut(mirror) || isInDoubt(mirror, target)) return;
  if (seriesOf(mirror, target, 'cold').outage.last !== 'passed') return;
  if (!target.canary && spend(memory.confirm.budget, 1, false) === null) return;
  startDoubt(memory, mirror, target, memory.now.monotonicMs, memory.now.monotonicMs);
}

/** Ends a mirror's doubt; what was held for it is settled at the end of the turn. */
export function endDoubt(memory: Memory, mirror: MirrorMemory): void {
  if (mirror.doubt === null) return;
  mirror.doubt = null;
  memory.turn.doubt.push({ registry: mirror.mirror.name, on: false });
}

/** Ends the doubt of one target, and with the last one that of the mirror. */
export function endDoubtOf(memory: Memory, mirror: MirrorMemory, target: Target): void {
  if (mirror.doubt?.targets.delete(target.id) === true && mirror.doubt.targets.size === 0) endDoubt(memory, mirror);
}

/** True while this target, or the mirror's canary, is in doubt. */
export function isInDoubt(mirror: MirrorMemory, target: Target): boolean {
  return mirror.doubt?.targets.has(target.id) ?? false;
}

/** True where a failure by a confirming deadline counts: of a target in doubt, and of the canary that is asked beside it. */
export function isConfirmed(mirror: MirrorMemory, target: Target): boolean {
  return isInDoubt(mirror, target) || (mirror.doubt !== null && target.canary);
}

/**
 * What follows from a canary sample that has just been heard: an answer ends the canary's doubt, the first failure after
 * a sample that passed begins one, and so does a row that is an outage by now: it is opened on the answers of one moment.
 */
export function doubtCanary(
  memory: Memory,
  mirror: MirrorMemory,
  sample: Sample,
  lastBefore: 'never' | 'passed' | 'failed',
): void {
  const { target } = sample.due;
  const series = canarySeries(mirror);
  const heard = heardOf(sample);
  if (series === null || heard === null) return;
  if (heard.says !== 'failed') {
    // A refusal ends it too: whoever refuses is there.
    if (mirror.doubt !== null && sample.endedMonotonicMs >= mirror.doubt.sinceMs) endDoubtOf(memory, mirror, target);
    return;
  }
  if (isCanaryOut(mirror) || isInDoubt(mirror, target)) return;
  if (lastBefore !== 'failed' || opensOutage(series.outage, memory.config.detect.outage) !== null) {
    startDoubt(memory, mirror, target, sample.endedMonotonicMs, askAgainMs(memory, sample));
  }
}

/**
 * What follows from a sample of another light target: an answer ends its doubt, a failure after one that passed begins
 * one where the budget allows it. Else the row counts at its own pace.
 * @param lastBefore  what its last judged sample came to
 */
export function doubtTarget(
  memory: Memory,
  mirror: MirrorMemory,
  sample: Sample,
  lastBefore: 'never' | 'passed' | 'failed',
): void {
  const { target } = sample.due;
  if (heardOf(sample)?.says !== 'failed') {
    if (mirror.doubt !== null && sample.endedMonotonicMs >= mirror.doubt.sinceMs) endDoubtOf(memory, mirror, target);
    return;
  }
  if (lastBefore !== 'passed' || isCanaryOut(mirror) || isInDoubt(mirror, target)) return;
  if (spend(memory.confirm.budget, 1, false) === null) return;
  startDoubt(memory, mirror, target, sample.endedMonotonicMs, askAgainMs(memory, sample));
}

/**
 * Takes note of a moment's verdict for every mirror in doubt: held samples that began before it are settled where it was
 * not us, and the outage of a canary that failed in it opens where its row is one.
 */
export function openConfirmed(memory: Memory, round: Round, moment: Moment): void {
  for (const mirror of mirrorsOf(memory, round.key)) {
    const verdict = moment.verdicts.get(mirror.egress);
    if (mirror.doubt === null || (verdict !== 'them' && verdict !== 'unverified')) continue;
    // A moment that nobody answered shows nothing.
    if (moment.samples.size > 0)
      mirror.doubt.clearedMs = Math.max(mirror.doubt.clearedMs ?? moment.startedMs, moment.startedMs);
    const sample = moment.samples.get(mirror.mirror.name);
    const series = canarySeries(mirror);
    if (series === null || sample?.due.target.canary !== true || heardOf(sample)?.says !== 'failed') continue;
    if (opensOutage(series.outage, memory.config.detect.outage) === null) continue;
    openOutage(memory, mirror, series, verdict === 'them' ? 'ok' : 'unverified');
    endDoubt(memory, mirror);
  }
}

/** Ends the doubts that have lasted long enough without a verdict: due probes run again and count at their pace. */
export function expireDoubts(memory: Memory, round: Round): void {
  for (const mirror of mirrorsOf(memory, round.key)) {
    if (mirror.doubt !== null && mirror.doubt.untilMs <= memory.now.monotonicMs) endDoubt(memory, mirror);
  }
}

/**
 * Asks about a mirror at once, because somebody else says it is in trouble: its canary, that of every other mirror of
 * the upstream, and the controls, in one moment. It is in doubt until it has answered, as after a failure of its own.
 * Nothing happens where it is in doubt or down already, cannot be asked, or its egress is suspect.
 */
export function confirmNow(memory: Memory, mirror: MirrorMemory): void {
  if (mirror.doubt !== null || mirror.canary === null || isCanaryOut(mirror)) return;
  const nowMs = memory.now.monotonicMs;
  startDoubt(memory, mirror, mirror.canary, nowMs, nowMs);
}
