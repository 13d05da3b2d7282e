import type { Config } from '../core/config.ts';
import type { Due, Skipped } from '../core/due.ts';
import { limits } from '../core/limits.ts';
import { seriesId, type Target, upstreamKeyOf } from '../core/mirror.ts';
import type { Calendar, Now, Random } from '../core/ports.ts';
import { type BuildMeans, ripen, startBuild } from './build.ts';
import { Flights } from './flights.ts';
import { type Host, hasConfirmingSlot, hasSlot, hasWaiting, isOverBudget, priorities, type Series } from './host.ts';
import type { Slot } from './plan.ts';
import { createRoster, type Roster } from './roster.ts';
import type { Scheduler } from './scheduling.ts';
import { againAt } from './series.ts';
import { awayReasonOf, clearWaits, isInMaintenance, throttleStep, waitEnd } from './throttle.ts';
import { startVisit } from './visit.ts';

const shedMax = 0.9;
const wakeMsMax = 60_000;
/** The share of the probes at once that scheduled ones may have: the others are for rounds and rechecks. */
const scheduledShare = 0.75;
/** After a larger change of the wall clock, cron slots are placed again. */
const replaceShiftMs = 250;

/** How long a download waits for other downloads, milliseconds. */
const downloadPatienceMs = 60_000;

interface Turn {
  readonly now: Now;
  readonly start: Due[];
  readonly skipped: Skipped[];
}

/**
 * A scheduler with all first starts in the future.
 * @param input.seed  the vantage, so that two vantages with the same targets do not probe at the same times
 */
export function createScheduler(input: {
  readonly config: Config;
  readonly targets: readonly Target[];
  readonly seed: string;
  readonly calendar: Calendar;
  readonly random: Random;
  readonly now: Now;
  /** The last success of targets before this start, by id, wall milliseconds. */
  readonly lastOk?: ReadonlyMap<string, number>;
  /** The most probes at once; absent: as many as the threads take. */
  readonly probesAtOnce?: number;
}): Scheduler {
  const { random, probesAtOnce = Number.POSITIVE_INFINITY } = input;
  const inFlightMax = Math.min(limits.workerInFlight * limits.workers, Math.ceil(scheduledShare * probesAtOnce));
  const roster: Roster = createRoster(input);
  const flights = new Flights();
  let config = input.config;
  let shedShare = 0;
  let wakeAtMs = input.now.monotonicMs;
  let offsetMs = input.now.monotonicMs - input.now.wallMs;

  function skip(turn: Turn, series: Series, because: Skipped['because'], count: number): void {
    if (count > 0) turn.skipped.push({ target: series.target, connection: series.connection, because, count });
  }

  function awayFor(series: Series, now: Now) {
    const absence = roster.absence(series.target.registry);
    const own = absence === null ? null : awayReasonOf(absence, roster.calendar, now);
    if (own !== null) return own;
    if (throttleEnd(series.target, now) !== null) return 'throttled' as const;
    if (!isOverBudget(series.host, series, config.schedule.bytesPerHour, now)) return null;
    if (series.priority === 2) series.host.keptBack.add(series);
    return 'over_budget' as const;
  }

  /** When a step may be requested again; `null`: now. */
  function throttleEnd({ registry, step }: Pick<Target, 'registry' | 'step'>, now: Now): Now | null {
    const absence = roster.absence(registry);
    return absence === null ? null : waitEnd(absence.throttles, step, now);
  }

  function isShed(series: Series): boolean {
    return shedShare > 0 && random.next() < (series.priority === 0 ? shedShare / 2 : shedShare);
  }

  function tryAgain(series: Series, missed: Slot, now: Now): void {
    const again = againAt(series, missed, now);
    if (again === null) return;
    series.slot = again;
    roster.plan(series);
  }

  function arrive(series: Series, suspended: boolean, turn: Turn): void {
    const { slot, passed } = series.plan.latest(series.slot, turn.now);
    // A retry was counted when its slot was missed.
    const own = slot.isAgain === true ? 0 : 1;
    series.slot = series.plan.next(slot, turn.now);
    roster.plan(series);
    skip(turn, series, 'local', suspended ? passed + own : passed);
    if (suspended) {
      tryAgain(series, slot, turn.now);
      return;
    }
    const because =
      series.state === 'idle' ? (awayFor(series, turn.now) ?? (isShed(series) ? 'local' : null)) : 'overrun';
    if (because !== null) {
      skip(turn, series, because, own);
      if (because !== 'overrun') tryAgain(series, slot, turn.now);
      return;
    }
    series.state = 'waiting';
    series.waitsFor = slot;
    series.plannedAtMs = slot.atMs;
    series.host.waiting[series.priority].push(series);
    roster.waiting.add(series.host);
  }

  /** True while a download waits for another of its upstream, at most for `downloadPatienceMs`. */
  function waitsForDownload(series: Series, now: Now): boolean {
    if (series.priority !== 2 || now.monotonicMs - series.plannedAtMs >= downloadPatienceMs) return false;
    return flights.isDownloading(series.target);
  }

  function isLeftAlone(registry: string, now: Now): boolean {
    const absence = roster.absence(registry);
    if (absence === null || isInMaintenance(absence, roster.calendar, now)) return true;
    return absence.pausedUntilMs !== null && absence.pausedUntilMs > now.wallMs;
  }

  function startRechecks(host: Host, turn: Turn): void {
    const isFree = ({ target }: Host['rechecks'][number]): boolean =>
      throttleEnd(target, turn.now) === null && !isLeftAlone(target.registry, turn.now);
    while (hasSlot(host, 1, config.schedule.perHost)) {
      const at = host.rechecks.findIndex(isFree);
      const [recheck] = at < 0 ? [] : host.rechecks.splice(at, 1);
      if (recheck === undefined) return;
      const due = { ...recheck, probeId: random.id(turn.now.wallMs), plannedAtMs: turn.now.monotonicMs };
      turn.start.push(flights.launch(host, null, due));
    }
  }

  function startWaiting(host: Host, priority: (typeof priorities)[number], turn: Turn): void {
    const line = host.waiting[priority];
    while (line.length > 0 && flights.count() < inFlightMax && hasSlot(host, priority, config.schedule.perHost)) {
      const at = line.findIndex((one) => !waitsForDownload(one, turn.now));
      const [series] = at < 0 ? [] : line.splice(at, 1);
      if (series === undefined) return;
      const away = awayFor(series, turn.now);
      series.state = 'idle';
      if (away !== null) {
        skip(turn, series, away, series.waitsFor.isAgain === true ? 0 : 1);
        tryAgain(series, series.waitsFor, turn.now);
        continue;
      }
      const { target, connection, plannedAtMs } = series;
      const due: Due = {
        probeId: random.id(turn.now.wallMs),
        target,
        connection,
        purpose: 'scheduled',
        timeoutMs: series.pace.timeoutMs,
        plannedAtMs,
        round: null,
      };
      host.keptBack.delete(series);
      series.startedAtMs = turn.now.monotonicMs;
      turn.start.push(...startBuild(series, due, buildMeans(host, series, turn.now), turn.now));
    }
  }

  /** No build while a step of the mirror has a throttle. */
  function buildMeans(host: Host, { target: { registry } }: Series, now: Now): BuildMeans {
    const isThrottled = (roster.absence(registry)?.throttles.size ?? 0) > 0;
    return {
      all: isThrottled ? [] : roster.seriesOf(registry),
      isFree: (one) => awayFor(one, now) === null,
      launch: (one, due) => flights.launch(host, one, due),
      plan: roster.plan,
      newId: () => random.id(now.wallMs),
    };
  }

  function dropWaiting(turn: Turn): void {
    for (const host of roster.waiting)
      for (const priority of priorities)
        for (const series of host.waiting[priority].splice(0)) {
          series.state = 'idle';
          skip(turn, series, 'local', 1);
          tryAgain(series, series.waitsFor, turn.now);
        }
  }

  function placeCron(turn: Turn): void {
    const shiftMs = turn.now.monotonicMs - turn.now.wallMs - offsetMs;
    if (Math.abs(shiftMs) <= replaceShiftMs) return;
    offsetMs += shiftMs;
    for (const passedBy of roster.placeCron(turn.now, Math.abs(shiftMs) > limits.clockJumpMs))
      skip(turn, passedBy, 'local', 1);
  }

  function nextWake(now: Now): number {
    let at = Math.min(roster.nextSlotMs(), now.monotonicMs + wakeMsMax);
    for (const { rechecks } of roster.waiting)
      for (const { target } of rechecks) at = Math.min(at, throttleEnd(target, now)?.monotonicMs ?? at);
    return Math.max(at, now.monotonicMs);
  }

  return {
    advance(now) {
      const turn: Turn = { now, start: [], skipped: [] };
      const suspended = now.monotonicMs - wakeAtMs > limits.suspendMs;
      if (suspended) dropWaiting(turn);
      placeCron(turn);
      for (let series = roster.takeDue(now); series !== null; series = roster.takeDue(now))
        arrive(series, suspended, turn);
      for (const host of roster.waiting) startRechecks(host, turn);
      for (const priority of priorities) for (const host of roster.waiting) startWaiting(host, priority, turn);
      for (const host of roster.waiting) if (!hasWaiting(host)) roster.waiting.delete(host);
      wakeAtMs = nextWake(now);
      return { start: turn.start, skipped: turn.skipped, wakeAtMs };
    },
    finished(due, result, now) {
      const landed = flights.land(due);
      if (landed === null) return;
      const { host, series } = landed;
      host.bytes.add(result.wireBytes, now.monotonicMs);
      const throttles = roster.absence(due.target.registry)?.throttles;
      const heard = { retryAfterMs: result.retryAfterMs, chance: random.next() };
      if (throttles !== undefined) throttleStep(throttles, due.target.step, heard, now);
      if (series === null) return;
      series.lastBytes = result.wireBytes;
      series.protocol = result.protocol ?? series.protocol;
      if (due.purpose === 'build' && result.isFailed === true) ripen(series);
    },
    reserve(asked, now) {
      const host = roster.hostOf(asked.target.registry);
      if (host === null) return null;
      const isFree =
        asked.purpose === 'confirm'
          ? hasConfirmingSlot(host, upstreamKeyOf(asked.target))
          : hasSlot(host, 1, config.schedule.perHost);
      if (!isFree || throttleEnd(asked.target, now) !== null || isLeftAlone(asked.target.registry, now)) {
        if (asked.purpose === 'recheck') roster.keepRecheck(host, asked);
        return null;
      }
      return flights.launch(host, null, { ...asked, probeId: random.id(now.wallMs), plannedAtMs: now.monotonicMs });
    },
    visit: (registry, bytesExpected, now) =>
      startVisit(roster, { registry, bytesExpected }, config.schedule, () => random.next(), now),
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
    throttledUntil: (registry, step, now) => throttleEnd({ registry, step }, now)?.monotonicMs ?? null,
    dueAtMs(target, connection) {
      const series = roster.series(seriesId(target, connection));
      if (series === null) return null;
      const atMs = series.state === 'idle' ? series.slot.atMs : series.plannedAtMs;
      return Number.isFinite(atMs) ? atMs : null;
    },
    shed(share) {
      shedShare = Number.isFinite(share) ? Math.min(shedMax, Math.max(0, share)) : 0;
    },
    preparing: roster.preparing,
    replace(next, targets, now) {
      config = next;
      roster.replace(next, targets, now);
    },
    inFlight: () => flights.count(),
  };
}
