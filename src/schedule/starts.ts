import type { Config } from '../core/config.ts';
import type { Due, Skipped } from '../core/due.ts';
import { limits } from '../core/limits.ts';
import type { Target } from '../core/mirror.ts';
import type { Now, Random } from '../core/ports.ts';
import { type BuildMeans, startBuild } from './build.ts';
import { type Flights, isDownload } from './flights.ts';
import { type Host, hasSlot, hasWaiting, isOverBudget, priorities, type Series } from './host.ts';
import type { Slot } from './plan.ts';
import type { ScheduleRoster } from './roster.ts';
import type { Scheduler } from './scheduling.ts';
import { againAt } from './series.ts';
import { awayReasonOf, isInMaintenance, waitEnd } from './throttle.ts';

const wakeMsMax = 60_000;
/** If the wall clock changes by more than this, the times of cron slots are computed again. Milliseconds. */
const replaceShiftMs = 250;

/** The maximum time that a download waits for other downloads from the same upstream, milliseconds. */
const downloadPatienceMs = 60_000;

export interface SchedulerState {
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
export function advanceScheduler(state: SchedulerState, now: Now): ReturnType<Scheduler['advance']> {
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
export function throttleEnd(
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

export function isPostponed(state: SchedulerState, registry: string, now: Now): boolean {
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
