import { closeDoubt } from '../confirm/doubt.ts';
import { sendRequests } from '../confirm/look.ts';
import type { Memory } from '../memory/memory.ts';
import type { MirrorMemory } from '../memory/mirror-memory.ts';
import { recordResponse } from '../memory/moments.ts';
import { releaseHeld } from './advance.ts';
import { settle } from './settle.ts';
import { judgeUs, startStreaksAnew } from './step.ts';

const sleepsKept = 4;

/** The moments of open rounds no longer wait for a mirror. */
export function dropFromRounds(memory: Memory, mirror: MirrorMemory): void {
  closeDoubt(memory, mirror);
  mirror.sight.lastPlannedMs = null;
  for (const round of memory.confirm.rounds.values()) {
    const flight = round.flights.outcomes.get(mirror.mirror.name);
    if (flight !== undefined) recordResponse(round, 'outcomes', flight.moment, mirror.mirror.name, null);
  }
}

/** Handles a suspend: samples that overlap it become unknown, and streaks without a finding are reset. */
export function receiveSleep(memory: Memory, fromMs: number, toMs: number): void {
  memory.us.asleep = [...memory.us.asleep, { fromMs, toMs }].slice(-sleepsKept);
  const held = memory.confirm.held.splice(0);
  for (const mirror of memory.mirrors.values()) {
    dropFromRounds(memory, mirror);
    startStreaksAnew(memory, mirror);
  }
  for (const one of held) {
    const { startedMonotonicMs, endedMonotonicMs } = one.sample;
    if (startedMonotonicMs <= toMs && endedMonotonicMs >= fromMs) settle(memory, one.sample, 'local');
    else memory.confirm.held.push(one);
  }
  releaseHeld(memory);
  for (const [egress, suspicion] of memory.confirm.suspicions) {
    memory.confirm.suspicions.set(egress, {
      ...suspicion,
      sinceMs: memory.now.monotonicMs,
      patternSinceMs: memory.now.monotonicMs,
    });
  }
  judgeUs(memory, 'sleep', null);
}

/** For a shutdown: settles all held samples. */
export function releaseAll(memory: Memory): void {
  for (const { sample, isShort } of memory.confirm.held.splice(0)) {
    const egress = memory.mirrors.get(sample.due.target.registry)?.egress;
    const isSuspect = egress !== undefined && memory.confirm.suspicions.has(egress);
    settle(memory, sample, isSuspect ? 'vantage' : null, isShort);
    sendRequests(memory);
  }
}
