import { closeDoubt } from '../confirm/doubt.ts';
import { sendRequests } from '../confirm/look.ts';
import type { Memory } from '../memory/memory.ts';
import type { MirrorMemory } from '../memory/mirror-memory.ts';
import { recordResponse } from '../memory/moments.ts';
import { removeHeld } from '../memory/records.ts';
import { releaseHeld } from './advance.ts';
import { settle } from './settle.ts';
import { judgeUs, startStreaksAnew } from './step.ts';

const sleepsKept = 4;

/**
 * Removes a mirror from the pending probes of all open rounds, so that the rounds no longer wait for its response. Also
 * ends the mirror's doubt (an unconfirmed failure).
 */
export function dropFromRounds(memory: Memory, mirror: MirrorMemory): void {
  closeDoubt(memory, mirror);
  // The gap to the next planned probe is not measured.
  mirror.sight.lastPlannedMs = null;
  for (const round of memory.confirm.rounds.values()) {
    const flight = round.flights.outcomes.get(mirror.mirror.name);
    if (flight !== undefined) recordResponse(round, 'outcomes', flight.moment, mirror.mirror.name, null);
  }
}

/**
 * Handles a suspend of the process. Samples that overlap the suspend become unknown, and streaks that have not led to a
 * finding are reset.
 */
export function receiveSleep(memory: Memory, fromMs: number, toMs: number): void {
  memory.us.asleep = [...memory.us.asleep, { fromMs, toMs }].slice(-sleepsKept);
  const overlapping = removeHeld(
    memory,
    ({ sample }) => sample.startedMonotonicMs <= toMs && sample.endedMonotonicMs >= fromMs,
  );
  for (const mirror of memory.mirrors.values()) {
    dropFromRounds(memory, mirror);
    startStreaksAnew(memory, mirror);
  }
  for (const { sample } of overlapping) settle(memory, sample, 'local');
  releaseHeld(memory);
  const { monotonicMs } = memory.now;
  // The duration of each suspicion (that our network fails) counts from now.
  for (const [egress, suspicion] of memory.confirm.suspicions)
    memory.confirm.suspicions.set(egress, { ...suspicion, sinceMs: monotonicMs, patternSinceMs: monotonicMs });
  judgeUs(memory, 'sleep', null);
}

/** For a shutdown: settles all samples that still wait for a verdict. */
export function releaseAll(memory: Memory): void {
  for (const { sample, isShort } of removeHeld(memory, () => true)) {
    const egress = memory.mirrors.get(sample.due.target.registry)?.egress;
    const isSuspect = egress !== undefined && memory.confirm.suspicions.has(egress);
    settle(memory, sample, isSuspect ? 'vantage' : null, isShort);
    sendRequests(memory);
  }
}
