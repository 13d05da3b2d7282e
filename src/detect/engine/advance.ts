import { limits } from '../../core/limits.ts';
import { hasDoubt, nextRequestMsOf, requestMoment } from '../confirm/ask.ts';
import { closeDoubt, expireDoubts } from '../confirm/doubt.ts';
import { expireRechecks, sendRequests } from '../confirm/look.ts';
import { canBeProbed } from '../memory/absence.ts';
import { roundOf } from '../memory/lookups.ts';
import type { HeldSample, Memory } from '../memory/memory.ts';
import { type MirrorMemory, mirrorsOf } from '../memory/mirror-memory.ts';
import { expireFlights, type Round, type RoundMoment, recordResponse } from '../memory/moments.ts';
import { responseOfFamilies } from '../outage/families.ts';
import { outagesOf } from '../outage/state.ts';
import { settle } from './settle.ts';
import { decideCanary, judgeUs, startStreaksAnew } from './step.ts';
import { applyVerdict, closeSuspicion, verdictOf } from './suspicion.ts';

/**
 * Advances every round (the confirming probes of one upstream) to the current time. Then it settles the samples that
 * need not wait any longer for a verdict.
 */
export function advanceRounds(memory: Memory): void {
  sendRequests(memory);
  for (const round of memory.confirm.rounds.values()) {
    expireFlights(round, memory.now.monotonicMs);
    for (const moment of round.moments) judgeRoundMoment(memory, round, moment);
    round.moments = round.moments.filter(({ isFinal }) => !isFinal);
    expireDoubts(memory, round);
    expireRechecks(memory, round);
    stopWatching(memory, round);
    requestMoment(memory, round);
    const isOver = round.watching.size === 0 && round.rechecks.size === 0 && !hasDoubt(memory, round);
    if (isOver) memory.confirm.rounds.delete(round.key);
  }
  releaseHeld(memory);
}

function judgeRoundMoment(memory: Memory, round: Round, moment: RoundMoment): void {
  const egresses = new Set(
    [...moment.outcomes.keys()].flatMap((registry) => memory.mirrors.get(registry)?.egress ?? []),
  );
  let isFinal = true;
  for (const egress of egresses) {
    if (moment.verdicts.has(egress)) continue;
    const at = { memory, round, moment, egress };
    const verdict = verdictOf(at);
    if (verdict === 'waiting') {
      isFinal = false;
      continue;
    }
    moment.verdicts.set(egress, verdict);
    applyVerdict(at, verdict);
    sendRequests(memory);
  }
  openConfirmed(memory, round, moment);
  sendRequests(memory);
  // The verdict may be known before the mirror in doubt has responded. The mirror's response still counts for this
  // moment (these concurrent probes), so the moment is not final yet.
  for (const mirror of mirrorsOf(memory, round.key)) {
    if (mirror.doubt !== null && moment.outcomes.get(mirror.mirror.name) === 'missing') isFinal = false;
  }
  moment.isFinal = isFinal;
}

function openConfirmed(memory: Memory, round: Round, moment: RoundMoment): void {
  for (const mirror of mirrorsOf(memory, round.key)) {
    const verdict = moment.verdicts.get(mirror.egress);
    if (mirror.doubt === null || (verdict !== 'them' && verdict !== 'unverified')) continue;
    // If no probe of the moment (the concurrent probes) returned a sample, the moment shows nothing about our network.
    if (moment.samples.size > 0)
      mirror.doubt.clearedMs = Math.max(mirror.doubt.clearedMs ?? moment.startedMs, moment.startedMs);
    const sample = moment.samples.get(mirror.mirror.name) ?? null;
    decideCanary(memory, mirror, { sample, vantage: verdict === 'them' ? 'ok' : 'unverified', by: 'moment' });
  }
}

function stopWatching(memory: Memory, round: Round): void {
  for (const egress of round.watching) {
    const members = mirrorsOf(memory, round.key).filter((mirror) => mirror.egress === egress);
    if (!members.some((mirror) => canBeProbed(memory, mirror))) closeSuspicion(memory, round, egress);
  }
}

/**
 * Settles the samples that no longer wait for a verdict on our network, in order of arrival.
 * @param isReady  which samples; absent: those whose verdict is there
 */
export function releaseHeld(memory: Memory, isReady = (held: HeldSample) => !isWaiting(memory, held)): void {
  for (const { sample, isShort } of removeHeld(memory, isReady)) {
    const mirror = memory.mirrors.get(sample.due.target.registry);
    const isSuspect = mirror !== undefined && memory.confirm.suspicions.has(mirror.egress);
    const response = mirror === undefined ? sample : responseOfFamilies(outagesOf(mirror).families, sample);
    settle(memory, response, isSuspect ? 'vantage' : null, isShort);
    sendRequests(memory);
  }
}

function isWaiting(memory: Memory, held: HeldSample): boolean {
  if (memory.now.monotonicMs - held.sinceMs >= limits.roundMs) return false;
  const { due, endedMonotonicMs } = held.sample;
  const mirror = memory.mirrors.get(due.target.registry);
  if (mirror === undefined) return false;
  if (due.purpose === 'confirm') {
    const round = roundOf(memory, due.round?.id ?? '');
    return round?.moments.some(({ index, isFinal }) => index === due.round?.moment && !isFinal) === true;
  }
  if (mirror.doubt === null) return false;
  // The sample waits for a verdict on probes that started after the sample ended.
  return mirror.doubt.clearedMs === null || mirror.doubt.clearedMs < endedMonotonicMs;
}

/** The next time at which `advanceRounds` must run, monotonic milliseconds; `null`: none. */
export function wakeAtMs(memory: Memory): number | null {
  const times: number[] = [];
  for (const round of memory.confirm.rounds.values()) {
    for (const { deadlineMs } of round.flights.values()) times.push(deadlineMs);
    const requestMs = nextRequestMsOf(memory, round);
    // If due probes could not start in this turn of the main loop, the next turn tries again.
    if (requestMs !== null && requestMs > memory.now.monotonicMs) times.push(requestMs);
    for (const recheck of round.rechecks.values()) times.push(recheck.untilMs);
    for (const mirror of mirrorsOf(memory, round.key)) if (mirror.doubt !== null) times.push(mirror.doubt.untilMs);
  }
  for (const held of memory.confirm.held) times.push(held.sinceMs + limits.roundMs);
  return times.length === 0 ? null : Math.min(...times);
}

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
    const flight = round.flights.get(mirror.mirror.name);
    if (flight !== undefined) recordResponse(round, flight.moment, mirror.mirror.name, null);
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
    ({ sample: { startedMonotonicMs, endedMonotonicMs } }) => startedMonotonicMs <= toMs && endedMonotonicMs >= fromMs,
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

/**
 * Removes the samples for which `isReady` returns true from the list of samples that wait for a verdict.
 * @returns the removed samples, in order of arrival
 */
function removeHeld({ confirm }: Memory, isReady: (held: HeldSample) => boolean): readonly HeldSample[] {
  const { ready = [], waiting = [] } = Object.groupBy(confirm.held, (held) => (isReady(held) ? 'ready' : 'waiting'));
  confirm.held = waiting;
  return ready;
}

/** Records whether each canary that may be probed was probed once. */
export function recordPass(memory: Memory): void {
  if (memory.us.passEnded) return;
  const canaries = [...memory.mirrors.values()].filter((mirror) => canBeProbed(memory, mirror));
  memory.us.passEnded = canaries.length > 0 && canaries.every((mirror) => mirror.sight.wasProbed);
}
