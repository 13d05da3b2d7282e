import type { ControlAnswer } from '../../core/due.ts';
import type { Target } from '../../core/mirror.ts';
import type { Sample } from '../../core/sample.ts';
import type { MomentVerdict, Said } from './vantage.ts';

/** One moment of a round: the mirrors probed together, and their results. Monotonic milliseconds. */
export interface Moment {
  readonly index: number;
  /** `confirm` decides whose fault it is; a `look` only collects responses. */
  readonly kind: 'confirm' | 'look';
  readonly startedMs: number;
  /** A response of another upstream counts for our network if its probe started after this: the first failure. */
  readonly witnessFromMs: number;
  /** Registries probed, or still pending from the moment before. */
  readonly said: Map<string, Said>;
  readonly controls: Map<string, Said>;
  /** The sample behind each response. */
  readonly samples: Map<string, Sample>;
  /** Final verdicts by egress. */
  readonly verdicts: Map<string, MomentVerdict>;
  isFinal: boolean;
}

interface Flight {
  readonly moment: number;
  readonly deadlineMs: number;
}

/** Repeated probes of one question without a doubt: ordered, or after a slow, refused or recovered response. */
export interface Look {
  readonly target: Target;
  /** The mirror whose response started the look; always probed. */
  readonly registry: string;
  /** The other mirrors to probe; `null`: every sibling. */
  registries: ReadonlySet<string> | null;
  untilMs: number;
  stepMs: number;
  nextAtMs: number;
  isUrgent: boolean;
  /** `slow` ends with three usual responses, `refused` with an ok one, `back` when the target is no longer out. */
  reason: 'ordered' | 'slow' | 'refused' | 'throttled' | 'back';
  /** Consecutive responses of its mirror in usual time. */
  settled: number;
}

/** The confirming round of one upstream: lasts while a mirror is in doubt, a suspicion is open, or a look is running. */
export interface Round {
  readonly key: string;
  readonly id: string;
  /** Not yet final, oldest first. */
  moments: Moment[];
  nextIndex: number;
  nextAtMs: number;
  /** When the last moment started; `null` before the first. */
  askedAtMs: number | null;
  readonly flights: Map<string, Flight>;
  readonly controlFlights: Map<string, Flight>;
  /** Egresses whose suspicion this round is to end. */
  readonly watching: Set<string>;
  /** Running looks by the key of their question. */
  readonly looks: Map<string, Look>;
  /** The question of the last moment. */
  lastKey: string | null;
  /** The share each question has used so far: the lowest is probed next. */
  readonly served: Map<string, number>;
}

/** A round whose first moment starts at `nextAtMs`. */
export function newRound(key: string, id: string, nextAtMs: number): Round {
  return {
    key,
    id,
    moments: [],
    nextIndex: 0,
    nextAtMs,
    askedAtMs: null,
    flights: new Map(),
    controlFlights: new Map(),
    watching: new Set(),
    looks: new Map(),
    lastKey: null,
    served: new Map(),
  };
}

/** Starts a moment with the given members; mirrors with a pending probe belong to it too. */
export function startMoment(
  round: Round,
  kind: Moment['kind'],
  asked: readonly { readonly registry: string; readonly deadlineMs: number }[],
  controls: readonly { readonly name: string; readonly deadlineMs: number }[],
  now: { readonly nowMs: number; readonly witnessFromMs: number },
): Moment {
  const index = round.nextIndex++;
  round.askedAtMs = now.nowMs;
  for (const { registry, deadlineMs } of asked) round.flights.set(registry, { moment: index, deadlineMs });
  for (const { name, deadlineMs } of controls) round.controlFlights.set(name, { moment: index, deadlineMs });
  const moment: Moment = {
    index,
    kind,
    startedMs: now.nowMs,
    witnessFromMs: now.witnessFromMs,
    said: new Map([...round.flights.keys()].map((registry) => [registry, 'missing'])),
    controls: new Map([...round.controlFlights.keys()].map((name) => [name, 'missing'])),
    samples: new Map(),
    verdicts: new Map(),
    isFinal: kind === 'look',
  };
  if (kind === 'confirm') round.moments.push(moment);
  return moment;
}

/** Brings the next moment forward to `atMs`, but at least `stepMs` after the last. */
export function advanceDeadline(round: Round, atMs: number, stepMs: number): void {
  const earliestMs = round.askedAtMs === null ? atMs : Math.max(atMs, round.askedAtMs + stepMs);
  round.nextAtMs = Math.min(round.nextAtMs, earliestMs);
}

/**
 * Adds one response to every moment that waits for it. `null` removes the member: it could not be probed, or its response
 * shows nothing. Returns false where no moment waited for it.
 */
export function recordAnswer(
  round: Round,
  moment: number,
  registry: string,
  said: 'answered' | 'failed' | null,
  sample: Sample | null,
): boolean {
  const flight = round.flights.get(registry);
  if (flight === undefined || flight.moment !== moment) return false;
  round.flights.delete(registry);
  for (const each of round.moments) {
    if (each.said.get(registry) !== 'missing') continue;
    if (said === null) each.said.delete(registry);
    else each.said.set(registry, said);
    if (sample !== null) each.samples.set(registry, sample);
  }
  return true;
}

/** Adds a control's response to every moment that waits for it; `null`: it could not be probed. */
export function recordControl(round: Round, moment: number, name: string, answer: ControlAnswer | null): void {
  const flight = round.controlFlights.get(name);
  if (flight === undefined || flight.moment !== moment) return;
  round.controlFlights.delete(name);
  for (const each of round.moments) {
    if (each.controls.get(name) !== 'missing') continue;
    if (answer === null) each.controls.delete(name);
    else each.controls.set(name, answer.answered ? 'answered' : 'failed');
  }
}

/** Drops pending probes whose time is over. */
export function expireFlights(round: Round, nowMs: number): void {
  for (const [registry, flight] of round.flights) {
    if (flight.deadlineMs <= nowMs) recordAnswer(round, flight.moment, registry, null, null);
  }
  for (const [name, flight] of round.controlFlights) {
    if (flight.deadlineMs <= nowMs) recordControl(round, flight.moment, name, null);
  }
}

/** True while a moment with this index is not final: its confirming samples wait for it. */
export function isMomentOpen(round: Round, index: number): boolean {
  return round.moments.some((moment) => moment.index === index && !moment.isFinal);
}

/** The earliest deadline; `null`: no probe is pending. */
export function nextDeadlineMsOf(round: Round): number | null {
  let next: number | null = null;
  for (const flight of [...round.flights.values(), ...round.controlFlights.values()]) {
    if (next === null || flight.deadlineMs < next) next = flight.deadlineMs;
  }
  return next;
}
