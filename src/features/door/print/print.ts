import { routesOf } from '../../../config/door-routes.ts';
import type { Config, DoorRule } from '../../../core/config.ts';
import type { Log } from '../../../core/ports.ts';
import { systemClock } from '../../../daemon/machine.ts';
import { daemonOf, readDaemon } from '../daemon.ts';
import { currentOrderOf, type KnownOrder, namesForAll, readKept } from '../order.ts';
import { renderCaddy, renderCaddyOrder } from './caddy.ts';
import { renderHaproxy, renderHaproxyOrder } from './haproxy.ts';
import { renderNginx, renderNginxOrder } from './nginx.ts';
import { type Engine, type Join, orderFile, type PrintedDoor, planOf } from './plan.ts';

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

/** The names of mirrors in their order of use, by `ecosystem/upstream`. A mirror that is not listed is not used. */
export type Orders = ReadonlyMap<string, readonly string[]>;

/**
 * Renders the front door as a proxy's configuration.
 * @param dir    absolute path of its files; `null`: for display, with the usual folder and masked credentials
 * @param joins  by mirror: the path prefixes of client requests and of the mirror; other mirrors get the usual prefixes
 * @returns  the contents of the files (`files`: configuration and order; `keys`: certificates and keys), by file name,
 *   and `empty`: the upstreams for which the proxy can use no mirror
 */
export function renderDoor(
  engine: Engine,
  config: Config,
  rule: DoorRule,
  dir: string | null,
  orders: Orders,
  joins?: ReadonlyMap<string, readonly Join[]>,
) {
  const plan = planOf(config, rule, dir ?? usualDir, dir === null, joins);
  const writer = writers[engine];
  return {
    files: new Map([
      [
        writer.file,
        `# Written by mirrorwatch door --print ${engine}. The order of mirrors is in ${orderFile}.\n${refusalNote(rule)}${writer.door(plan)}`,
      ],
      [orderFile, orderOf(engine, plan, orders)],
    ]),
    keys: plan.files,
    leftOut: plan.leftOut,
    empty: plan.routes.flatMap(({ key, mirrors }) => (mirrors.some(({ joins: own }) => own.length > 0) ? [] : [key])),
  };
}

function refusalNote({ refusesWithdrawn }: DoorRule): string {
  return refusesWithdrawn
    ? '# door.withdrawn: refuse has no effect here: this proxy does not refuse withdrawn versions.\n'
    : '';
}

/**
 * Renders only the file `door.order` of a proxy's configuration, for a script that switches mirrors. The script must
 * write it atomically and then reload the proxy.
 * @param orders  unknown mirrors are ignored; an upstream without a known mirror keeps its declared order
 */
export function renderOrder(engine: Engine, config: Config, orders: Orders): string {
  const { door } = config;
  return door === undefined ? '' : orderOf(engine, planOf(config, door, usualDir, true), orders);
}

/**
 * Returns the order of mirrors for each upstream: the daemon's order, else the stored one, else the declared one. In an
 * action of kind `command`, the mirror in `MIRRORWATCH_TO` comes first if the order contains it.
 * @param env  the process environment
 */
export async function readOrders(
  config: Config,
  { orderPath }: DoorRule,
  env: Readonly<Record<string, string | undefined>>,
  log: Log,
): Promise<Orders> {
  const report = await readDaemon(daemonOf(config)).catch((cause: NodeJS.ErrnoException) => {
    log.warn('no daemon: the last order is written', { why: cause.code ?? cause.message });
    return null;
  });
  const orders = await readStoredOrders(config, orderPath, log, report?.known);
  const { MIRRORWATCH_ECOSYSTEM: ecosystem, MIRRORWATCH_UPSTREAM: upstream, MIRRORWATCH_TO: to = '' } = env;
  const isNamed = (key: string, names: readonly string[]): boolean =>
    key === `${ecosystem}/${upstream}` && names.includes(to);
  return new Map([...orders].map(([key, names]) => [key, isNamed(key, names) ? [...new Set([to, ...names])] : names]));
}

/**
 * Returns the orders that the daemon reported. For upstreams without a report, reads the orders that a front door
 * stored in its file.
 */
export async function readStoredOrders(
  config: Config,
  path: string,
  log: Log,
  known?: ReadonlyMap<string, KnownOrder>,
): Promise<Orders> {
  const kept = await readKept(path, log);
  const nowMs = systemClock.wallMs();
  return new Map(
    routesOf(config).map((route) => [
      route.key,
      namesForAll(currentOrderOf(route, known?.get(route.key), kept.get(route.key), nowMs)),
    ]),
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
