import type { Config } from '../core/config.ts';
import type { Due } from '../core/due.ts';
import { limits } from '../core/limits.ts';
import type { Target } from '../core/mirror.ts';
import type { Calendar, Now } from '../core/ports.ts';
import { atOnce, each, type Slices } from '../core/slices.ts';
import { hostKeyOf } from '../core/url.ts';
import { Heap } from './heap.ts';
import { createHost, type Host, hasWaiting, priorities, type Series } from './host.ts';
import { createRememberingCalendar } from './plan.ts';
import { createSeries, firstSlotOf, type PlanMeans, renew } from './series.ts';
import { type Absence, clearWaits, present } from './throttle.ts';

/** The scheduled series with their next slots, the absence of each mirror, and the hosts. */
export interface Roster {
  readonly calendar: Calendar;
  /** Hosts where a series or a recheck waits for a slot. */
  readonly waiting: Set<Host>;
  hostOf(registry: string): Host | null;
  absence(registry: string): Absence | null;
  series(id: string): Series | null;
  seriesOf(registry: string): readonly Series[];
  plan(series: Series): void;
  /** Removes the next series whose slot has come; `null`: none has. */
  takeDue(now: Now): Series | null;
  /** Monotonic time of the next slot; `Infinity` without any. */
  nextSlotMs(): number;
  /** Places cron slots by the current clocks; `jumped`: plans them anew. Returns the series whose slot was skipped. */
  placeCron(now: Now, jumped: boolean): readonly Series[];
  /** Queues a recheck: each series once; above `limits.rechecksWaiting` the oldest is dropped. */
  keepRecheck(host: Host, recheck: Host['rechecks'][number]): void;
  preparing(config: Config, targets: readonly Target[]): Slices<void>;
  replace(config: Config, targets: readonly Target[], now: Now): void;
}

const nowhere = createHost('');

export function createRoster(input: {
  readonly config: Config;
  readonly targets: readonly Target[];
  readonly seed: string;
  readonly calendar: Calendar;
  readonly now: Now;
  readonly lastOk?: ReadonlyMap<string, number>;
}): Roster {
  // Closures must not keep `input`: it holds the first configuration.
  const { lastOk } = input;
  const calendar = createRememberingCalendar(input.calendar);
  const means: PlanMeans = { seed: input.seed, calendar, offsetMs: input.now.monotonicMs - input.now.wallMs };
  const heap = new Heap<Series>();
  const waiting = new Set<Host>();
  let hosts = new Map<string, Host>();
  let hostByRegistry = new Map<string, Host>();
  let absences = new Map<string, Absence>();
  let all = new Map<string, Series>();
  let made: { readonly config: Config; readonly series: Map<string, Series> } | null = null;
  let byRegistry = new Map<string, Series[]>();

  function plan(series: Series): void {
    if (Number.isFinite(series.slot.atMs)) heap.push(series, series.slot.atMs);
  }

  function rebuildHeap(): void {
    heap.clear();
    for (const series of all.values()) plan(series);
  }

  function replaceMirrors(config: Config): void {
    const kept = new Map<string, Host>();
    // A removed host stays while it has running probes, in case it is configured again.
    for (const [key, host] of hosts) if (host.inFlight > 0 || host.confirming.size > 0) kept.set(key, host);
    const nextAbsences = new Map<string, Absence>();
    hostByRegistry = new Map();
    for (const mirror of config.mirrors) {
      const key = hostKeyOf(mirror.url);
      const host = kept.get(key) ?? hosts.get(key) ?? createHost(key);
      kept.set(key, host);
      hostByRegistry.set(mirror.name, host);
      const before = absences.get(mirror.name) ?? present([]);
      clearWaits(before.throttles);
      nextAbsences.set(mirror.name, { ...before, windows: mirror.maintenance, read: null });
    }
    hosts = kept;
    absences = nextAbsences;
  }

  function* makingSeries(config: Config, targets: readonly Target[]): Slices<Map<string, Series>> {
    const connections = new Map(config.mirrors.map((mirror) => [mirror.name, mirror.connections]));
    const series = new Map<string, Series>();
    yield* each(targets, (target) => {
      for (const connection of connections.get(target.registry) ?? []) {
        const one = createSeries(target, connection, config, nowhere, means);
        series.set(one.id, one);
      }
    });
    return series;
  }

  function replaceSeries(config: Config, targets: readonly Target[], now: Now): void {
    const next = made?.config === config ? made.series : atOnce(makingSeries(config, targets));
    made = null;
    for (const [id, fresh] of next) {
      const host = hostByRegistry.get(fresh.target.registry);
      if (host === undefined) continue;
      fresh.host = host;
      const before = all.get(id);
      if (before === undefined) fresh.slot = firstSlotOf(fresh, lastOk?.get(fresh.target.id) ?? null, now);
      else {
        renew(before, fresh, now);
        next.set(id, before);
      }
    }
    all = next;
    byRegistry = Map.groupBy(next.values(), ({ target }) => target.registry);
  }

  function clearLines(): void {
    const known = new Set([...all.values()].map(({ target }) => target.id));
    for (const host of hosts.values())
      for (const one of host.keptBack) if (all.get(one.id) !== one || one.host !== host) host.keptBack.delete(one);
    for (const host of waiting) {
      for (const priority of priorities) {
        const line = host.waiting[priority];
        const stays = (one: Series) => all.get(one.id) === one && one.host === host && one.priority === priority;
        for (const series of line) if (!stays(series)) series.state = 'idle';
        line.splice(0, line.length, ...line.filter(stays));
      }
      host.rechecks.splice(0, host.rechecks.length, ...host.rechecks.filter(({ target }) => known.has(target.id)));
      if (!hasWaiting(host)) waiting.delete(host);
    }
  }

  const roster: Roster = {
    calendar,
    waiting,
    hostOf: (registry) => hostByRegistry.get(registry) ?? null,
    absence: (registry) => absences.get(registry) ?? null,
    series: (id) => all.get(id) ?? null,
    seriesOf: (registry) => byRegistry.get(registry) ?? [],
    plan,
    takeDue(now) {
      while (heap.leastKey() <= now.monotonicMs) {
        const keyMs = heap.leastKey();
        const series = heap.pop();
        // An outdated entry: the series was planned again.
        if (series?.slot.atMs === keyMs) return series;
      }
      return null;
    },
    nextSlotMs() {
      for (let first = heap.first(); first !== null && first.slot.atMs !== heap.leastKey(); first = heap.first())
        heap.pop();
      return heap.leastKey();
    },
    placeCron(now, jumped) {
      const passedBy: Series[] = [];
      const cron = [...all.values()].filter(({ pace }) => pace.cadence.kind === 'cron');
      for (const series of cron) {
        series.slot = series.plan.placed(series.slot, now);
        if (!jumped) continue;
        if (series.slot.atMs <= now.monotonicMs) passedBy.push(series);
        series.slot = series.plan.first(now);
      }
      if (cron.length > 0) rebuildHeap();
      return passedBy;
    },
    keepRecheck(host, recheck: Omit<Due, 'probeId' | 'plannedAtMs'>) {
      const isSame = (one: typeof recheck) =>
        one.target.id === recheck.target.id && one.connection === recheck.connection;
      if (host.rechecks.some(isSame)) return;
      if (host.rechecks.length >= limits.rechecksWaiting) host.rechecks.shift();
      host.rechecks.push(recheck);
      waiting.add(host);
    },
    *preparing(config, targets) {
      made = { config, series: yield* makingSeries(config, targets) };
    },
    replace(config, targets, now) {
      replaceMirrors(config);
      replaceSeries(config, targets, now);
      clearLines();
      rebuildHeap();
    },
  };
  roster.replace(input.config, input.targets, input.now);
  return roster;
}
