import type { DoorRoute } from '../../config/door-routes.ts';
import { limits } from '../../core/limits.ts';
import type { Clock, Log } from '../../core/ports.ts';
import type { Listener } from './daemon.ts';
import type { DoorMetrics } from './metrics.ts';
import { createKeeper, currentOrderOf, type KeptOrder, type KnownOrder, type Order, readKept } from './order.ts';

export interface FollowingPorts {
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
  #routes: readonly DoorRoute[] = [];
  #orders: ReadonlyMap<string, Order> = new Map();
  #last: ReadonlyMap<string, KnownOrder> = new Map();
  #doubts: ReadonlySet<string> = new Set();
  #failing: ReadonlySet<string> = new Set();
  #isFollowed = false;
  #lostSinceMs: number | null = null;
  #loggedMs = 0;

  constructor(keeper: ReturnType<typeof createKeeper>, kept: ReadonlyMap<string, KeptOrder>, ports: FollowingPorts) {
    this.#keeper = keeper;
    this.#kept = kept;
    this.#ports = ports;
  }

  routes(): readonly DoorRoute[] {
    return this.#routes;
  }

  orders(): ReadonlyMap<string, Order> {
    return this.#orders;
  }

  doubts(): ReadonlySet<string> {
    return this.#doubts;
  }

  /**
   * Mirrors that are in outage, have a bad certificate or refuse requests. Clients assigned to them get another mirror.
   */
  failing(): ReadonlySet<string> {
    return this.#failing;
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
    this.#routes = routes;
    this.#reorder();
  }

  known(all: ReadonlyMap<string, KnownOrder>): void {
    const { log, metrics } = this.#ports;
    if (this.#lostSinceMs !== null) log.info('the daemon is back');
    this.#lostSinceMs = null;
    this.#isFollowed = true;
    this.#last = all;
    this.#failing = new Set([...all.values()].flatMap((one) => [...one.failing]));
    metrics.followed(true);
    this.#reorder();
  }

  doubted(names: ReadonlySet<string>): void {
    this.#doubts = new Set(names);
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
    const orders = [...this.#orders].map(([upstream, { names, why: from, untilMs }]) => ({
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
    const before = this.#orders;
    const nowMs = clock.wallMs();
    const known = this.#isFollowed ? this.#last : new Map<string, KnownOrder>();
    const orderOf = (route: DoorRoute): Order =>
      currentOrderOf(route, known.get(route.key), this.#kept.get(route.key), nowMs);
    this.#orders = new Map(this.#routes.map((route) => [route.key, orderOf(route)]));
    metrics.ordered(this.#routes, this.#orders);
    for (const [key, { names, why }] of this.#orders) {
      const isSame = before.get(key)?.names.join() === names.join();
      if (!isSame || (why === 'expired' && before.get(key)?.why !== why))
        log.info('order', { upstream: key, names, why });
    }
    if (!this.#isFollowed) return;
    this.#kept = this.#orders;
    this.#keeper.keep(this.#orders);
  }
}
