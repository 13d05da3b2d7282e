import { limits } from '../../core/limits.ts';
import type { Target } from '../../core/mirror.ts';
import type { Sample } from '../../core/sample.ts';
import { isLeftAlone } from './absence.ts';
import { roundOf } from './lookups.ts';
import type { Memory } from './memory.ts';
import type { Doubt, MirrorMemory, Suspicion } from './mirror-memory.ts';
import { advanceDeadline, type Recheck, type Round, recordResponse } from './moments.ts';

const targetsInDoubt = 8;

/**
 * Puts a target in doubt (its failure is to be confirmed). Returns false if the target is in doubt already, or too many
 * targets of the mirror are.
 */
export function openDoubt(
  memory: Memory,
  mirror: MirrorMemory,
  target: Target,
  { sinceMs, untilMs, patientUntilMs }: Pick<Doubt, 'sinceMs' | 'untilMs' | 'patientUntilMs'>,
): boolean {
  if (mirror.doubt === null) {
    const targets = new Map([[target.id, target]]);
    mirror.doubt = { sinceMs, untilMs, patientUntilMs, targets, slowestMs: 0, clearedMs: null };
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

/**
 * Ends the doubt (the unconfirmed failure) of one target. If no other target of the mirror is in doubt, the mirror's
 * doubt ends too.
 */
export function closeDoubtOf(memory: Memory, mirror: MirrorMemory, target: Target): void {
  if (mirror.doubt?.targets.delete(target.id) === true && mirror.doubt.targets.size === 0) closeDoubt(memory, mirror);
}

type Pattern = Pick<Suspicion, 'pattern' | 'isLoss'>;

/**
 * Puts an egress (a network path out of this host) under suspicion. From now on, the probes of the round show when the
 * suspicion ends.
 */
export function openSuspicion(memory: Memory, round: Round, egress: string, { pattern, isLoss }: Pattern): void {
  const { monotonicMs, wallMs } = memory.now;
  const since = { sinceMs: monotonicMs, sinceWallMs: wallMs, patternSinceMs: monotonicMs };
  const inDoubt = [...memory.mirrors.values()].filter((mirror) => mirror.egress === egress && mirror.doubt !== null);
  const doubted = new Set(inDoubt.map(({ mirror }) => mirror.name));
  memory.confirm.suspicions.set(egress, { ...since, pattern, isLoss, roundKey: round.key, doubted });
  round.watching.add(egress);
}

/** After a suspend of the process, the duration of each suspicion (that our network fails) counts from now. */
export function renewSuspicions({ confirm: { suspicions }, now: { monotonicMs } }: Memory): void {
  for (const [egress, suspicion] of suspicions)
    suspicions.set(egress, { ...suspicion, sinceMs: monotonicMs, patternSinceMs: monotonicMs });
}

/**
 * Adds a sample to the moments (concurrent probes) that wait for it. While our network over the mirror's egress
 * (network path) is suspect, a response brings the next moment forward.
 * @param isResponse  `null`: the sample says nothing about the mirror
 */
export function recordInRounds(memory: Memory, mirror: MirrorMemory, sample: Sample, isResponse: boolean | null): void {
  const { round: place, target } = sample.due;
  const round = place === null ? null : roundOf(memory, place.id);
  if (place !== null && round !== null) {
    const outcome = isResponse === true ? 'answered' : 'failed';
    if (isResponse === null) recordResponse(round, 'outcomes', place.moment, target.registry, null);
    else recordResponse(round, 'outcomes', place.moment, target.registry, outcome, sample);
  }
  const suspicion = memory.confirm.suspicions.get(mirror.egress);
  if (suspicion === undefined || isResponse !== true || isLeftAlone(mirror)) return;
  const watching = memory.confirm.rounds.get(suspicion.roundKey);
  if (watching !== undefined) advanceDeadline(watching, memory.now.monotonicMs, limits.roundStepMs);
}

/** Merges another order into a recheck (repeated probes) that is running. */
export function widenRecheck(known: Recheck, order: Omit<Recheck, 'settled' | 'target'>, nowMs: number): void {
  known.untilMs = Math.max(known.untilMs, order.untilMs);
  known.stepMs = Math.min(known.stepMs, order.stepMs);
  known.nextAtMs = Math.min(known.nextAtMs, Math.max(order.nextAtMs, nowMs));
  known.isUrgent ||= order.isUrgent;
  if (order.reason === 'ordered') known.reason = order.reason;
  const both = new Set([order.registry, ...(order.registries ?? []), ...(known.registries ?? [])]);
  known.registries = known.registries === null || order.registries === null ? null : both;
}

export function dropRechecks(round: Round, isOver: (recheck: Recheck) => boolean): void {
  for (const [key, recheck] of round.rechecks) if (isOver(recheck)) round.rechecks.delete(key);
}

/** Deletes recorded times of heavy rechecks (artifact downloads) that are too long ago to delay another one. */
export function pruneHeavyRechecks({ confirm: { heavyRechecks }, now }: Memory): void {
  for (const [key, atMs] of heavyRechecks)
    if (now.monotonicMs - atMs >= limits.heavyRecheckMs) heavyRechecks.delete(key);
}
