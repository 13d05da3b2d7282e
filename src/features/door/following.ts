import type { Route } from '../../config/door-routes.ts';
import { limits } from '../../core/limits.ts';
import type { Clock, Log } from '../../core/ports.ts';
import type { Listener } from './daemon.ts';
import type { DoorMetrics } from './metrics.ts';
import { createKeeper, currentOrderOf, type Kept, type Known, type Order, readKept } from './order.ts';

/** The orders in force. */
export interface Following extends Listener {
  routes(): readonly Route[];
  orders(): ReadonlyMap<string, Order>;
  doubts(): ReadonlySet<string>;
  /** As in `Known`. */
  failing(): ReadonlySet<string>;
  usualMs(name: string): number | null;
  /** Applies the routes of another configuration. */
  configure(routes: readonly Route[]): void;
  /** Waits until the last order is stored. */
  done(): Promise<void>;
}

export interface FollowingPorts {
  readonly clock: Pick<Clock, 'wallMs'>;
  readonly log: Log;
  readonly metrics: Pick<DoorMetrics, 'ordered' | 'followed'>;
}

/**
 * The orders by the daemon's reports. Without a daemon the last ones stay in force, until the advice behind them expires.
 * @param path  of the file that keeps them over a restart
 */
export async function createFollowing(path: string, { clock, log, metrics }: FollowingPorts): Promise<Following> {
  const keeper = createKeeper(path, log);
  let kept: ReadonlyMap<string, Kept> = await readKept(path, log);
  let routes: readonly Route[] = [];
  let orders: ReadonlyMap<string, Order> = new Map();
  let last: ReadonlyMap<string, Known> = new Map();
  let doubts: ReadonlySet<string> = new Set();
  let failing: ReadonlySet<string> = new Set();
  let isFollowed = false;
  let lostSinceMs: number | null = null;
  let loggedMs = 0;

  function reorder(): void {
    const before = orders;
    const nowMs = clock.wallMs();
    const known = isFollowed ? last : new Map<string, Known>();
    orders = new Map(
      routes.map((route) => [route.key, currentOrderOf(route, known.get(route.key), kept.get(route.key), nowMs)]),
    );
    metrics.ordered(routes, orders);
    for (const [key, { names, why }] of orders) {
      const isSame = before.get(key)?.names.join() === names.join();
      if (!isSame || (why === 'expired' && before.get(key)?.why !== why))
        log.info('order', { upstream: key, names, why });
    }
    if (!isFollowed) return;
    kept = orders;
    keeper.keep(orders);
  }

  return {
    routes: () => routes,
    orders: () => orders,
    doubts: () => doubts,
    failing: () => failing,
    usualMs(name) {
      for (const { usualMs } of last.values()) {
        const ms = usualMs.get(name);
        if (ms !== undefined) return ms;
      }
      return null;
    },
    configure(becomes) {
      routes = becomes;
      reorder();
    },
    known(all) {
      if (lostSinceMs !== null) log.info('the daemon is back');
      lostSinceMs = null;
      isFollowed = true;
      last = all;
      failing = new Set([...all.values()].flatMap((one) => [...one.failing]));
      metrics.followed(true);
      reorder();
    },
    doubted(names) {
      doubts = new Set(names);
    },
    lost(why) {
      const nowMs = clock.wallMs();
      isFollowed = false;
      metrics.followed(false);
      reorder();
      if (lostSinceMs !== null && nowMs - loggedMs < limits.doorLostMs) return;
      lostSinceMs ??= nowMs;
      loggedMs = nowMs;
      const lines = [...orders].map(([upstream, { names, why: from, untilMs }]) => ({
        upstream,
        first: names[0],
        why: from,
        ...(untilMs !== undefined && { until: new Date(untilMs).toISOString() }),
      }));
      log.warn('no daemon: the last order stays in force', {
        why,
        since: new Date(lostSinceMs).toISOString(),
        orders: lines,
      });
    },
    done: () => keeper.done(),
  };
}
