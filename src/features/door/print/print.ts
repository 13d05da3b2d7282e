import { routesOf } from '../../../config/door-routes.ts';
import type { Config, DoorRule } from '../../../core/config.ts';
import type { Log } from '../../../core/ports.ts';
import { registry } from '../../../ecosystems/registry.ts';
import { daemonOf, readDaemon } from '../daemon.ts';
import { currentOrderOf, readKept } from '../order.ts';
import { renderCaddy, renderCaddyOrder } from './caddy.ts';
import { renderHaproxy, renderHaproxyOrder } from './haproxy.ts';
import { renderNginx, renderNginxOrder } from './nginx.ts';
import { type Engine, orderFile, type PrintedDoor, planOf } from './plan.ts';

export { type Engine, engines, orderFile } from './plan.ts';

const writers: Readonly<
  Record<
    Engine,
    {
      readonly file: string;
      door(door: PrintedDoor): string;
      order(...of: Parameters<typeof renderNginxOrder>): string;
    }
  >
> = {
  nginx: { file: 'door.conf', door: renderNginx, order: renderNginxOrder },
  caddy: { file: 'Caddyfile', door: renderCaddy, order: renderCaddyOrder },
  haproxy: { file: 'haproxy.cfg', door: renderHaproxy, order: renderHaproxyOrder },
};

const usualDir = '/etc/mirrorwatch-door';

/** Names of mirrors by `ecosystem/upstream`, in order of use. A missing mirror is not used. */
export type Orders = ReadonlyMap<string, readonly string[]>;

export interface Printing {
  /** Configuration and order by file name. */
  readonly files: ReadonlyMap<string, string>;
  /** Certificates and keys by file name. */
  readonly keys: ReadonlyMap<string, string>;
  readonly leftOut: PrintedDoor['leftOut'];
}

/**
 * The front door as a proxy's configuration.
 * @param dir  absolute path of its files; `null`: for display, with the usual folder and masked credentials
 */
export function renderDoor(
  engine: Engine,
  config: Config,
  rule: DoorRule,
  dir: string | null,
  orders: Orders,
): Printing {
  const plan = planOf(config, rule, dir ?? usualDir, dir === null);
  const writer = writers[engine];
  return {
    files: new Map([
      [
        writer.file,
        `# Written by mirrorwatch door --print ${engine}. The order of mirrors is in ${orderFile}.\n${writer.door(plan)}`,
      ],
      [orderFile, orderOf(engine, plan, orders)],
    ]),
    keys: plan.files,
    leftOut: plan.leftOut,
  };
}

/**
 * The file `door.order` of a printed door, for a script that switches mirrors. Write it atomically, then reload the
 * proxy.
 * @param orders  unknown mirrors are ignored, and a missing upstream keeps its declared order
 */
export function renderOrder(engine: Engine, config: Config, orders: Orders): string {
  const { door } = config;
  return door === undefined ? '' : orderOf(engine, planOf(config, door, usualDir, true), orders);
}

/**
 * The orders from the daemon's lists, else the stored or declared ones. In an action of kind `command`, the mirror in
 * `MIRRORWATCH_TO` comes first if the order contains it.
 * @param env  the process environment
 */
export async function readOrders(
  config: Config,
  { orderPath }: DoorRule,
  env: Readonly<Record<string, string | undefined>>,
  log: Log,
): Promise<Orders> {
  const kept = await readKept(orderPath, log);
  const report = await readDaemon(daemonOf(config)).catch((cause: NodeJS.ErrnoException) => {
    log.warn('no daemon: the last order is written', { why: cause.code ?? cause.message });
    return null;
  });
  const { MIRRORWATCH_ECOSYSTEM: ecosystem, MIRRORWATCH_UPSTREAM: upstream, MIRRORWATCH_TO: to = '' } = env;
  return new Map(
    routesOf(config, registry).map((route) => {
      const { names } = currentOrderOf(route, report?.known.get(route.key), kept.get(route.key));
      const isNamed = route.key === `${ecosystem}/${upstream}` && names.includes(to);
      return [route.key, isNamed ? [...new Set([to, ...names])] : names];
    }),
  );
}

function orderOf(engine: Engine, { routes }: PrintedDoor, orders: Orders): string {
  return (
    '# Written by mirrorwatch: the order of mirrors.\n' +
    writers[engine].order(routes, ({ key, mirrors }) => {
      const ordered = (orders.get(key) ?? []).flatMap((name) => mirrors.filter((mirror) => mirror.name === name));
      return ordered.length === 0 ? mirrors : [...new Set(ordered)];
    })
  );
}
