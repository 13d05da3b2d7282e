import { limits } from '../../core/limits.ts';
import type { Target } from '../../core/mirror.ts';
import type { Now, Random } from '../../core/ports.ts';
import type { Sample } from '../../core/sample.ts';

export type MomentOutcome = 'answered' | 'failed' | 'missing';

/**
 * Who caused the failures of one moment (concurrent probes). `us`: our network. `them`: the mirrors. `unverified`: at
 * most one independent mirror can be judged. `waiting`: responses are missing.
 */
export type MomentVerdict = 'them' | 'unverified' | 'us' | 'waiting';

/**
 * Concurrent probes of one question (the canary or one target) at an upstream's mirrors. Times are monotonic
 * milliseconds.
 */
export interface RoundMoment {
  readonly index: number;
  readonly startedMs: number;
  /** A response of another upstream's mirror counts only if its probe started after this time. */
  readonly witnessFromMs: number;
  /**
   * The result of each mirror or control (`controlKeyOf`) that is probed in this moment (these concurrent probes), or
   * whose probe is still pending from an earlier moment.
   */
  readonly outcomes: Map<string, MomentOutcome>;
  readonly samples: Map<string, Sample>;
  /** The final verdicts, by egress (proxy, resolver and address family). */
  readonly verdicts: Map<string, MomentVerdict>;
  isFinal: boolean;
}

/** The key of a control in a round. The key of a mirror is its name, which has no space. */
export function controlKeyOf(name: string): string {
  return `control ${name}`;
}

interface Flight {
  readonly moment: number;
  readonly deadlineMs: number;
}

/** Repeated probes of one question (a request to several mirrors), for another reason than to confirm a failure. */
export interface Recheck {
  readonly target: Target;
  readonly registry: string;
  /** The other mirrors to probe; `null`: every mirror of the upstream that has the target. */
  registries: ReadonlySet<string> | null;
  untilMs: number;
  stepMs: number;
  nextAtMs: number;
  isUrgent: boolean;
  reason: 'ordered' | 'slow' | 'refused' | 'throttled' | 'back';
  /** For reason `slow`: the number of ok responses of `registry` in a row that are not slow. */
  settled: number;
}

/**
 * The unscheduled probing of one upstream. It exists while one of the upstream's mirrors is in doubt (with an
 * unconfirmed failure), while a recheck is running, or until a suspicion against our network ends.
 */
export class Round {
  readonly key: string;
  readonly id: string;
  /** The moments (concurrent probes) that are not final, oldest first. */
  moments: RoundMoment[] = [];
  nextIndex: number = 0;
  nextAtMs: number;
  requestedAtMs: number | null = null;
  /** The pending probes, by key of the mirror or control. */
  readonly flights = new Map<string, Flight>();
  readonly watching = new Set<string>();
  /** The rechecks, by the key (`keyOfQuestion`) of the target that they probe at several mirrors. */
  readonly rechecks = new Map<string, Recheck>();
  lastKey: string | null = null;
  readonly served = new Map<string, number>();

  constructor(key: string, id: string, nextAtMs: number) {
    this.key = key;
    this.id = id;
    this.nextAtMs = nextAtMs;
  }
}

/**
 * Returns the round (the unscheduled probing) of an upstream, or creates one. If the round exists, its next probes are
 * brought forward to `firstMs`.
 */
export function roundFor({ confirm: { rounds }, random, now }: Rounds, key: string, firstMs: number): Round {
  const known = rounds.get(key);
  if (known !== undefined) {
    advanceDeadline(known, firstMs, limits.roundStepMs);
    return known;
  }
  const made = new Round(key, random.id(now.wallMs), firstMs);
  rounds.set(key, made);
  return made;
}

interface Rounds {
  readonly confirm: { readonly rounds: Map<string, Round> };
  readonly random: Random;
  readonly now: Now;
}

/**
 * When to probe again after a response, monotonic milliseconds. After a response within `limits.roundStepMs`:
 * `limits.roundStepMs` later. After a slower response: at once.
 */
export function retryAtMs({ monotonicMs }: Now, { startedMonotonicMs, endedMonotonicMs }: Sample): number {
  const isQuick = endedMonotonicMs - startedMonotonicMs < limits.roundStepMs;
  return isQuick ? Math.max(monotonicMs, endedMonotonicMs + limits.roundStepMs) : monotonicMs;
}

/**
 * Starts concurrent probes. Members with a probe still pending from an earlier moment belong to the new moment too.
 * @param isConfirming  false: the probes only collect responses, and no verdict about our network is made
 * @returns  the number of the moment
 */
export function startMoment(
  round: Round,
  isConfirming: boolean,
  members: readonly { readonly key: string; readonly deadlineMs: number }[],
  { nowMs, witnessFromMs }: { readonly nowMs: number; readonly witnessFromMs: number },
): number {
  const index = round.nextIndex++;
  round.requestedAtMs = nowMs;
  for (const { key, deadlineMs } of members) round.flights.set(key, { moment: index, deadlineMs });
  if (!isConfirming) return index;
  const outcomes = new Map([...round.flights.keys()].map((key) => [key, 'missing' as MomentOutcome]));
  const times = { startedMs: nowMs, witnessFromMs };
  round.moments.push({ index, ...times, outcomes, samples: new Map(), verdicts: new Map(), isFinal: false });
  return index;
}

/** Moves the next probes of a round forward to `atMs`, but not closer than `stepMs` to its last probes. */
export function advanceDeadline(round: Round, atMs: number, stepMs: number): void {
  const earliestMs = round.requestedAtMs === null ? atMs : Math.max(atMs, round.requestedAtMs + stepMs);
  round.nextAtMs = Math.min(round.nextAtMs, earliestMs);
}

/**
 * Adds a result to each moment (concurrent probes) that waits for this member. If the result is `null`, none will come,
 * and the moments no longer wait. Returns false if no probe of this member for moment `moment` was pending.
 */
export function recordResponse(
  round: Round,
  moment: number,
  key: string,
  outcome: 'answered' | 'failed' | null,
  sample: Sample | null = null,
): boolean {
  if (round.flights.get(key)?.moment !== moment) return false;
  round.flights.delete(key);
  for (const { outcomes, samples } of round.moments) {
    if (outcomes.get(key) !== 'missing') continue;
    if (outcome === null) outcomes.delete(key);
    else outcomes.set(key, outcome);
    if (sample !== null) samples.set(key, sample);
  }
  return true;
}

export function expireFlights(round: Round, nowMs: number): void {
  for (const [key, { moment, deadlineMs }] of round.flights)
    if (deadlineMs <= nowMs) recordResponse(round, moment, key, null);
}
