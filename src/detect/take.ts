import { type Because, countsTowardsOutage, isTimeout } from '../core/failure.ts';
import { limits } from '../core/limits.ts';
import type { Sample } from '../core/sample.ts';
import { isHeavy } from '../core/target.ts';
import { isLeftAlone } from './absence.ts';
import { isCanaryProbe, type Memory, type MirrorMemory, roundKeyOf, seriesOf } from './memory.ts';
import { hearOutage } from './outages.ts';
import { doubtCanary, doubtTarget } from './round/doubt.ts';
import { answerMoments, hasten } from './round/moments.ts';
import { isContaminated } from './rules/contaminated.ts';
import { heardOf } from './rules/outage.ts';
import { countSample } from './rules/self.ts';
import { settle, thresholdFor } from './settle.ts';

/**
 * Takes in one sample: what is news about us is settled at once; the rest speaks to the round and may begin or end a
 * doubt, and is then held until `settleHeld` finds that it waits for nothing.
 */
export function take(memory: Memory, sample: Sample): void {
  const { target, connection } = sample.due;
  const mirror = memory.mirrors.get(target.registry);
  if (mirror === undefined || !memory.targets.has(target.id)) {
    settle(memory, sample, null);
    return;
  }
  noteTiming(mirror, sample);
  const because = becauseOf(memory, mirror, sample);
  if (because !== null || sample.outcome.tag === 'unknown') {
    answerRound(memory, mirror, sample, null);
    settle(memory, sample, because);
    return;
  }
  mirror.address = sample.remoteAddress ?? mirror.address;
  const isFailing = sample.outcome.tag === 'failed' && countsTowardsOutage(sample.outcome.failure.kind);
  answerRound(memory, mirror, sample, isFailing ? 'failed' : 'answered');
  memory.held.push({ sample, sinceMs: memory.now.monotonicMs });
  if (isLeftAlone(mirror)) return;
  const suspicion = memory.suspicions.get(mirror.egress);
  if (suspicion !== undefined) {
    // Verdicts stand still; an answer is a reason to look again soon.
    const round = memory.rounds.get(suspicion.roundKey);
    if (!isFailing && round !== undefined) hasten(round, memory.now.monotonicMs, limits.roundStepMs);
    return;
  }
  if (isCanaryProbe(sample)) hearCanary(memory, mirror, sample);
  else if (isFailing && connection === 'cold' && !isHeavy(target.step)) {
    const { outage } = seriesOf(mirror, target, 'cold');
    if (!outage.isOut && outage.last === 'passed') doubtTarget(memory, mirror, sample);
  }
}

function hearCanary(memory: Memory, mirror: MirrorMemory, sample: Sample): void {
  const { outcome, due } = sample;
  // A confirming deadline is short: for a mirror that nobody doubts it says something about the moment, not about it.
  const isShort = due.purpose === 'confirm' && outcome.tag === 'failed' && isTimeout(outcome.failure.kind);
  if (isShort && mirror.doubt === null) return;
  const series = seriesOf(mirror, due.target, 'cold');
  const heard = heardOf(sample);
  if (heard === null) return;
  const lastBefore = series.outage.last;
  hearOutage(memory, mirror, series, heard);
  doubtCanary(memory, mirror, sample, lastBefore);
}

function noteTiming(mirror: MirrorMemory, sample: Sample): void {
  const { due } = sample;
  if (!due.target.canary) return;
  mirror.wasAsked = true;
  if (due.purpose !== 'scheduled') return;
  if (mirror.lastPlannedMs !== null) {
    mirror.plannedGapMs = Math.max(mirror.plannedGapMs ?? 0, due.plannedAtMs - mirror.lastPlannedMs);
  }
  mirror.lastPlannedMs = due.plannedAtMs;
}

/** Why a sample is news about us; `null`: it is about the mirror, or unknown already. Counts it for our own finding. */
function becauseOf(memory: Memory, mirror: MirrorMemory, sample: Sample): Because | null {
  if (sample.outcome.tag === 'unknown') return null;
  const { startedMonotonicMs, endedMonotonicMs, due } = sample;
  const slept = memory.asleep.some(({ fromMs, toMs }) => startedMonotonicMs <= toMs && endedMonotonicMs >= fromMs);
  if (slept) return 'local';
  const thresholdMs = thresholdFor(memory, seriesOf(mirror, due.target, due.connection), due.timeoutMs);
  const contaminated = isContaminated(sample, thresholdMs);
  memory.self = countSample(memory.self, contaminated, memory.now.monotonicMs);
  return contaminated ? 'contaminated' : null;
}

function answerRound(memory: Memory, mirror: MirrorMemory, sample: Sample, said: 'answered' | 'failed' | null): void {
  const { round: place, target } = sample.due;
  const round = memory.rounds.get(roundKeyOf(mirror.mirror));
  if (place === null || round === undefined || round.id !== place.id) return;
  answerMoments(round, place.moment, target.registry, said, said === null ? null : sample);
}
