import type { Config } from '../core/config.ts';
import type { Due, Skipped } from '../core/due.ts';
import { limits } from '../core/limits.ts';
import { seriesId, type Target, upstreamKeyOf } from '../core/mirror.ts';
import type { Now, Random } from '../core/ports.ts';
import { type BuildMeans, ripen, startBuild } from './build.ts';
import { Flights, isDownload } from './flights.ts';
import { type Host, hasConfirmingSlot, hasSlot, hasWaiting, isOverBudget, priorities, type Series } from './host.ts';
import type { Slot } from './plan.ts';
import { type RosterInput, ScheduleRoster } from './roster.ts';
import type { Finished, Scheduler } from './scheduling.ts';
import { againAt } from './series.ts';
import { awayReasonOf, clearWaits, isInMaintenance, throttleStep, waitEnd } from './throttle.ts';
import { startVisit } from './visit.ts';

const shedMax = 0.9;
/** The fraction of `probesAtOnce` that scheduled probes may use. The rest is for confirming rounds and rechecks. */
const scheduledShare = 0.75;

/**
 * Creates a scheduler. All first starts are in the future.
 * @param input.seed  the name of the place where the daemon runs, so that two places do not probe at the same times
 */
export function createScheduler(
  input: RosterInput & {
    readonly random: Random;
    /** The maximum number of concurrent probes. If absent, only the capacity of the probing threads limits it. */
    readonly probesAtOnce?: number;
  },
): Scheduler {
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

const wakeMsMax = 60_000;
/** If the wall clock changes by more than this, the times of cron slots are computed again. Milliseconds. */
const replaceShiftMs = 250;

/** The maximum time that a download waits for other downloads from the same upstream, milliseconds. */
const downloadPatienceMs = 60_000;

interface SchedulerState {
  readonly roster: ScheduleRoster;
  readonly flights: Flights;
  readonly random: Random;
  /** While this many probes of any purpose run, no scheduled probe starts. */
  readonly inFlightMax: number;
  config: Config;
  /** The fraction of scheduled probes to skip because this machine is overloaded, 0 to 1. */
  shedShare: number;
  wakeAtMs: number;
  /** The monotonic clock minus the wall clock when the times of cron slots were last computed, milliseconds. */
  offsetMs: number;
}

interface Turn {
  readonly now: Now;
  readonly start: Due[];
  readonly skipped: Skipped[];
}

/** Starts or skips the probes that are due now, and returns when this function must be called again. */
function advanceScheduler(state: SchedulerState, now: Now): ReturnType<Scheduler['advance']> {
  const turn: Turn = { now, start: [], skipped: [] };
  const { roster } = state;
  const suspended = now.monotonicMs - state.wakeAtMs > limits.suspendMs;
  if (suspended) dropWaiting(state, turn);
  placeCron(state, turn);
  for (let series = roster.takeDue(now); series !== null; series = roster.takeDue(now))
    arrive(state, series, suspended, turn);
  for (const host of roster.waiting) startRechecks(state, host, turn);
  for (const priority of priorities) for (const host of roster.waiting) startWaiting(state, host, priority, turn);
  for (const host of roster.waiting) if (!hasWaiting(host)) roster.waiting.delete(host);
  state.wakeAtMs = nextWake(state, now);
  return { start: turn.start, skipped: turn.skipped, wakeAtMs: state.wakeAtMs };
}

function skip(turn: Turn, series: Series, because: Skipped['because'], count: number): void {
  if (count > 0) turn.skipped.push({ target: series.target, connection: series.connection, because, count });
}

function awayFor(state: SchedulerState, series: Series, now: Now) {
  const absence = state.roster.absence(series.target.registry);
  const own = absence === null ? null : awayReasonOf(absence, state.roster.calendar, now);
  if (own !== null) return own;
  if (throttleEnd(state, series.target, now) !== null) return 'throttled' as const;
  if (!isOverBudget(series.host, series, state.config.schedule.bytesPerHour, now)) return null;
  if (series.priority === 2) series.host.keptBack.add(series);
  return 'over_budget' as const;
}

/** When a step may be requested again; `null`: now. */
function throttleEnd(
  state: SchedulerState,
  { registry, step }: Pick<Target, 'registry' | 'step'>,
  now: Now,
): Now | null {
  const absence = state.roster.absence(registry);
  return absence === null ? null : waitEnd(absence.throttles, step, now);
}

function isShed(state: SchedulerState, series: Series): boolean {
  return state.shedShare > 0 && state.random.next() < (series.priority === 0 ? state.shedShare / 2 : state.shedShare);
}

function tryAgain(state: SchedulerState, series: Series, missed: Slot, now: Now): void {
  const again = againAt(series, missed, now);
  if (again === null) return;
  series.slot = again;
  state.roster.plan(series);
}

function arrive(state: SchedulerState, series: Series, suspended: boolean, turn: Turn): void {
  const { slot, passed } = series.plan.latest(series.slot, turn.now);
  // A retry counts 0: its slot was already counted as skipped when the first attempt was missed.
  const own = slot.isAgain === true ? 0 : 1;
  series.slot = series.plan.next(slot, turn.now);
  state.roster.plan(series);
  skip(turn, series, 'local', suspended ? passed + own : passed);
  if (suspended) {
    tryAgain(state, series, slot, turn.now);
    return;
  }
  const because =
    series.state === 'idle'
      ? (awayFor(state, series, turn.now) ?? (isShed(state, series) ? 'local' : null))
      : 'overrun';
  if (because !== null) {
    skip(turn, series, because, own);
    if (because !== 'overrun') tryAgain(state, series, slot, turn.now);
    return;
  }
  series.state = 'waiting';
  series.waitsFor = slot;
  series.plannedAtMs = slot.atMs;
  series.host.waiting[series.priority].push(series);
  state.roster.waiting.add(series.host);
}

/** True while a download waits for another download from its upstream, at most for `downloadPatienceMs`. */
function waitsForDownload(state: SchedulerState, series: Series, now: Now): boolean {
  if (series.priority !== 2 || now.monotonicMs - series.plannedAtMs >= downloadPatienceMs) return false;
  return state.flights.isDownloading(series.target);
}

function isPostponed(state: SchedulerState, registry: string, now: Now): boolean {
  const absence = state.roster.absence(registry);
  if (absence === null || isInMaintenance(absence, state.roster.calendar, now)) return true;
  return absence.pausedUntilMs !== null && absence.pausedUntilMs > now.wallMs;
}

function startRechecks(state: SchedulerState, host: Host, turn: Turn): void {
  const { perHost } = state.config.schedule;
  const isFree = (one: Host['rechecks'][number]): boolean =>
    hasSlot(host, isDownload(one) ? 'ordered' : 1, perHost) &&
    throttleEnd(state, one.target, turn.now) === null &&
    !isPostponed(state, one.target.registry, turn.now);
  while (hasSlot(host, 1, perHost)) {
    const at = host.rechecks.findIndex(isFree);
    const [recheck] = at < 0 ? [] : host.rechecks.splice(at, 1);
    if (recheck === undefined) return;
    const due = { ...recheck, probeId: state.random.id(turn.now.wallMs), plannedAtMs: turn.now.monotonicMs };
    turn.start.push(state.flights.launch(host, null, due));
  }
}

function startWaiting(state: SchedulerState, host: Host, priority: (typeof priorities)[number], turn: Turn): void {
  const line = host.waiting[priority];
  while (
    line.length > 0 &&
    state.flights.count() < state.inFlightMax &&
    hasSlot(host, priority, state.config.schedule.perHost)
  ) {
    const at = line.findIndex((one) => !waitsForDownload(state, one, turn.now));
    const [series] = at < 0 ? [] : line.splice(at, 1);
    if (series === undefined) return;
    const away = awayFor(state, series, turn.now);
    series.state = 'idle';
    if (away !== null) {
      skip(turn, series, away, series.waitsFor.isAgain === true ? 0 : 1);
      tryAgain(state, series, series.waitsFor, turn.now);
      continue;
    }
    const { target, connection, plannedAtMs } = series;
    const due: Due = {
      probeId: state.random.id(turn.now.wallMs),
      target,
      connection,
      purpose: 'scheduled',
      timeoutMs: series.pace.timeoutMs,
      plannedAtMs,
      round: null,
    };
    host.keptBack.delete(series);
    series.startedAtMs = turn.now.monotonicMs;
    turn.start.push(...startBuild(series, due, buildMeans(state, host, series, turn.now), turn.now));
  }
}

/**
 * Returns what the start of a build (several probes at once over one HTTP/2 connection) needs. While a step of the
 * mirror has a throttle, `all` is empty, so no build starts.
 */
function buildMeans(state: SchedulerState, host: Host, { target: { registry } }: Series, now: Now): BuildMeans {
  const isThrottled = (state.roster.absence(registry)?.throttles.size ?? 0) > 0;
  return {
    all: isThrottled ? [] : state.roster.seriesOf(registry),
    isFree: (one) => awayFor(state, one, now) === null,
    launch: (one, due) => state.flights.launch(host, one, due),
    plan: (one) => state.roster.plan(one),
    newId: () => state.random.id(now.wallMs),
  };
}

function dropWaiting(state: SchedulerState, turn: Turn): void {
  for (const host of state.roster.waiting)
    for (const priority of priorities)
      for (const series of host.waiting[priority].splice(0)) {
        series.state = 'idle';
        skip(turn, series, 'local', 1);
        tryAgain(state, series, series.waitsFor, turn.now);
      }
}

function placeCron(state: SchedulerState, turn: Turn): void {
  const shiftMs = turn.now.monotonicMs - turn.now.wallMs - state.offsetMs;
  if (Math.abs(shiftMs) <= replaceShiftMs) return;
  state.offsetMs += shiftMs;
  for (const passedBy of state.roster.placeCron(turn.now, Math.abs(shiftMs) > limits.clockJumpMs))
    skip(turn, passedBy, 'local', 1);
}

function nextWake(state: SchedulerState, now: Now): number {
  let at = Math.min(state.roster.nextSlotMs(), now.monotonicMs + wakeMsMax);
  for (const { rechecks } of state.roster.waiting)
    for (const { target } of rechecks) at = Math.min(at, throttleEnd(state, target, now)?.monotonicMs ?? at);
  return Math.max(at, now.monotonicMs);
}
