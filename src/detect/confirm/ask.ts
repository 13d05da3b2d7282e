import { limits } from '../../core/limits.ts';
import type { Target } from '../../core/mirror.ts';
import { quantile } from '../../core/statistics.ts';
import { canBeProbed } from '../memory/absence.ts';
import { mayBeProbedMore } from '../memory/density.ts';
import { timeoutOf } from '../memory/lookups.ts';
import type { Memory } from '../memory/memory.ts';
import { canarySeriesOf, type MirrorMemory, mirrorsOf, seriesOf } from '../memory/mirror-memory.ts';
import { controlKeyOf, type Round, startMoment } from '../memory/moments.ts';
import { outagesOf } from '../outage/state.ts';
import type { Baseline } from '../rules/baseline.ts';
import { speedOf } from '../rules/speed.ts';
import { closeDoubt, isConfirmed, isInDoubt } from './doubt.ts';
import { dropRechecks, keyOfQuestion, type Question, targetAt } from './look.ts';
import { witnessesFor } from './witness.ts';

/**
 * The interval between the moments (concurrent probes) of a round that only checks whether a suspicion against our
 * network has ended. It applies if the suspicion is older than `limits.roundMs`. Milliseconds.
 */
const watchStepMs = 5_000;

/**
 * If a mirror has at least this many targets in outage, its further targets with an unconfirmed failure are probed at
 * that mirror only, not at the other mirrors.
 */
const comparedTargets = 2;

/**
 * A response of a witness (a mirror of another upstream) counts only if its probe started at most this long before the
 * moment (the concurrent probes of a round). Milliseconds.
 */
const witnessMs = 3_000;

/** While a slow mirror is in doubt, a confirming probe waits this many times as long as its slowest response took. */
const slowFactor = 1.5;

interface Want {
  readonly key: string;
  readonly question: Question;
  readonly share: number;
  /** The names of the mirrors to probe; `null`: every mirror that has the target. */
  readonly registries: ReadonlySet<string> | null;
}

/**
 * Starts the next moment (concurrent probes of all mirrors) of a round if it is due. If the budget of extra probes is
 * too small, ends the round's doubts (unconfirmed failures) and rechecks instead. Rechecks with reason `back` (a
 * recovering target) continue.
 */
export function requestMoment(memory: Memory, round: Round): void {
  const nowMs = memory.now.monotonicMs;
  if (nowMs < round.nextAtMs) return;
  const doubted = [...mirrorsOf(memory, round.key)].filter((mirror) => mirror.doubt !== null);
  const wants = wantsOf(memory, round, doubted);
  const want = canaryInTurn(round, wants, doubted) ?? leastServed(round, wants);
  if (want === null) return;
  const isConfirming = doubted.length > 0 || round.watching.size > 0;
  const since = doubted.map((mirror) => mirror.doubt?.sinceMs ?? nowMs);
  // A witness (a mirror of another upstream) counts only if its probe started after this time. The network may have
  // failed after an earlier probe.
  const witnessFromMs = Math.max(Math.min(nowMs, ...since), nowMs - witnessMs);
  const own = duesOf(memory, round, want);
  const dues = [...own, ...witnessDues(memory, round, want, doubted, witnessFromMs)];
  const recheck = round.rechecks.get(want.key);
  if (recheck !== undefined) recheck.nextAtMs = nowMs + recheck.stepMs;
  // Probes of a recovering target, for a suspicion against our network, or for a canary in doubt cost nothing.
  const costsNothing = round.watching.size > 0 || recheck?.reason === 'back' || doubted.some(isCanaryInDoubt);
  if (!costsNothing && !memory.confirm.budget.pay(own.length, recheck?.isUrgent ?? false)) {
    for (const mirror of doubted) closeDoubt(memory, mirror);
    dropRechecks(round, ({ reason }) => reason !== 'back');
    return;
  }
  if (own.length === 0) return;
  round.lastKey = want.key;
  round.served.set(want.key, (round.served.get(want.key) ?? 0) + 1 / want.share);
  const controls = isConfirming ? controlsOf(memory, round) : [];
  const untilMs = (timeoutMs: number): number => nowMs + timeoutMs + limits.roundStepMs;
  const members = [
    // Twice the timeout, because the probe may first resolve `latest` with a deadline of the same length.
    ...dues.map((due) => ({ key: due.target.registry, deadlineMs: untilMs(2 * due.timeoutMs) })),
    ...controls.map(({ name, timeoutMs }) => ({ key: controlKeyOf(name), deadlineMs: untilMs(timeoutMs) })),
  ];
  const moment = startMoment(round, isConfirming, members, { nowMs, witnessFromMs });
  const isSlowWatch = doubted.length === 0 && round.rechecks.size === 0 && isLongWatch(memory, round);
  round.nextAtMs = nowMs + (isSlowWatch ? watchStepMs : limits.roundStepMs);
  memory.turn.rounds.push({ id: round.id, moment, dues, controls });
}

export function hasDoubt(memory: Memory, round: Round): boolean {
  return mirrorsOf(memory, round.key).some((mirror) => mirror.doubt !== null);
}

/**
 * The earliest time of the next probes of the round (the unscheduled probing of one upstream), monotonic milliseconds;
 * `null`: nothing to probe.
 */
export function nextRequestMsOf(memory: Memory, round: Round): number | null {
  if (round.watching.size > 0 || hasDoubt(memory, round)) return round.nextAtMs;
  const rechecks = [...round.rechecks.values()].map((recheck) => recheck.nextAtMs);
  return rechecks.length === 0 ? null : Math.max(round.nextAtMs, Math.min(...rechecks));
}

/** True if no probe of the mirror is in flight in the round, and its rate of requests allows one more. */
function isFree(memory: Memory, round: Round, mirror: MirrorMemory): boolean {
  return !round.flights.has(mirror.mirror.name) && mayBeProbedMore(mirror, memory.now.monotonicMs);
}

function wantsOf(memory: Memory, round: Round, doubted: readonly MirrorMemory[]): readonly Want[] {
  const nowMs = memory.now.monotonicMs;
  const wants = new Map<string, Want>();
  const want = (question: Question, share: number, registries: Want['registries']): void => {
    const key = keyOfQuestion(question);
    const known = wants.get(key);
    if (known !== undefined && known.share >= share && known.registries === null) return;
    wants.set(key, { key, question, share, registries: known === undefined ? registries : null });
  };
  for (const mirror of doubted) {
    // While a probe of a mirror in doubt (with an unconfirmed failure) is pending, no further concurrent probes
    // (moment) start for that mirror.
    if (!isFree(memory, round, mirror)) continue;
    for (const target of mirror.doubt?.targets.values() ?? []) {
      if (!target.canary)
        want(target, 2, outagesOf(mirror).out.size >= comparedTargets ? new Set([mirror.mirror.name]) : null);
      want('canary', target.canary ? 3 : 1, null);
    }
  }
  if (round.watching.size > 0) want('canary', 3, null);
  for (const { target, registry, registries, nextAtMs } of round.rechecks.values()) {
    // A recheck compares other mirrors with the mirror that caused it. So it waits while a probe of that mirror is
    // pending, or that mirror may not be probed.
    const mirror = memory.mirrors.get(registry);
    if (nextAtMs <= nowMs && mirror !== undefined && isFree(memory, round, mirror))
      want(target, 2, registries === null ? null : new Set([registry, ...registries]));
  }
  return [...wants.values()];
}

/**
 * Returns the canary if a mirror's canary is in doubt (with an unconfirmed failure) and the previous probes were of
 * another target; else `null`. Every second confirming probe is of the canary, because it alone shows whether a mirror
 * is down.
 */
function canaryInTurn(round: Round, wants: readonly Want[], doubted: readonly MirrorMemory[]): Want | null {
  const isDue = doubted.some(isCanaryInDoubt);
  return isDue && round.lastKey !== 'canary' ? (wants.find(({ key }) => key === 'canary') ?? null) : null;
}

/**
 * Returns the question (a target to probe) that was probed least. Each probe counts 1 / `share`, so a question with a
 * larger share is probed more often. A new question starts with the lowest count of the others. Otherwise only this
 * question would be probed for some time.
 */
function leastServed({ served }: Round, wants: readonly Want[]): Want | null {
  const floor = Math.min(...wants.map(({ key }) => served.get(key) ?? Number.POSITIVE_INFINITY));
  for (const { key } of wants) if (!served.has(key)) served.set(key, Number.isFinite(floor) ? floor : 0);
  const shares = [...served].filter(([key]) => wants.some((want) => want.key === key));
  const [least] = shares.sort(([, a], [, b]) => a - b);
  return wants.find(({ key }) => key === least?.[0]) ?? null;
}

function duesOf(memory: Memory, round: Round, { question, registries }: Want) {
  const members = [...mirrorsOf(memory, round.key)].filter(
    (mirror) =>
      canBeProbed(memory, mirror) &&
      isFree(memory, round, mirror) &&
      (registries === null || registries.has(mirror.mirror.name)),
  );
  // Mirrors on one host share its limit of concurrent probes, so mirrors in doubt (with an unconfirmed failure) come
  // first.
  members.sort((a, b) => Number(b.doubt !== null) - Number(a.doubt !== null));
  return members.flatMap((mirror) => {
    const target = targetAt(memory, mirror, question);
    if (target === null) return [];
    const timeoutMs = isConfirmed(mirror, target)
      ? confirmTimeoutMs(memory, mirror, target)
      : recheckTimeoutMs(memory, mirror, target);
    return [{ target, timeoutMs }];
  });
}

/**
 * The probes of other upstreams' canaries, which show whether our network is up. The list is empty if the moment
 * (concurrent probes) is about another target than the canary. It is also empty if no failure suggests that our network
 * fails.
 */
function witnessDues(
  memory: Memory,
  round: Round,
  { question }: Want,
  doubted: readonly MirrorMemory[],
  fromMs: number,
) {
  if (question !== 'canary') return [];
  const egresses = new Set(round.watching);
  for (const { line, egress } of doubted) {
    const last = line.marks.at(-1);
    if (last !== undefined && last.result !== 'responded') egresses.add(egress);
  }
  return [...egresses].flatMap((egress) =>
    witnessesFor(memory, round, egress, fromMs).flatMap((other) =>
      other.canary === null ? [] : [{ target: other.canary, timeoutMs: recheckTimeoutMs(memory, other, other.canary) }],
    ),
  );
}

function isCanaryInDoubt(mirror: MirrorMemory): boolean {
  return mirror.canary !== null && isInDoubt(mirror, mirror.canary);
}

function controlsOf(memory: Memory, round: Round) {
  return memory.config.controls
    .filter((control) => !round.flights.has(controlKeyOf(control.name)))
    .map((control) => ({ name: control.name, timeoutMs: limits.roundTimeoutMsMin }));
}

function isLongWatch(memory: Memory, round: Round): boolean {
  const { suspicions } = memory.confirm;
  const nowMs = memory.now.monotonicMs;
  return round.watching.values().some((egress) => nowMs - (suspicions.get(egress)?.sinceMs ?? nowMs) >= limits.roundMs);
}

/** The baseline of the target; if it has none, that of the canary; `null`: neither has one. */
function baselineOf(mirror: MirrorMemory, target: Target): Baseline | null {
  const own = speedOf(seriesOf(mirror, target, 'cold')).baseline;
  if (own.medianMs !== null) return own;
  const canary = canarySeriesOf(mirror);
  return canary === null ? null : speedOf(canary).baseline;
}

/**
 * The timeout of a confirming probe, milliseconds. It is computed from the baseline, or from the canary's last ok round
 * trip if that is longer. The baseline excludes spikes, so with the baseline alone a slow mirror would seem down. Nearly
 * all responses of the baseline took less time, so a mirror whose times vary much does not seem down either.
 */
function confirmTimeoutMs(memory: Memory, mirror: MirrorMemory, target: Target): number {
  const baseline = baselineOf(mirror, target);
  const baselineMs = baseline?.medianMs ?? null;
  const usual =
    baselineMs === null && mirror.sight.lastOkRttMs === null
      ? limits.roundTimeoutMsMin
      : Math.max(baselineMs ?? 0, mirror.sight.lastOkRttMs ?? 0);
  const tailMs = Math.min(
    baselineMs === null ? 0 : (quantile(baseline?.sorted ?? [], 0.99) ?? 0),
    limits.roundTailMsMax,
  );
  const { patientUntilMs, slowestMs } = mirror.doubt ?? { patientUntilMs: 0, slowestMs: 0 };
  const patientMs = Math.max(patientUntilMs - memory.now.monotonicMs, slowFactor * slowestMs);
  const wantedMs = Math.max(limits.roundTimeoutMsMin, limits.roundTimeoutFactor * usual, tailMs, patientMs);
  return Math.round(Math.min(wantedMs, timeoutOf(memory.config, target)));
}

function recheckTimeoutMs(memory: Memory, mirror: MirrorMemory, target: Target): number {
  const usual = baselineOf(mirror, target)?.medianMs ?? mirror.sight.lastOkRttMs ?? 0;
  const wantedMs = Math.max(limits.recheckTimeoutMsMin, limits.recheckTimeoutFactor * usual);
  const ownMs = mirror.canary === null ? wantedMs : timeoutOf(memory.config, mirror.canary);
  return Math.round(Math.min(wantedMs, ownMs));
}
