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
  /** `confirm`: decides whether the mirrors or our network cause the failures. `look`: only collects responses. */
  readonly kind: 'confirm' | 'look';
  readonly startedMs: number;
  /** A response of another upstream's mirror counts only if its probe started after this time. */
  readonly witnessFromMs: number;
  /**
   * The result of each mirror that is probed in this moment (these concurrent probes), or whose probe is still pending
   * from an earlier moment.
   */
  readonly outcomes: Map<string, MomentOutcome>;
  readonly controls: Map<string, MomentOutcome>;
  readonly samples: Map<string, Sample>;
  /** The final verdicts, by egress (proxy, resolver and address family). */
  readonly verdicts: Map<string, MomentVerdict>;
  isFinal: boolean;
}

/** The members of a moment (concurrent probes): mirrors (`outcomes`), or controls. */
type MomentPart = 'outcomes' | 'controls';
const parts = ['outcomes', 'controls'] as const satisfies readonly MomentPart[];

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
  /** The pending probes, by name of the mirror or control. */
  readonly flights: Readonly<Record<MomentPart, Map<string, Flight>>> = { outcomes: new Map(), controls: new Map() };
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

interface Member {
  readonly name: string;
  readonly deadlineMs: number;
}

/**
 * Starts a moment (concurrent probes). Members with a probe still pending from an earlier moment belong to the new
 * moment too.
 */
export function startMoment(
  round: Round,
  kind: RoundMoment['kind'],
  members: Readonly<Record<MomentPart, readonly Member[]>>,
  { nowMs, witnessFromMs }: { readonly nowMs: number; readonly witnessFromMs: number },
): RoundMoment {
  const index = round.nextIndex++;
  round.requestedAtMs = nowMs;
  const missingOf = (of: MomentPart): Map<string, MomentOutcome> => {
    const flights = round.flights[of];
    for (const { name, deadlineMs } of members[of]) flights.set(name, { moment: index, deadlineMs });
    return new Map([...flights.keys()].map((name) => [name, 'missing']));
  };
  const moment: RoundMoment = {
    index,
    kind,
    startedMs: nowMs,
    witnessFromMs,
    outcomes: missingOf('outcomes'),
    controls: missingOf('controls'),
    samples: new Map(),
    verdicts: new Map(),
    isFinal: kind === 'look',
  };
  if (kind === 'confirm') round.moments.push(moment);
  return moment;
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
  of: MomentPart,
  moment: number,
  name: string,
  outcomes: 'answered' | 'failed' | null,
  sample: Sample | null = null,
): boolean {
  if (round.flights[of].get(name)?.moment !== moment) return false;
  round.flights[of].delete(name);
  for (const each of round.moments) {
    if (each[of].get(name) !== 'missing') continue;
    if (outcomes === null) each[of].delete(name);
    else each[of].set(name, outcomes);
    if (sample !== null) each.samples.set(name, sample);
  }
  return true;
}

export function expireFlights(round: Round, nowMs: number): void {
  for (const of of parts)
    for (const [name, { moment, deadlineMs }] of round.flights[of])
      if (deadlineMs <= nowMs) recordResponse(round, of, moment, name, null);
}

export function deadlinesOf({ flights }: Round): readonly number[] {
  return parts.flatMap((of) => [...flights[of].values()].map(({ deadlineMs }) => deadlineMs));
}

/**
 * Adds questions (targets to probe) to `served`, which counts the probes of each question. Each probe counts 1 /
 * `share`, so a question with a larger share is probed more often. A new question starts with the lowest count of the
 * others. Otherwise only this question would be probed for some time.
 */
export function addQuestions({ served }: Round, keys: readonly string[]): void {
  const floor = Math.min(...keys.map((key) => served.get(key) ?? Number.POSITIVE_INFINITY));
  for (const key of keys) if (!served.has(key)) served.set(key, Number.isFinite(floor) ? floor : 0);
}

/**
 * Removes a mirror from all open rounds (the unscheduled probing of an upstream): from their pending probes, and from
 * the results that they wait for.
 */
export function removeMember({ confirm: { rounds } }: Rounds, name: string): void {
  for (const { flights, moments } of rounds.values()) {
    flights.outcomes.delete(name);
    for (const { outcomes } of moments) outcomes.delete(name);
  }
}
