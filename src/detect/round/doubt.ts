import { limits } from '../../core/limits.ts';
import type { Sample } from '../../core/sample.ts';
import { canBeAsked } from '../absence.ts';
import {
  canaryPaceMs,
  canarySeries,
  isCanaryOut,
  type Memory,
  type MirrorMemory,
  roundKeyOf,
  stepTimeoutMs,
} from '../memory.ts';
import { openOutage } from '../outages.ts';
import { heardOf, opensOutage } from '../rules/outage.ts';
import { beginMoment, hasten, type Moment, newRound, type Round } from './moments.ts';

/** While suspicion lasts longer than a round, moments come this far apart. */
const watchStepMs = 5_000;

/**
 * Puts a mirror in doubt and has its canary confirmed: at once, or a second after a canary that failed faster than
 * that. Nothing happens where it is in doubt, cannot be asked, or its egress is suspect.
 * @param trigger  the sample that failed
 */
export function startDoubt(memory: Memory, mirror: MirrorMemory, trigger: Sample): void {
  if (mirror.doubt !== null || !canBeAsked(memory, mirror) || memory.suspicions.has(mirror.egress)) return;
  const nowMs = memory.now.monotonicMs;
  const { startedMonotonicMs, endedMonotonicMs } = trigger;
  const isQuick = trigger.due.target.canary && endedMonotonicMs - startedMonotonicMs < limits.roundStepMs;
  const firstMs = isQuick ? Math.max(nowMs, endedMonotonicMs + limits.roundStepMs) : nowMs;
  mirror.doubt = { sinceMs: endedMonotonicMs, untilMs: nowMs + limits.roundMs };
  if (!trigger.due.target.canary) mirror.quietUntilMs = nowMs + canaryPaceMs(mirror, memory.config);
  memory.turn.doubt.push({ registry: mirror.mirror.name, on: true });
  const key = roundKeyOf(mirror.mirror);
  const round = memory.rounds.get(key);
  if (round === undefined) memory.rounds.set(key, newRound(key, memory.random.id(memory.now.wallMs), firstMs));
  else hasten(round, firstMs, limits.roundStepMs);
}

/** Ends a mirror's doubt; what was held for it is settled at the end of the turn. */
export function endDoubt(memory: Memory, mirror: MirrorMemory): void {
  if (mirror.doubt === null) return;
  mirror.doubt = null;
  memory.turn.doubt.push({ registry: mirror.mirror.name, on: false });
}

/**
 * What follows from a canary sample that has just been heard: a success ends the doubt, the first failure after a
 * sample that passed begins one, and so does a row that is an outage by now: it is opened on the answers of one moment.
 */
export function doubtCanary(
  memory: Memory,
  mirror: MirrorMemory,
  sample: Sample,
  lastBefore: 'never' | 'passed' | 'failed',
): void {
  const series = canarySeries(mirror);
  const heard = heardOf(sample);
  if (series === null || heard === null) return;
  if (heard.says !== 'failed') {
    // A refusal ends it too: whoever refuses is there.
    if (mirror.doubt !== null && sample.endedMonotonicMs >= mirror.doubt.sinceMs) endDoubt(memory, mirror);
    return;
  }
  if (isCanaryOut(mirror) || mirror.doubt !== null) return;
  if (lastBefore !== 'failed' || opensOutage(series.outage, memory.config.detect.outage) !== null) {
    startDoubt(memory, mirror, sample);
  }
}

/** Begins a doubt for a failure of another light target whose last judged sample passed. */
export function doubtTarget(memory: Memory, mirror: MirrorMemory, sample: Sample): void {
  if (isCanaryOut(mirror) || memory.now.monotonicMs < mirror.quietUntilMs) return;
  startDoubt(memory, mirror, sample);
}

/** Opens the outage of every mirror in doubt that failed in a moment which shows it was them, where its row is one. */
export function openConfirmed(memory: Memory, round: Round, moment: Moment): void {
  for (const mirror of mirrorsOf(memory, round.key)) {
    const verdict = moment.verdicts.get(mirror.egress);
    if (mirror.doubt === null || (verdict !== 'them' && verdict !== 'unverified')) continue;
    if (moment.said.get(mirror.mirror.name) !== 'failed') continue;
    const series = canarySeries(mirror);
    if (series === null || opensOutage(series.outage, memory.config.detect.outage) === null) continue;
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

/** Asks the next moment of a round where it is time and a mirror in doubt, or a suspicion, waits for it. */
export function askMoment(memory: Memory, round: Round): void {
  const nowMs = memory.now.monotonicMs;
  const members = [...mirrorsOf(memory, round.key)];
  const waits = members.some((mirror) => mirror.doubt !== null && !round.flights.has(mirror.mirror.name));
  if (nowMs < round.nextAtMs || (!waits && round.watching.size === 0)) return;
  const dues = members
    .filter((mirror) => canBeAsked(memory, mirror) && !round.flights.has(mirror.mirror.name))
    .flatMap((mirror) =>
      mirror.canary === null ? [] : [{ target: mirror.canary, timeoutMs: confirmTimeoutMs(memory, mirror) }],
    );
  const controls = memory.config.controls
    .filter((control) => !round.controlFlights.has(control.name))
    .map((control) => ({ name: control.name, timeoutMs: limits.roundTimeoutMsMin }));
  const moment = beginMoment(
    round,
    // Resolving `latest` aside has a deadline of its own of the same length; the rest is for the way to us.
    dues.map((due) => ({ registry: due.target.registry, deadlineMs: nowMs + 2 * due.timeoutMs + limits.roundStepMs })),
    controls.map((due) => ({ name: due.name, deadlineMs: nowMs + due.timeoutMs + limits.roundStepMs })),
    nowMs,
  );
  const inDoubt = members.some((mirror) => mirror.doubt !== null);
  round.nextAtMs = nowMs + (!inDoubt && isLongWatch(memory, round) ? watchStepMs : limits.roundStepMs);
  memory.turn.rounds.push({ id: round.id, moment: moment.index, dues, controls });
}

function isLongWatch(memory: Memory, round: Round): boolean {
  for (const egress of round.watching) {
    const sinceMs = memory.suspicions.get(egress)?.sinceMs ?? memory.now.monotonicMs;
    if (memory.now.monotonicMs - sinceMs >= limits.roundMs) return true;
  }
  return false;
}

/**
 * The deadline of a confirming probe: the larger of 1.5 s and 3 × baseline, milliseconds. The last ok answer counts
 * where it was slower than the baseline, which stands still in a spike: a slow mirror must not look dead. A mirror
 * that was never measured gets 3 × 1.5 s. Never above the canary's own deadline.
 */
export function confirmTimeoutMs(memory: Memory, mirror: MirrorMemory): number {
  const baselineMs = canarySeries(mirror)?.baseline.medianMs ?? null;
  const usualMs =
    baselineMs === null && mirror.lastOkRttMs === null
      ? limits.roundTimeoutMsMin
      : Math.max(baselineMs ?? 0, mirror.lastOkRttMs ?? 0);
  const wantedMs = Math.max(limits.roundTimeoutMsMin, limits.roundTimeoutFactor * usualMs);
  const ownMs = mirror.canary === null ? wantedMs : stepTimeoutMs(memory.config, mirror.canary.step);
  return Math.round(Math.min(wantedMs, ownMs));
}

/** The mirrors of one upstream. */
export function* mirrorsOf(memory: Memory, key: string): Iterable<MirrorMemory> {
  for (const mirror of memory.mirrors.values()) if (roundKeyOf(mirror.mirror) === key) yield mirror;
}

/**
 * Asks about a mirror at once, because somebody else says it is in trouble: its canary, that of every other mirror of
 * the upstream, and the controls, in one moment. It is in doubt until it has answered, as after a failure of its own.
 * Nothing happens where it is in doubt or down already, cannot be asked, or its egress is suspect.
 */
export function confirmNow(memory: Memory, mirror: MirrorMemory): void {
  if (mirror.doubt !== null || isCanaryOut(mirror) || !canBeAsked(memory, mirror)) return;
  if (memory.suspicions.has(mirror.egress)) return;
  const nowMs = memory.now.monotonicMs;
  mirror.doubt = { sinceMs: nowMs, untilMs: nowMs + limits.roundMs };
  memory.turn.doubt.push({ registry: mirror.mirror.name, on: true });
  const key = roundKeyOf(mirror.mirror);
  const round = memory.rounds.get(key);
  if (round === undefined) memory.rounds.set(key, newRound(key, memory.random.id(memory.now.wallMs), nowMs));
  else hasten(round, nowMs, limits.roundStepMs);
}
