import type { Sample } from '../core/sample.ts';
import { isHeavy } from '../core/target.ts';
import { vantageWord } from './confirm/witness.ts';
import { isCanaryOut } from './lookups.ts';
import type { Memory } from './memory.ts';
import type { MirrorMemory } from './mirror-memory.ts';
import { refreshOutage } from './outages.ts';
import { rowHasNews } from './rows.ts';
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
  const isSought = mirror.family.failedOver !== null && (mirror.doubt !== null || isCanaryOut(mirror));
  if (isSought && mirror.family.failedOver !== null) return otherFamily(mirror.family.failedOver.family);
  return mirror.family.detour?.over ?? null;
}

/** Takes note of the family that an answer came over, or did not: a detour begins with an answer over the other one. */
export function noteFamily(memory: Memory, mirror: MirrorMemory, sample: Sample): void {
  const { resolve, proxy } = mirror.mirror.access;
  if (resolve.family !== null || proxy !== null) return;
  const failed = unconnected(sample);
  if (failed !== null) {
    mirror.family.failedOver = { ...failed, probeId: sample.due.probeId };
    return;
  }
  if (sample.outcome.tag !== 'ok' || sample.family === null) return;
  mirror.family.answeredOver.set(sample.family, memory.now.monotonicMs);
  const { failedOver, detour } = mirror.family;
  if (failedOver?.family === sample.family) mirror.family.failedOver = null;
  if (!isOverWish(sample)) return;
  if (failedOver !== null && failedOver.family !== sample.family && detour?.over !== sample.family) {
    mirror.family.detour = newDetour(failedOver.family, failedOver, memory.now.monotonicMs);
  }
  if (sample.due.purpose !== 'confirm') return;
  mirror.family.insteadOf.delete(sample.due.target.id);
  mirror.family.insteadOf.set(sample.due.target.id, sample);
  for (const id of mirror.family.insteadOf.keys())
    if (mirror.family.insteadOf.size > answersKept) mirror.family.insteadOf.delete(id);
}

/** What a client got in place of a failure over one family: the answer of the same round over the other. */
export function instead(mirror: MirrorMemory, sample: Sample): Sample {
  if (mirror.family.detour === null || unconnected(sample)?.family !== mirror.family.detour.broken) return sample;
  const answer = mirror.family.insteadOf.get(sample.due.target.id);
  return answer === undefined ? sample : overOther(sample, answer);
}

/**
 * Has the broken family tried beside the probes over the other one: at the pace of the canary, and after its first failure,
 * which may have been chance, with each answer of the round.
 */
export function tryBroken(memory: Memory, mirror: MirrorMemory, { due, outcome, startedMonotonicMs }: Sample): void {
  if (mirror.family.detour === null || startedMonotonicMs < mirror.family.detour.sinceMs) return;
  if (outcome.tag !== 'ok' || isHeavy(due.target)) return;
  const isAtPace = due.target.canary && due.purpose === 'scheduled';
  if (!isAtPace && (due.purpose !== 'confirm' || isShown(mirror.family.detour))) return;
  memory.turn.peeks.push({ target: due.target, family: mirror.family.detour.broken });
}

/** Takes the answer to such a try. */
export function hearTry(memory: Memory, mirror: MirrorMemory, sample: Sample): void {
  const { detour } = mirror.family;
  if (detour === null || isHeavy(sample.due.target)) return;
  mirror.family.detour = hearBroken(detour, sample);
  if (mirror.family.detour === null) {
    mirror.family.failedOver = null;
    mirror.family.insteadOf.clear();
  }
  rowHasNews(mirror);
  refreshOutage(memory, mirror, vantageWord(memory, mirror));
}
