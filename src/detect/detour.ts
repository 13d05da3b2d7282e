import type { Sample } from '../core/sample.ts';
import { isHeavy } from '../core/target.ts';
import { isCanaryOut } from './lookups.ts';
import type { Memory } from './memory.ts';
import type { MirrorMemory } from './mirror-memory.ts';
import { refreshOutage } from './outages.ts';
import { vantageWord } from './round/witness.ts';
import {
  type AddressFamily,
  hearBroken,
  isOverWish,
  isShown,
  newDetour,
  otherFamily,
  overOther,
  unconnected,
} from './rules/detour.ts';

/** Answers of a mirror kept that may stand for failures of the same moment. */
const answersKept = 16;

/**
 * The family that a mirror is to be asked over now; `null`: as its name resolves. While it is in doubt or out, the one
 * that did not fail last; on a detour, the one that answers. Clients fall back between addresses: a family is no mirror.
 * @see design.md section 5.1, Families; RFC 8305
 */
export function familyFor(mirror: MirrorMemory): AddressFamily | null {
  const isSought = mirror.failedOver !== null && (mirror.doubt !== null || isCanaryOut(mirror));
  if (isSought && mirror.failedOver !== null) return otherFamily(mirror.failedOver.family);
  return mirror.detour?.over ?? null;
}

/** Takes note of the family that an answer came over, or did not: a detour begins with an answer over the other one. */
export function noteFamily(memory: Memory, mirror: MirrorMemory, sample: Sample): void {
  const { resolve, proxy } = mirror.mirror.access;
  if (resolve.family !== null || proxy !== null) return;
  const failed = unconnected(sample);
  if (failed !== null) {
    mirror.failedOver = { ...failed, probeId: sample.due.probeId };
    return;
  }
  if (sample.outcome.tag !== 'ok' || sample.family === null) return;
  mirror.answeredOver.set(sample.family, memory.now.monotonicMs);
  const { failedOver, detour } = mirror;
  if (failedOver?.family === sample.family) mirror.failedOver = null;
  if (!isOverWish(sample)) return;
  if (failedOver !== null && failedOver.family !== sample.family && detour?.over !== sample.family) {
    mirror.detour = newDetour(failedOver.family, failedOver, memory.now.monotonicMs);
  }
  if (sample.due.purpose !== 'confirm') return;
  mirror.insteadOf.delete(sample.due.target.id);
  mirror.insteadOf.set(sample.due.target.id, sample);
  for (const id of mirror.insteadOf.keys()) if (mirror.insteadOf.size > answersKept) mirror.insteadOf.delete(id);
}

/** What a client got in place of a failure over one family: the answer of the same round over the other. */
export function instead(mirror: MirrorMemory, sample: Sample): Sample {
  if (mirror.detour === null || unconnected(sample)?.family !== mirror.detour.broken) return sample;
  const answer = mirror.insteadOf.get(sample.due.target.id);
  return answer === undefined ? sample : overOther(sample, answer);
}

/**
 * Has the broken family tried beside the probes over the other one: at the pace of the canary, and after its first failure,
 * which may have been chance, with each answer of the round.
 */
export function tryBroken(memory: Memory, mirror: MirrorMemory, { due, outcome, startedMonotonicMs }: Sample): void {
  if (mirror.detour === null || startedMonotonicMs < mirror.detour.sinceMs) return;
  if (outcome.tag !== 'ok' || isHeavy(due.target)) return;
  const isAtPace = due.target.canary && due.purpose === 'scheduled';
  if (!isAtPace && (due.purpose !== 'confirm' || isShown(mirror.detour))) return;
  memory.turn.peeks.push({ target: due.target, family: mirror.detour.broken });
}

/** Takes the answer to such a try. */
export function hearTry(memory: Memory, mirror: MirrorMemory, sample: Sample): void {
  const { detour } = mirror;
  if (detour === null || isHeavy(sample.due.target)) return;
  mirror.detour = hearBroken(detour, sample);
  if (mirror.detour === null) {
    mirror.failedOver = null;
    mirror.insteadOf.clear();
  }
  mirror.isDirty = true;
  refreshOutage(memory, mirror, vantageWord(memory, mirror));
}
