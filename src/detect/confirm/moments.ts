import type { ControlAnswer } from '../../core/due.ts';
import type { Sample } from '../../core/sample.ts';
import type { Target } from '../../core/target.ts';
import type { MomentVerdict, Said } from './vantage.ts';

/** One moment of a round: who was asked together, and what they said. Monotonic milliseconds. */
export interface Moment {
  readonly index: number;
  /** `confirm` says whose fault it is; a `look` only brings answers. */
  readonly kind: 'confirm' | 'look';
  readonly startedMs: number;
  /** An answer of another upstream speaks for our line where its probe began after this: the first failure. */
  readonly witnessFromMs: number;
  /** Registries asked, or still being asked from the moment before. */
  readonly said: Map<string, Said>;
  readonly controls: Map<string, Said>;
  /** The sample behind each answer. */
  readonly samples: Map<string, Sample>;
  /** By egress, once it is final. */
  readonly verdicts: Map<string, MomentVerdict>;
  isFinal: boolean;
}

interface Flight {
  readonly moment: number;
  readonly deadlineMs: number;
}

/** The same question asked again and again without a doubt: ordered, or because an answer was slow, refused or good again. */
export interface Look {
  readonly target: Target;
  /** Whose answer it is about, asked always. */
  readonly registry: string;
  /** Who is asked besides; `null`: every sibling. */
  registries: ReadonlySet<string> | null;
  untilMs: number;
  stepMs: number;
  nextAtMs: number;
  isUrgent: boolean;
  /** `slow` ends with three answers as usual, `refused` with an ok one, `back` when the target is out no more. */
  reason: 'ordered' | 'slow' | 'refused' | 'throttled' | 'back';
  /** Answers in a row, of the one it is about, that speak for its end. */
  settled: number;
}

/** The confirming round of one upstream: lasts while a mirror of it is in doubt, a suspicion is watched, or a look goes on. */
export interface Round {
  readonly key: string;
  readonly id: string;
  /** Not yet final, oldest first. */
  moments: Moment[];
  nextIndex: number;
  nextAtMs: number;
  /** When the last moment was asked; `null` before the first. */
  askedAtMs: number | null;
  readonly flights: Map<string, Flight>;
  readonly controlFlights: Map<string, Flight>;
  /** Egresses whose suspicion it watches. */
  readonly watching: Set<string>;
  /** By question. */
  readonly looks: Map<string, Look>;
  /** The question of the last moment. */
  lastKey: string | null;
  /** How much of its share each question has had: the least served is asked next. */
  readonly served: Map<string, number>;
}

/** A round that asks its first moment at `nextAtMs`. */
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

/** Begins a moment: the given members are asked now, and whoever is still being asked belongs to it too. */
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

/** Brings the next moment forward to `atMs`, but never closer than `stepMs` to the last. */
export function hasten(round: Round, atMs: number, stepMs: number): void {
  const earliestMs = round.askedAtMs === null ? atMs : Math.max(atMs, round.askedAtMs + stepMs);
  round.nextAtMs = Math.min(round.nextAtMs, earliestMs);
}

/**
 * Enters one answer into every moment that waits for it. `null` takes the member out: it could not be asked, or its
 * answer says nothing. Gives false where nobody waited for it.
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

/** Enters a control's answer into every moment that waits for it; `null`: it could not be asked. */
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

/** Gives up on answers whose time is over. */
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

/** The earliest time at which something ends by itself; `null`: nothing is on the way. */
export function nextDeadlineMs(round: Round): number | null {
  let next: number | null = null;
  for (const flight of [...round.flights.values(), ...round.controlFlights.values()]) {
    if (next === null || flight.deadlineMs < next) next = flight.deadlineMs;
  }
  return next;
}
