import type { Config } from '../core/config.ts';
import { limits } from '../core/limits.ts';
import type { Target } from '../core/mirror.ts';
import type { Calendar, Now } from '../core/ports.ts';
import { atOnce, each, type Slices } from '../core/slices.ts';
import { hostKeyOf } from '../core/url.ts';
import { Heap } from './heap.ts';
import { createHost, type Host, hasWaiting, priorities, type Series } from './host.ts';
import { choosePhases, type StartPhase, type StartPhases } from './phases.ts';
import { createRememberingCalendar } from './plan.ts';
import { addRepeated, createSeries, firstSlotOf, type PlanMeans, type RepeatedRequests, renew } from './series.ts';
import { clearWaits, presentThrottle, type Throttled } from './throttle.ts';

const nowhere = createHost();

export interface RosterInput {
  readonly config: Config;
  readonly targets: readonly Target[];
  readonly seed: string;
  readonly calendar: Calendar;
  readonly now: Now;
  /** By the id of a target: when its last success before this start was, wall milliseconds; absent: not known. */
  readonly lastOk?: ReadonlyMap<string, number>;
}

interface MadeSeries {
  readonly series: Map<string, Series>;
  readonly phases: StartPhases;
}

/**
 * The scheduled series with their next slots, the hosts, and why each mirror may not be probed (pause, maintenance,
 * throttle).
 */
export class ScheduleRoster {
  readonly calendar: Calendar;
  /** Hosts where a series or a recheck waits for a slot. */
  readonly waiting = new Set<Host>();
  readonly #lastOk: RosterInput['lastOk'];
  readonly #means: PlanMeans;
  readonly #heap = new Heap<Series>();
  #hosts = new Map<string, Host>();
  #hostByRegistry = new Map<string, Host>();
  #absences = new Map<string, Throttled>();
  #all = new Map<string, Series>();
  #byRegistry = new Map<string, Series[]>();
  /** The phases of light requests (offsets within their interval). A request that stays keeps its phase at a reload. */
  #phases: StartPhases = new Map();
  /** The series that `preparing` made for the next configuration; `null`: none. */
  #made: (MadeSeries & { readonly config: Config }) | null = null;

  // `input` is not stored, because it would keep the first configuration in memory after a reload.
  constructor({ config, targets, calendar, seed, now, lastOk }: RosterInput) {
    this.calendar = createRememberingCalendar(calendar);
    this.#lastOk = lastOk;
    this.#means = { seed, calendar: this.calendar, offsetMs: now.monotonicMs - now.wallMs };
    this.replace(config, targets, now);
  }

  hostOf(registry: string): Host | null {
    return this.#hostByRegistry.get(registry) ?? null;
  }

  absence(registry: string): Throttled | null {
    return this.#absences.get(registry) ?? null;
  }

  series(id: string): Series | null {
    return this.#all.get(id) ?? null;
  }

  seriesOf(registry: string): readonly Series[] {
    return this.#byRegistry.get(registry) ?? [];
  }

  plan(series: Series): void {
    if (Number.isFinite(series.slot.atMs)) this.#heap.push(series, series.slot.atMs);
  }

  /** Removes and returns the next series that is due; `null`: no series is due. */
  takeDue(now: Now): Series | null {
    while (this.#heap.leastKey() <= now.monotonicMs) {
      const keyMs = this.#heap.leastKey();
      const series = this.#heap.pop();
      // If the times differ, the entry is outdated: the series was planned again.
      if (series?.slot.atMs === keyMs) return series;
    }
    return null;
  }

  /** Monotonic time of the next planned start; `Infinity` if none is planned. */
  nextSlotMs(): number {
    const heap = this.#heap;
    for (let first = heap.first(); first !== null && first.slot.atMs !== heap.leastKey(); first = heap.first())
      heap.pop();
    return heap.leastKey();
  }

  /**
   * Recomputes the times of cron slots from the current clocks. If the wall clock `jumped`, it also plans each cron
   * series anew and returns the series whose planned start was skipped.
   */
  placeCron(now: Now, jumped: boolean): readonly Series[] {
    const passedBy: Series[] = [];
    const cron = [...this.#all.values()].filter(({ pace }) => pace.cadence.kind === 'cron');
    for (const series of cron) {
      series.slot = series.plan.placed(series.slot, now);
      if (!jumped) continue;
      if (series.slot.atMs <= now.monotonicMs) passedBy.push(series);
      series.slot = series.plan.first(now);
    }
    if (cron.length > 0) this.#rebuildHeap();
    return passedBy;
  }

  /** Queues a recheck, for each series only once. Above `limits.rechecksWaiting`, the oldest recheck is dropped. */
  keepRecheck(host: Host, recheck: Host['rechecks'][number]): void {
    const isSame = (one: typeof recheck) =>
      one.target.id === recheck.target.id && one.connection === recheck.connection;
    if (host.rechecks.some(isSame)) return;
    if (host.rechecks.length >= limits.rechecksWaiting) host.rechecks.shift();
    host.rechecks.push(recheck);
    this.waiting.add(host);
  }

  *preparing(config: Config, targets: readonly Target[]): Slices<void> {
    this.#made = { config, ...(yield* this.#makingSeries(config, targets)) };
  }

  replace(config: Config, targets: readonly Target[], now: Now): void {
    this.#replaceMirrors(config);
    this.#replaceSeries(config, targets, now);
    this.#clearLines();
    this.#rebuildHeap();
  }

  #rebuildHeap(): void {
    this.#heap.clear();
    for (const series of this.#all.values()) this.plan(series);
  }

  #replaceMirrors(config: Config): void {
    const kept = new Map<string, Host>();
    // A removed host stays while it has running probes, in case it is configured again.
    for (const [key, host] of this.#hosts) if (host.inFlight > 0 || host.confirming.size > 0) kept.set(key, host);
    const nextAbsences = new Map<string, Throttled>();
    this.#hostByRegistry = new Map();
    for (const mirror of config.mirrors) {
      const key = hostKeyOf(mirror.url);
      const host = kept.get(key) ?? this.#hosts.get(key) ?? createHost();
      kept.set(key, host);
      this.#hostByRegistry.set(mirror.name, host);
      const before = this.#absences.get(mirror.name) ?? presentThrottle([]);
      clearWaits(before.throttles);
      nextAbsences.set(mirror.name, { ...before, windows: mirror.maintenance, read: null });
    }
    this.#hosts = kept;
    this.#absences = nextAbsences;
  }

  *#makingSeries(config: Config, targets: readonly Target[]): Slices<MadeSeries> {
    const connections = new Map(config.mirrors.map((mirror) => [mirror.name, mirror.connections]));
    const series = new Map<string, Series>();
    const phases = new Map<string, StartPhase>();
    const repeated = new Map<string, RepeatedRequests>();
    const connectionsOf = ({ registry }: Target) => connections.get(registry) ?? [];
    const choose = (requests: RepeatedRequests): void => {
      const chosen = choosePhases([...requests.values()], this.#phases, this.#means.seed);
      for (const [key, phase] of chosen) phases.set(key, phase);
    };
    const create = (target: Target): void => {
      for (const connection of connectionsOf(target)) {
        const one = createSeries(target, connection, config, nowhere, phases, this.#means);
        series.set(one.id, one);
      }
    };
    function* steps(): Generator<() => void> {
      for (const target of targets) yield () => addRepeated(repeated, target, connectionsOf(target), config);
      for (const requests of repeated.values()) yield () => choose(requests);
      for (const target of targets) yield () => create(target);
    }
    yield* each(steps(), (step) => step());
    return { series, phases };
  }

  #replaceSeries(config: Config, targets: readonly Target[], now: Now): void {
    const { series: next, phases } =
      this.#made?.config === config ? this.#made : atOnce(this.#makingSeries(config, targets));
    this.#made = null;
    this.#phases = phases;
    for (const [id, fresh] of next) {
      const host = this.#hostByRegistry.get(fresh.target.registry);
      if (host === undefined) continue;
      fresh.host = host;
      const before = this.#all.get(id);
      if (before === undefined) fresh.slot = firstSlotOf(fresh, this.#lastOk?.get(fresh.target.id) ?? null, now);
      else {
        renew(before, fresh, now);
        next.set(id, before);
      }
    }
    this.#all = next;
    this.#byRegistry = Map.groupBy(next.values(), ({ target }) => target.registry);
  }

  /** Removes waiting series and rechecks that are no longer configured. */
  #clearLines(): void {
    const all = this.#all;
    const known = new Set([...all.values()].map(({ target }) => target.id));
    for (const host of this.#hosts.values())
      for (const one of host.keptBack) if (all.get(one.id) !== one || one.host !== host) host.keptBack.delete(one);
    for (const host of this.waiting) {
      for (const priority of priorities) {
        const line = host.waiting[priority];
        const stays = (one: Series) => all.get(one.id) === one && one.host === host && one.priority === priority;
        for (const series of line) if (!stays(series)) series.state = 'idle';
        line.splice(0, line.length, ...line.filter(stays));
      }
      host.rechecks.splice(0, host.rechecks.length, ...host.rechecks.filter(({ target }) => known.has(target.id)));
      if (!hasWaiting(host)) this.waiting.delete(host);
    }
  }
}
