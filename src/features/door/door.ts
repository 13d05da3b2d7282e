import { createBuckets } from '../../api/buckets.ts';
import { type DoorRoute, routesOf } from '../../config/door-routes.ts';
import { isLoopback } from '../../core/addresses.ts';
import type { Config, DoorRule } from '../../core/config.ts';
import { descriptorBoundsFor } from '../../core/descriptors.ts';
import { limits } from '../../core/limits.ts';
import type { Mirror } from '../../core/mirror.ts';
import type { Clock, Log, Timers, WireAccess } from '../../core/ports.ts';
import { ok, type Result } from '../../core/result.ts';
import { urlOfListener } from '../../core/url.ts';
import { bookAccessOf } from '../../daemon/book.ts';
import { registry } from '../../ecosystems/registry.ts';
import { systemClock } from '../../io/clock.ts';
import { countOpenDescriptors, readDescriptorLimit } from '../../io/machine.ts';
import { listen } from '../../io/server.ts';
import { systemTimers } from '../../io/timers.ts';
import { createPassages } from '../../wire/passage.ts';
import { daemonOf, followDaemon, type Listener } from './daemon.ts';
import { createDoorHandler } from './handler.ts';
import { createDoorMetrics, type DoorMetrics } from './metrics.ts';
import { createKeeper, currentOrderOf, type KeptOrder, type KnownOrder, type Order, readKept } from './order.ts';
import { createStays } from './stay.ts';

export interface Door {
  /** The URL for clients, without a trailing slash. */
  readonly url: string;
  /** Returns the path prefixes that the door serves, such as `/go/`. */
  prefixes(): readonly string[];
  /** Applies a new configuration, except for `listen`, `perMinute` and `orderFile`, which need a restart. */
  reconfigure(config: Config): void;
  /** Waits at most `limits.drainMs` for running requests, then closes. */
  close(): Promise<void>;
}

export interface DoorPorts {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly log: Log;
  /** The version of this program, for the header `User-Agent`. */
  readonly version: string;
}

export function doorPortsWith(log: Log, version: string): DoorPorts {
  return { clock: systemClock, timers: systemTimers, log, version };
}

/**
 * Opens a configuration's front door, which passes responses through instead of redirecting clients.
 * @throws Error if none is configured, or it cannot be opened
 */
export async function openRelay(config: Config, log: Log, version: string): Promise<Door> {
  const { door } = config;
  const opened = door && (await openDoor(config, door, doorPortsWith(log, version), { relay: true }));
  if (opened?.tag !== 'ok') throw new Error('the front door cannot be opened');
  return opened.value;
}

/**
 * Opens the front door. The daemon reports the order of mirrors. Without its report the stored order applies, else the
 * configured one.
 * @param options  `relay`: true passes responses through, even if the configuration sets redirects
 * @returns the error code if the listener cannot be opened
 */
export async function openDoor(
  first: Config,
  rule: DoorRule,
  { clock, timers, log, version }: DoorPorts,
  options: { readonly relay: boolean },
): Promise<Result<Door, { readonly code: string }>> {
  const nowMs = (): number => clock.monotonicMs();
  const descriptors = readDescriptorLimit();
  const { outgoing, exchanges } = descriptorBoundsFor(descriptors);
  const metrics = createDoorMetrics({ maxDescriptors: descriptors, countDescriptors: countOpenDescriptors });
  const following = await createFollowing(rule.orderPath, { clock, log, metrics });
  let access: ReadonlyMap<string, WireAccess> = new Map();
  const passages = createPassages({ clock, timers, socketsMax: outgoing });
  const mayUseSecrets = rule.listen.token !== null || isLoopback(rule.listen.host);
  let isOpen = true;
  let isRelay = false;

  function configure(config: Config): { close(): void } {
    isRelay = options.relay || config.door?.relay === true;
    const used = config.mirrors.filter((mirror) => mayUseSecrets || !hasSecrets(mirror));
    access = new Map(used.map((mirror) => [mirror.name, bookAccessOf(config, mirror, version)]));
    following.configure(routesOf(config, registry));
    return followDaemon(daemonOf(config), following, timers);
  }

  const handler = createDoorHandler({
    listen: rule.listen,
    routes: () => following.routes,
    orders: () => following.orders,
    doubted: () => following.doubts,
    failing: () => following.failing,
    ...bucketsOf(rule, nowMs),
    stays: createStays(nowMs),
    isRelay: () => isRelay,
    passing: { count: 0, max: Math.min(limits.doorPassing, exchanges) },
    pass: {
      passages,
      timers,
      accessOf: (name) => access.get(name) ?? null,
      usualMs: (name) => following.usualMs(name),
      held: { bytes: 0 },
      unread: new Map(),
      nowMs,
    },
    metrics,
    log,
    isReady: () => isOpen,
    nowMs,
  });
  const listening = await listen(handler, rule.listen);
  if (listening.tag === 'error') return listening;
  if (descriptors !== null) log.info('descriptors', { descriptors });
  metrics.followed(false);
  let followed = configure(first);
  return ok({
    url: urlOfListener({ ...rule.listen, port: listening.value.port }),
    prefixes: () => following.routes.map(({ prefix }) => prefix),
    reconfigure(config) {
      if (!isOpen) return;
      followed.close();
      followed = configure(config);
    },
    async close() {
      isOpen = false;
      followed.close();
      await listening.value.close(limits.drainMs);
      await passages.close();
      await following.done();
    },
  });
}

function hasSecrets({ access: { auth, tls } }: Mirror): boolean {
  return auth !== null || tls.client !== null;
}

function bucketsOf({ perMinute }: DoorRule, nowMs: () => number) {
  return {
    requests: createBuckets(perMinute, nowMs),
    refused: createBuckets(limits.refusedRequestsPerMinute, nowMs),
    refusedLines: createBuckets(limits.doorRefusedLinesPerMinute, nowMs),
  };
}

interface FollowingPorts {
  readonly clock: Pick<Clock, 'wallMs'>;
  readonly log: Log;
  readonly metrics: Pick<DoorMetrics, 'ordered' | 'followed'>;
}

/**
 * Keeps the order of mirrors up to date with the daemon's reports. If the daemon is not reachable, the last orders
 * apply. An order that comes from advice applies until this advice expires.
 * @param path  the file that stores the orders, so that they survive a restart
 */
export async function createFollowing(path: string, ports: FollowingPorts): Promise<Following> {
  return new Following(createKeeper(path, ports.log), await readKept(path, ports.log), ports);
}

/** The order of mirrors that is in force for each upstream. */
class Following implements Listener {
  readonly #keeper: ReturnType<typeof createKeeper>;
  readonly #ports: FollowingPorts;
  #kept: ReadonlyMap<string, KeptOrder>;
  routes: readonly DoorRoute[] = [];
  orders: ReadonlyMap<string, Order> = new Map();
  #last: ReadonlyMap<string, KnownOrder> = new Map();
  doubts: ReadonlySet<string> = new Set();
  /** Mirrors that are in outage, have a bad certificate or refuse requests. Clients assigned to them get another mirror. */
  failing: ReadonlySet<string> = new Set();
  #isFollowed = false;
  #lostSinceMs: number | null = null;
  #loggedMs = 0;

  constructor(keeper: ReturnType<typeof createKeeper>, kept: ReadonlyMap<string, KeptOrder>, ports: FollowingPorts) {
    this.#keeper = keeper;
    this.#kept = kept;
    this.#ports = ports;
  }

  usualMs(name: string): number | null {
    for (const { usualMs } of this.#last.values()) {
      const ms = usualMs.get(name);
      if (ms !== undefined) return ms;
    }
    return null;
  }

  /** Replaces the routes with those of a new configuration. */
  configure(routes: readonly DoorRoute[]): void {
    this.routes = routes;
    this.#reorder();
  }

  known(all: ReadonlyMap<string, KnownOrder>): void {
    const { log, metrics } = this.#ports;
    if (this.#lostSinceMs !== null) log.info('the daemon is back');
    this.#lostSinceMs = null;
    this.#isFollowed = true;
    this.#last = all;
    this.failing = new Set([...all.values()].flatMap((one) => [...one.failing]));
    metrics.followed(true);
    this.#reorder();
  }

  doubted(names: ReadonlySet<string>): void {
    this.doubts = new Set(names);
  }

  lost(why: string): void {
    const { clock, log, metrics } = this.#ports;
    const nowMs = clock.wallMs();
    this.#isFollowed = false;
    metrics.followed(false);
    this.#reorder();
    if (this.#lostSinceMs !== null && nowMs - this.#loggedMs < limits.doorLostMs) return;
    this.#lostSinceMs ??= nowMs;
    this.#loggedMs = nowMs;
    const orders = [...this.orders].map(([upstream, { names, why: from, untilMs }]) => ({
      upstream,
      first: names[0],
      why: from,
      ...(untilMs !== undefined && { until: new Date(untilMs).toISOString() }),
    }));
    const since = new Date(this.#lostSinceMs).toISOString();
    log.warn('no daemon: the last order stays in force', { why, since, orders });
  }

  /** Resolves when the last order is stored in the file. */
  done(): Promise<void> {
    return this.#keeper.done();
  }

  #reorder(): void {
    const { clock, log, metrics } = this.#ports;
    const before = this.orders;
    const nowMs = clock.wallMs();
    const known = this.#isFollowed ? this.#last : new Map<string, KnownOrder>();
    const orderOf = (route: DoorRoute): Order =>
      currentOrderOf(route, known.get(route.key), this.#kept.get(route.key), nowMs);
    this.orders = new Map(this.routes.map((route) => [route.key, orderOf(route)]));
    metrics.ordered(this.routes, this.orders);
    for (const [key, { names, why }] of this.orders) {
      const isSame = before.get(key)?.names.join() === names.join();
      if (!isSame || (why === 'expired' && before.get(key)?.why !== why))
        log.info('order', { upstream: key, names, why });
    }
    if (!this.#isFollowed) return;
    this.#kept = this.orders;
    this.#keeper.keep(this.orders);
  }
}
