import type { Config } from '../../core/config.ts';
import type { ControlResponse, Due } from '../../core/due.ts';
import { getOrMake } from '../../core/get-or-make.ts';
import type { Taken } from '../../core/history.ts';
import { limits } from '../../core/limits.ts';
import type { Calendar, Now } from '../../core/ports.ts';
import type { Sample } from '../../core/sample.ts';
import type { Scheduler } from '../../schedule/scheduling.ts';
import { isInMaintenance, presentThrottle, throttleStep, waitEnd } from '../../schedule/throttle.ts';

export type TakenProbe = Extract<Taken, { kind: 'probed' }>;
type Control = Extract<Taken, { kind: 'control' }>;

type ReservedDue = Parameters<Scheduler['reserve']>[0];

/**
 * By how much the planned time of a stored probe may differ from the time when the replay requests it, for each
 * purpose. Confirming probes of one target are at least `limits.roundStepMs` apart.
 */
const near: Readonly<Record<ReservedDue['purpose'], { readonly beforeMs: number; readonly afterMs: number }>> = {
  confirm: { beforeMs: 300, afterMs: limits.roundStepMs - 300 },
  recheck: { beforeMs: 5_000, afterMs: 55_000 },
  peek: { beforeMs: 2_000, afterMs: 2_000 },
};
const oldestMs = Math.max(...Object.values(near).map(({ beforeMs }) => beforeMs));

/** True for probes that were requested because of a verdict (for example to confirm a failure), not by the schedule. */
export function isOutOfTurn({ purpose }: Pick<Due, 'purpose'>): boolean {
  return purpose !== 'scheduled' && purpose !== 'build' && purpose !== 'once';
}

/** The numbers of probes that the replay requests because of a verdict, counted from `countedFromMs` on. */
export interface OutOfTurn {
  /** Probes that the daemon originally sent too, so that a stored response exists. */
  received: number;
  /** Probes that the daemon did not send originally, so that there is no response. */
  unrequested: number;
}

/**
 * Replaces the scheduler in a replay. It plans no probes. If a verdict requires a probe, it finds the stored response.
 */
export interface Desk {
  readonly scheduler: Scheduler;
  /** Stores the recorded result of a probe or control that the schedule did not send, until it is requested. */
  shelve(one: TakenProbe | Control): void;
  /**
   * Removes and returns the stored response of a control that fits a confirming round (probes that confirm a failure)
   * at time `now`; `null`: there is none.
   */
  control(name: string, timeoutMs: number, now: Now): ControlResponse | null;
}

/**
 * Creates the desk, which replaces the scheduler in a replay.
 * @param deliver  called with each stored response that was found, and with the monotonic time when the daemon
 *   processed it, milliseconds
 * @param starting  returns the scheduled probes that begin to wait for their response: they can be late
 */
export function createDesk(input: {
  readonly config: Config;
  readonly calendar: Calendar;
  readonly countedFromMs: number;
  readonly outOfTurn: OutOfTurn;
  readonly deliver: (sample: Sample, takenMs: number) => void;
  readonly starting: (now: Now) => Due[];
}): Desk {
  const { config, calendar, countedFromMs, outOfTurn, deliver, starting } = input;
  const probes = new Map<string, TakenProbe[]>();
  const controls = new Map<string, Control[]>();
  const absences = new Map(config.mirrors.map(({ name, maintenance }) => [name, presentThrottle(maintenance)]));
  let count = 0;

  const scheduler: Scheduler = {
    advance: (now) => ({ start: starting(now), skipped: [], wakeAtMs: now.monotonicMs + limits.responseRowMs }),
    finished(due, { retryAfterMs }, now) {
      const { registry, step } = due.target;
      const throttles = absences.get(registry)?.throttles;
      // The actual jitter is not stored, so half of the maximum is assumed.
      if (throttles !== undefined) throttleStep(throttles, step, { retryAfterMs, chance: 0.5 }, now);
    },
    reserve(wanted, now) {
      const found = takeNearest(probes.get(placeOf(wanted)), wanted, now);
      if (found === null) {
        if (now.wallMs >= countedFromMs) outOfTurn.unrequested += 1;
        return null;
      }
      if (now.wallMs >= countedFromMs) outOfTurn.received += 1;
      count += 1;
      const { target } = found.sample.due;
      const due: Due = { ...wanted, target, probeId: `asked-${count}`, plannedAtMs: now.monotonicMs };
      deliver({ ...found.sample, due }, found.takenAt.monotonicMs);
      return due;
    },
    visit: () => 'paused',
    doubt: () => undefined,
    pause: () => undefined,
    inMaintenance(registry, now) {
      const absence = absences.get(registry);
      return absence !== undefined && isInMaintenance(absence, calendar, now);
    },
    throttledUntil(registry, step, now) {
      const absence = absences.get(registry);
      return absence === undefined ? null : (waitEnd(absence.throttles, step, now)?.monotonicMs ?? null);
    },
    dueAtMs: () => null,
    shed: () => undefined,
    replace: () => undefined,
    *preparing() {},
    inFlight: () => 0,
  };

  return {
    scheduler,
    shelve(one) {
      if (one.kind === 'probed') shelf(probes, placeOf(one.sample.due)).push(one);
      else shelf(controls, one.answer.name).push(one);
    },
    control: (name, timeoutMs, now) => takeControl(shelf(controls, name), timeoutMs, now),
  };
}

/** Removes and returns the stored probe whose planned time is nearest to the request; `null`: none is near enough. */
function takeNearest(
  shelved: TakenProbe[] | undefined,
  { purpose }: ReservedDue,
  { monotonicMs }: Now,
): TakenProbe | null {
  if (shelved === undefined) return null;
  dropOld(shelved, monotonicMs);
  const { beforeMs, afterMs } = near[purpose];
  let best = -1;
  let apart = Number.POSITIVE_INFINITY;
  shelved.forEach(({ sample: { due } }, at) => {
    const laterMs = due.plannedAtMs - monotonicMs;
    if (laterMs < -beforeMs || laterMs > afterMs || Math.abs(laterMs) >= apart) return;
    best = at;
    apart = Math.abs(laterMs);
  });
  return shelved.splice(best, best < 0 ? 0 : 1)[0] ?? null;
}

function dropOld(shelved: TakenProbe[], nowMs: number): void {
  const first = shelved[0];
  if (first === undefined || first.sample.due.plannedAtMs >= nowMs - oldestMs) return;
  shelved.splice(0, shelved.length, ...shelved.filter(({ sample }) => sample.due.plannedAtMs >= nowMs - oldestMs));
}

function takeControl(waiting: Control[], timeoutMs: number, { monotonicMs }: Now): ControlResponse | null {
  const from = monotonicMs - near.confirm.beforeMs;
  const at = waiting.findIndex(({ answer: response }) => response.at.monotonicMs >= from);
  waiting.splice(0, Math.max(0, at));
  const next = waiting[0];
  if (at < 0 || next === undefined || next.answer.at.monotonicMs > monotonicMs + timeoutMs + limits.roundStepMs)
    return null;
  waiting.shift();
  return next.answer;
}

/**
 * Returns the key under which stored probes are found for a request. A probe of the first bytes (peek) may be of any
 * artifact of the mirror.
 */
function placeOf({ target, purpose, protocol }: Pick<Due, 'target' | 'purpose' | 'protocol'>): string {
  if (protocol !== undefined) return `${purpose} ${target.id} ${protocol}`;
  return `${purpose} ${purpose === 'peek' ? target.registry : target.id}`;
}

function shelf<T>(shelves: Map<string, T[]>, key: string): T[] {
  return getOrMake(shelves, key, () => []);
}
