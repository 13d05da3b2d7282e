import { type Because, isSilent, isTimeout } from '../../core/failure.ts';
import { limits } from '../../core/limits.ts';
import type { Sample } from '../../core/sample.ts';
import { isHeavy } from '../../core/target.ts';
import { isLeftAlone } from '../absence.ts';
import { doubtCanary, doubtTarget, isConfirmed } from '../confirm/doubt.ts';
import { lookBack } from '../confirm/look.ts';
import { withMark } from '../confirm/loss.ts';
import { answerMoments, hasten } from '../confirm/moments.ts';
import { noteAsk } from '../density.ts';
import { hearTry, noteFamily } from '../detour.ts';
import { holdsThread } from '../findings/held-thread.ts';
import { isCanaryProbe, openFinding, ownTimeoutMs, roundOf, seriesOf } from '../lookups.ts';
import type { Memory } from '../memory.ts';
import type { MirrorMemory } from '../mirror-memory.ts';
import { hearOutage } from '../outages.ts';
import { noteOtherProtocol, noteProtocol } from '../protocol.ts';
import { isContaminated, isDisturbed } from '../rules/contaminated.ts';
import { heardOf, isDamped } from '../rules/outage.ts';
import { countSample } from '../rules/self.ts';
import { noteTiming } from '../sight.ts';
import { dropHeldSpikes, refreshSpeed } from './judge.ts';
import { boundsFor, settle, unjudged } from './settle.ts';
import { noteAnswer, receiveSample } from './step.ts';

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
  noteAsk(mirror, sample);
  receiveSample(memory, mirror, sample);
  if (sample.due.purpose === 'build') {
    memory.turn.settled.push(unjudged(sample));
    return;
  }
  noteTiming(mirror.sight, sample);
  const because = becauseOf(memory, mirror, sample);
  if (because !== null || sample.outcome.tag === 'unknown') {
    answerRound(memory, sample, null);
    settle(memory, sample, because);
    return;
  }
  if (sample.due.purpose === 'peek') {
    // The first bytes of an artifact prove nothing of the rest: a reason to look, for who ordered it.
    if (sample.due.protocol === undefined) hearTry(memory, mirror, sample);
    else {
      noteOtherProtocol(memory, mirror, sample);
      if (openFinding(memory, 'spike', mirror.mirror.name) !== null) refreshSpeed(memory, mirror);
    }
    memory.turn.settled.push(unjudged(sample));
    return;
  }
  noteFamily(memory, mirror, sample);
  noteProtocol(memory, mirror, sample);
  noteAnswer(memory, mirror, seriesOf(mirror, target, connection), sample);
  mirror.line.address = sample.remoteAddress ?? mirror.line.address;
  const isAnswer = !isSilent(sample.outcome);
  if (isAnswer) mirror.line.answeredFromMs = Math.max(mirror.line.answeredFromMs ?? 0, sample.startedMonotonicMs);
  mirror.line.marks = withMark(mirror.line.marks, { atMs: memory.now.monotonicMs, answered: isAnswer });
  answerRound(memory, sample, isAnswer ? 'answered' : 'failed');
  const isShort = isShortTimeout(memory, mirror, sample);
  memory.confirm.held.push({ sample, sinceMs: memory.now.monotonicMs, isShort });
  if (isLeftAlone(mirror)) return;
  const suspicion = memory.confirm.suspicions.get(mirror.egress);
  if (suspicion !== undefined) {
    // Verdicts stand still; an answer is a reason to look again soon.
    const round = memory.confirm.rounds.get(suspicion.roundKey);
    if (isAnswer && round !== undefined) hasten(round, memory.now.monotonicMs, limits.roundStepMs);
    return;
  }
  if (isShort) return;
  if (isCanaryProbe(sample)) hearCanary(memory, mirror, sample);
  else if (connection === 'cold' && !isHeavy(target)) {
    const { outage } = seriesOf(mirror, target, 'cold');
    if (!outage.isOut) doubtTarget(memory, mirror, sample, outage.last);
  }
}

/** A confirming deadline is short: for what nobody doubts, a timeout by it says something about the moment alone. */
function isShortTimeout(memory: Memory, mirror: MirrorMemory, { due, outcome }: Sample): boolean {
  if (due.purpose !== 'confirm' || outcome.tag !== 'failed' || !isTimeout(outcome.failure.kind)) return false;
  return due.timeoutMs < ownTimeoutMs(memory.config, due.target) && !isConfirmed(mirror, due.target);
}

function hearCanary(memory: Memory, mirror: MirrorMemory, sample: Sample): void {
  const series = seriesOf(mirror, sample.due.target, 'cold');
  const heard = heardOf(sample);
  if (heard === null) return;
  const { last: lastBefore, isOut: wasOut } = series.outage;
  hearOutage(memory, mirror, series, heard);
  doubtCanary(memory, mirror, sample, lastBefore);
  if (!wasOut || heard.says !== 'ok') return;
  // Back, or on its way: what else is out is asked at once, not at its own pace.
  if (series.outage.isOut && !isDamped(series.outage)) lookBack(memory, mirror, sample.due.target);
  if (series.outage.isOut) return;
  mirror.outages.backMs = memory.now.monotonicMs;
  dropHeldSpikes(memory, mirror);
  for (const { target, connection, outage } of mirror.series.values()) {
    if (connection === 'cold' && outage.last === 'failed') lookBack(memory, mirror, target);
  }
}

/** Why a sample is news about us; `null`: it is about the mirror, or unknown already. Counts it for our own finding. */
function becauseOf(memory: Memory, mirror: MirrorMemory, sample: Sample): Because | null {
  if (sample.outcome.tag === 'unknown') return null;
  const { startedMonotonicMs, endedMonotonicMs, due } = sample;
  const slept = memory.us.asleep.some(({ fromMs, toMs }) => startedMonotonicMs <= toMs && endedMonotonicMs >= fromMs);
  if (slept) return 'local';
  const bounds = boundsFor(memory, seriesOf(mirror, due.target, due.connection), due.timeoutMs);
  const contaminated = isContaminated(sample, bounds);
  const disturbed = !contaminated && sample.outcome.tag === 'ok' && isDisturbed(sample);
  // What a mirror does to its own samples says nothing of this machine.
  if (!holdsThread(mirror)) {
    memory.us.self = countSample(memory.us.self, { contaminated, disturbed }, memory.now.monotonicMs);
  }
  return contaminated ? 'contaminated' : null;
}

function answerRound(memory: Memory, sample: Sample, said: 'answered' | 'failed' | null): void {
  const { round: place, target } = sample.due;
  const round = place === null ? null : roundOf(memory, place.id);
  if (place === null || round === null) return;
  answerMoments(round, place.moment, target.registry, said, said === null ? null : sample);
}
