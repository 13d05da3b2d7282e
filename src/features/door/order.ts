import type { DoorRoute } from '../../config/door-routes.ts';
import type { Log } from '../../core/ports.ts';
import { readMapping } from '../../core/read-json.ts';
import { replaceFile, systemFiles } from '../../daemon/machine.ts';
import { decodedOf } from './path.ts';

/** The daemon's last report about the mirrors of one upstream. */
export interface KnownOrder {
  /** The first mirror of the advice in force, the advice's id, and its expiry (wall clock); `null`: no advice. */
  readonly advice: { readonly to: string; readonly id: string; readonly expiresAtMs: number | null } | null;
  /** Names of the mirror in use and of those that may be advised, best first. */
  readonly ranked: readonly string[];
  /** Mirrors that serve wrong bytes: they are used only if there is no other one. */
  readonly wrong: ReadonlySet<string>;
  /** The modules of which a mirror serves wrong bytes, by mirror. It is not used for these; absent: there are none. */
  readonly wrongOf?: WrongOf;
  /**
   * Mirrors whose state is unknown: paused mirrors, and mirrors that the daemon cannot judge after a start or while its
   * network is suspect.
   */
  readonly unknown: ReadonlySet<string>;
  /** Mirrors in outage: they are used last. */
  readonly down: ReadonlySet<string>;
  /**
   * Mirrors that are in outage, have a bad certificate or refuse requests. Clients assigned to them get another mirror.
   */
  readonly failing: ReadonlySet<string>;
  /**
   * The 95th percentile of the latency of each mirror's canary probes, milliseconds. Mirrors without measurements are
   * absent.
   */
  readonly usualMs: ReadonlyMap<string, number>;
  /** What mirrors, as origins, have withdrawn. Absent: the daemon is of an earlier release. */
  readonly withdrew?: ReadonlyMap<string, Withdrawals>;
}

/** Withdrawn versions by module. */
export type Withdrawals = ReadonlyMap<string, ReadonlySet<string>>;

/** Module names by mirror. */
export type WrongOf = ReadonlyMap<string, readonly string[]>;

export interface Order {
  /** The names of configured mirrors, at least one, in the order of use. */
  readonly names: readonly string[];
  /**
   * The reason for this order, for the access log: `advice <id>`, `declared` (as configured), `kept` (as stored), or
   * `expired` (the advice behind the stored order has expired).
   */
  readonly why: string;
  /** When the advice behind this order expires, wall milliseconds; absent: never. */
  readonly untilMs?: number;
  /** As in `KnownOrder`. */
  readonly wrongOf?: WrongOf;
  /** As in `KnownOrder`. */
  readonly withdrew?: ReadonlyMap<string, Withdrawals>;
}

/** The last order that a report of the daemon confirmed. */
export type KeptOrder = Pick<Order, 'names' | 'untilMs' | 'wrongOf' | 'withdrew'>;

export function declaredOrderOf({ declared }: DoorRoute): Order {
  return { names: declared, why: 'declared' };
}

/**
 * Returns the order in which mirrors are used. First comes the mirror of the advice in force, else the first mirror of
 * `route.declared`. If there is no advice and the state of that mirror is unknown, the first mirror of the stored order
 * comes first: after a loss of its state, a daemon does not know why clients left a mirror. Then come the daemon's
 * ranked mirrors and the rest of `route.declared`. Mirrors in outage are moved to the end. Mirrors with wrong bytes are
 * omitted if any other mirror is left.
 */
export function orderOf(route: DoorRoute, known: KnownOrder, kept?: Order): Order {
  const { advice, ranked, wrong, wrongOf, withdrew, down, unknown } = known;
  const [first = ''] = route.declared;
  const isKept = advice === null && kept !== undefined && unknown.has(first);
  const head = advice === null ? [isKept ? (kept.names[0] ?? first) : first] : [advice.to];
  const all = [...new Set([...head, ...ranked, ...route.declared])].filter((name) => route.mirrors.has(name));
  const right = all.filter((name) => !wrong.has(name));
  const used = right.length === 0 ? all : right;
  const names = [...used.filter((name) => !down.has(name)), ...used.filter((name) => down.has(name))];
  const of = {
    ...(wrongOf !== undefined && wrongOf.size > 0 && { wrongOf }),
    ...(withdrew !== undefined && withdrew.size > 0 && { withdrew }),
  };
  if (isKept) return { ...kept, names, ...of };
  if (advice === null) return { names, why: 'declared', ...of };
  const { id, expiresAtMs } = advice;
  return { names, why: `advice ${id}`, ...(expiresAtMs !== null && { untilMs: expiresAtMs }), ...of };
}

/**
 * Returns a stored order without mirrors that are no longer configured; the declared order if none is left. If the
 * advice behind the order has expired, its mirrors are in their declared order. Mirrors that the stored order omits
 * stay omitted, because they may serve wrong bytes.
 */
export function keptOrderOf(route: DoorRoute, { names, untilMs, wrongOf, withdrew }: KeptOrder, nowMs: number): Order {
  const of = { ...(wrongOf !== undefined && { wrongOf }), ...(withdrew !== undefined && { withdrew }) };
  const known = [...new Set(names)].filter((name) => route.mirrors.has(name));
  if (known.length === 0) return declaredOrderOf(route);
  if (untilMs === undefined) return { names: known, why: 'kept', ...of };
  if (nowMs < untilMs) return { names: known, why: 'kept', untilMs, ...of };
  return { names: route.declared.filter((name) => known.includes(name)), why: 'expired', ...of };
}

/**
 * The mirrors of an order for one module: without those that serve wrong bytes of it, if any other mirror is left. A path
 * as module is compared without its percent escapes, because apt escapes more characters (`libstdc%2b%2b6`) than needed.
 */
export function namesFor(order: Order, module: string | null): readonly string[] {
  if (module === null) return order.names;
  const plain = plainOf(module);
  return without(order, (modules) => modules.some((one) => plainOf(one) === plain));
}

function plainOf(path: string): string {
  return decodedOf(path) ?? path;
}

/** The mirrors of an order for a proxy that does not tell modules apart: without those that serve any wrong bytes. */
export function namesForAll(order: Order): readonly string[] {
  return without(order, (modules) => modules.length > 0);
}

function without({ names, wrongOf }: Order, isWrong: (modules: readonly string[]) => boolean): readonly string[] {
  const right = names.filter((name) => !isWrong(wrongOf?.get(name) ?? []));
  return right.length === 0 ? names : right;
}

/**
 * Returns the order that results from the daemon's last report. Without a report, returns the stored order, else the
 * declared order.
 * @param nowMs  wall time
 */
export function currentOrderOf(
  route: DoorRoute,
  known: KnownOrder | undefined,
  kept: KeptOrder | undefined,
  nowMs: number,
): Order {
  const last = kept === undefined ? undefined : keptOrderOf(route, kept, nowMs);
  return known === undefined ? (last ?? declaredOrderOf(route)) : orderOf(route, known, last);
}

/**
 * Reads the stored orders by upstream. If the file is missing, unreadable or damaged, the result is empty, so the door
 * can still start.
 */
export async function readKept(path: string, log: Log): Promise<ReadonlyMap<string, KeptOrder>> {
  const file = await systemFiles.read(path);
  if (file.tag === 'error') {
    if (file.code !== 'ENOENT')
      log.warn('the kept order cannot be read; the declared chain is used', { code: file.code });
    return new Map();
  }
  const kept = ordersIn(file.text);
  if (kept === null) log.warn('the kept order is damaged; the declared chain is used', { path });
  return kept ?? new Map();
}

function ordersIn(text: string): ReadonlyMap<string, KeptOrder> | null {
  const { orders, until, wrong, withdrew } = readMapping(text) ?? {};
  if (typeof orders !== 'object' || orders === null) return null;
  const isNames = (value: unknown): value is readonly string[] =>
    Array.isArray(value) && value.every((name) => typeof name === 'string');
  const untilOf = (key: string): Pick<KeptOrder, 'untilMs'> => {
    const ms = Date.parse(String(Object(until)[key]));
    return Number.isNaN(ms) ? {} : { untilMs: ms };
  };
  const wrongOf = (key: string): Pick<KeptOrder, 'wrongOf'> => {
    const own = Object.entries<unknown>(Object(Object(wrong)[key])).filter((one): one is [string, string[]] =>
      isNames(one[1]),
    );
    return own.length === 0 ? {} : { wrongOf: new Map(own) };
  };
  const withdrewOf = (key: string): Pick<KeptOrder, 'withdrew'> => {
    const own = Object.entries<unknown>(Object(Object(withdrew)[key])).map(
      ([mirror, modules]) =>
        [
          mirror,
          new Map(
            Object.entries<unknown>(Object(modules)).flatMap(([module, versions]) =>
              isNames(versions) ? [[module, new Set(versions)]] : [],
            ),
          ),
        ] as const,
    );
    return own.length === 0 ? {} : { withdrew: new Map(own) };
  };
  return new Map(
    Object.entries(orders).flatMap(([key, names]) =>
      isNames(names) ? [[key, { names, ...untilOf(key), ...wrongOf(key), ...withdrewOf(key) }]] : [],
    ),
  );
}

/**
 * Returns `keep`, which writes changed orders to their file, one write at a time, and `done`, which waits for the
 * writes.
 */
export function createKeeper(
  path: string,
  log: Log,
): { keep(orders: ReadonlyMap<string, KeptOrder>): void; done(): Promise<void> } {
  let written = '';
  let writing: Promise<void> = Promise.resolve();
  return {
    keep(orders) {
      const sorted = [...orders].toSorted(([a], [b]) => (a < b ? -1 : 1));
      const ends = sorted.flatMap(([key, { untilMs }]) =>
        untilMs === undefined ? [] : [[key, new Date(untilMs).toISOString()]],
      );
      const wrong = sorted.flatMap(([key, { wrongOf }]) =>
        wrongOf === undefined ? [] : [[key, Object.fromEntries(wrongOf)]],
      );
      const withdrawn = sorted.flatMap(([key, { withdrew = new Map() }]) => {
        const own = [...withdrew].flatMap(([mirror, modules]) => (modules.size > 0 ? [[mirror, listed(modules)]] : []));
        return own.length > 0 ? [[key, Object.fromEntries(own)]] : [];
      });
      const all = {
        orders: Object.fromEntries(sorted.map(([key, { names }]) => [key, names])),
        ...(ends.length > 0 && { until: Object.fromEntries(ends) }),
        ...(wrong.length > 0 && { wrong: Object.fromEntries(wrong) }),
        ...(withdrawn.length > 0 && { withdrew: Object.fromEntries(withdrawn) }),
      };
      const text = `${JSON.stringify(all, null, 2)}\n`;
      if (text === written) return;
      written = text;
      writing = writing.then(async () => {
        if (text !== written) return;
        // Names of modules with wrong bytes may be private.
        const code = await replaceFile(path, text, 0o600);
        if (code === null) return;
        // After a failed write, the next call writes again, even if the order is unchanged.
        log.warn('the order cannot be kept', { code });
        if (written === text) written = '';
      });
    },
    done: () => writing,
  };
}

function listed(modules: Withdrawals): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries([...modules].map(([module, versions]) => [module, [...versions]]));
}
