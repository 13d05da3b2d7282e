import type { Config } from '../core/config.ts';
import type { Due } from '../core/due.ts';
import { limits } from '../core/limits.ts';
import { seriesId, type Target, upstreamKeyOf } from '../core/mirror.ts';
import type { Calendar, Now, Random } from '../core/ports.ts';
import { ripen } from './build.ts';
import { Flights, isDownload } from './flights.ts';
import { hasConfirmingSlot, hasSlot } from './host.ts';
import { ScheduleRoster } from './roster.ts';
import type { Finished, Scheduler } from './scheduling.ts';
import { advanceScheduler, isPostponed, type SchedulerState, throttleEnd } from './starts.ts';
import { clearWaits, isInMaintenance, throttleStep } from './throttle.ts';
import { startVisit } from './visit.ts';

const shedMax = 0.9;
/** The fraction of `probesAtOnce` that scheduled probes may use. The rest is for confirming rounds and rechecks. */
const scheduledShare = 0.75;

/**
 * Creates a scheduler. All first starts are in the future.
 * @param input.seed  the name of the place where the daemon runs, so that two places do not probe at the same times
 */
export function createScheduler(input: {
  readonly config: Config;
  readonly targets: readonly Target[];
  readonly seed: string;
  readonly calendar: Calendar;
  readonly random: Random;
  readonly now: Now;
  /** By the id of a target: when its last success before this start was, wall milliseconds; absent: not known. */
  readonly lastOk?: ReadonlyMap<string, number>;
  /** The maximum number of concurrent probes. If absent, only the capacity of the probing threads limits it. */
  readonly probesAtOnce?: number;
}): Scheduler {
  const { random, probesAtOnce = Number.POSITIVE_INFINITY } = input;
  const roster = new ScheduleRoster(input);
  const flights = new Flights();
  const state: SchedulerState = {
    roster,
    flights,
    random,
    inFlightMax: Math.min(limits.workerInFlight * limits.workers, Math.ceil(scheduledShare * probesAtOnce)),
    config: input.config,
    shedShare: 0,
    wakeAtMs: input.now.monotonicMs,
    offsetMs: input.now.monotonicMs - input.now.wallMs,
  };

  return {
    advance: (now) => advanceScheduler(state, now),
    finished: (due, result, now) => freeSlot(state, due, result, now),
    reserve: (wanted, now) => reserveSlot(state, wanted, now),
    visit: (registry, bytesExpected, now) =>
      startVisit(roster, { registry, bytesExpected }, state.config.schedule, () => random.next(), now),
    doubt(registry, on) {
      const absence = roster.absence(registry);
      if (absence !== null) absence.inDoubt = on;
    },
    pause(registry, untilWallMs) {
      const absence = roster.absence(registry);
      if (absence === null) return;
      absence.pausedUntilMs = untilWallMs;
      if (untilWallMs === null) clearWaits(absence.throttles);
    },
    inMaintenance(registry, now) {
      const absence = roster.absence(registry);
      return absence !== null && isInMaintenance(absence, roster.calendar, now);
    },
    throttledUntil: (registry, step, now) => throttleEnd(state, { registry, step }, now)?.monotonicMs ?? null,
    dueAtMs(target, connection) {
      const series = roster.series(seriesId(target, connection));
      if (series === null) return null;
      const atMs = series.state === 'idle' ? series.slot.atMs : series.plannedAtMs;
      return Number.isFinite(atMs) ? atMs : null;
    },
    shed(share) {
      state.shedShare = Number.isFinite(share) ? Math.min(shedMax, Math.max(0, share)) : 0;
    },
    preparing: (next, targets) => roster.preparing(next, targets),
    replace(next, targets, now) {
      state.config = next;
      roster.replace(next, targets, now);
    },
    inFlight: () => flights.count(),
  };
}

function reserveSlot(state: SchedulerState, wanted: Parameters<Scheduler['reserve']>[0], now: Now): Due | null {
  const { roster, flights, config, random } = state;
  const host = roster.hostOf(wanted.target.registry);
  if (host === null) return null;
  const isFree =
    wanted.purpose === 'confirm'
      ? hasConfirmingSlot(host, upstreamKeyOf(wanted.target))
      : hasSlot(host, isDownload(wanted) ? 'ordered' : 1, config.schedule.perHost);
  if (!isFree || throttleEnd(state, wanted.target, now) !== null || isPostponed(state, wanted.target.registry, now)) {
    if (wanted.purpose === 'recheck') roster.keepRecheck(host, wanted);
    return null;
  }
  return flights.launch(host, null, { ...wanted, probeId: random.id(now.wallMs), plannedAtMs: now.monotonicMs });
}

function freeSlot({ roster, flights, random }: SchedulerState, due: Due, result: Finished, now: Now): void {
  const landed = flights.land(due);
  if (landed === null) return;
  const { host, series } = landed;
  host.bytes.add(result.wireBytes, now.monotonicMs);
  const throttles = roster.absence(due.target.registry)?.throttles;
  const throttledBy = { retryAfterMs: result.retryAfterMs, chance: random.next() };
  if (throttles !== undefined) throttleStep(throttles, due.target.step, throttledBy, now);
  if (series === null) return;
  series.lastBytes = result.wireBytes;
  series.protocol = result.protocol ?? series.protocol;
  if (due.purpose === 'build' && result.isFailed === true) ripen(series);
}
