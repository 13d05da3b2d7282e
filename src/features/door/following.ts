import type { DoorRoute } from '../../config/door-routes.ts';
import { limits } from '../../core/limits.ts';
import type { Clock, Log } from '../../core/ports.ts';
import type { DoorMetrics } from './metrics.ts';
import {
  createKeeper,
  currentOrderOf,
  type KeptOrder,
  type KnownOrder,
  type Order,
  readKept,
  type Withdrawals,
} from './order.ts';

interface FollowingPorts {
  readonly clock: Pick<Clock, 'wallMs'>;
  readonly log: Log;
  readonly metrics: Pick<DoorMetrics, 'ordered' | 'followed'>;
}

/** The order of mirrors that is in force for each upstream. */
export type Following = Awaited<ReturnType<typeof createFollowing>>;

/**
 * Keeps the order of mirrors up to date with the daemon's reports. If the daemon is not reachable, the last orders
 * apply. An order that comes from advice applies until this advice expires.
 * @param path  the file that stores the orders, so that they survive a restart
 */
export async function createFollowing(path: string, { clock, log, metrics }: FollowingPorts) {
  const keeper = createKeeper(path, log);
  let kept: ReadonlyMap<string, KeptOrder> = await readKept(path, log);
  /** The daemon's last report. */
  let last: ReadonlyMap<string, KnownOrder> = new Map();
  let isFollowed = false;
  let lostSinceMs: number | null = null;
  let loggedMs = 0;
  const now = {
    routes: [] as readonly DoorRoute[],
    orders: new Map() as ReadonlyMap<string, Order>,
    /** Names of mirrors that failed, while the daemon is confirming the failure. */
    doubts: new Set() as ReadonlySet<string>,
    /** Mirrors that are in outage, have a bad certificate or refuse requests. Clients assigned to them get another mirror. */
    failing: new Set() as ReadonlySet<string>,
  };

  function reorder(): void {
    const before = now.orders;
    const nowMs = clock.wallMs();
    const orderOf = (route: DoorRoute): Order =>
      currentOrderOf(route, isFollowed ? last.get(route.key) : undefined, kept.get(route.key), nowMs);
    now.orders = new Map(now.routes.map((route) => [route.key, orderOf(route)]));
    metrics.ordered(now.routes, now.orders);
    logChanged(log, before, now.orders);
    if (!isFollowed) return;
    kept = now.orders;
    keeper.keep(now.orders);
  }

  return Object.assign(now, {
    /** Returns the 95th percentile of the latency of a mirror's canary, milliseconds; `null`: not known. */
    usualMs: (name: string): number | null => usualMsIn(last, name),
    /**
     * Returns what the configured origin of a route has withdrawn, by module. While the daemon cannot be reached, its last
     * report applies, also after a restart of the door.
     */
    withdrawnOf: (route: DoorRoute): Withdrawals => withdrawnIn(now.orders, route),
    /** Replaces the routes with those of a new configuration. */
    configure(routes: readonly DoorRoute[]): void {
      now.routes = routes;
      reorder();
    },
    known(all: ReadonlyMap<string, KnownOrder>): void {
      if (lostSinceMs !== null) log.info('the daemon is back');
      lostSinceMs = null;
      isFollowed = true;
      last = all;
      now.failing = new Set([...all.values()].flatMap((one) => [...one.failing]));
      metrics.followed(true);
      reorder();
    },
    doubted(names: ReadonlySet<string>): void {
      now.doubts = new Set(names);
    },
    lost(why: string): void {
      const nowMs = clock.wallMs();
      isFollowed = false;
      metrics.followed(false);
      reorder();
      if (lostSinceMs !== null && nowMs - loggedMs < limits.doorLostMs) return;
      lostSinceMs ??= nowMs;
      loggedMs = nowMs;
      const since = new Date(lostSinceMs).toISOString();
      log.warn('no daemon: the last order stays in force', { why, since, orders: [...now.orders].map(logFormOf) });
    },
    /** Resolves when the last order is stored in the file. */
    done: (): Promise<void> => keeper.done(),
  });
}

function usualMsIn(orders: ReadonlyMap<string, KnownOrder>, name: string): number | null {
  const known = [...orders.values()].find(({ usualMs }) => usualMs.has(name));
  return known?.usualMs.get(name) ?? null;
}

function withdrawnIn(orders: ReadonlyMap<string, Order>, { key, mirrors }: DoorRoute): Withdrawals {
  const origin = mirrors.values().find(({ role }) => role === 'origin');
  return orders.get(key)?.withdrew?.get(origin?.name ?? '') ?? new Map();
}

function logChanged(log: Log, before: ReadonlyMap<string, Order>, orders: ReadonlyMap<string, Order>): void {
  for (const [key, { names, why }] of orders) {
    const isSame = before.get(key)?.names.join() === names.join();
    if (!isSame || (why === 'expired' && before.get(key)?.why !== why))
      log.info('order', { upstream: key, names, why });
  }
}

function logFormOf([upstream, { names, why, untilMs }]: readonly [string, Order]) {
  const until = untilMs === undefined ? {} : { until: new Date(untilMs).toISOString() };
  return { upstream, first: names[0], why, ...until };
}
