import type { Route } from '../../config/door-routes.ts';
import type { Log } from '../../core/ports.ts';
import { readMapping } from '../../core/read-json.ts';
import { replaceFile, systemFiles } from '../../daemon/machine.ts';

/** The daemon's last report on the mirrors of one upstream. */
export interface Known {
  /** The first mirror of the advice in force, with the advice's id; `null`: none. */
  readonly advice: { readonly to: string; readonly id: string } | null;
  /** Names of the mirrors that may be advised, best first. */
  readonly ranked: readonly string[];
  /** Mirrors that serve wrong bytes: they are used only if there is no other one. */
  readonly wrong: ReadonlySet<string>;
  /** The 95th percentile of each mirror's canary latency, milliseconds; unmeasured mirrors are absent. */
  readonly usualMs: ReadonlyMap<string, number>;
}

export interface Order {
  /** At least one; each is configured. */
  readonly names: readonly string[];
  /** For the access log: `advice <id>`, `declared`, `kept`. */
  readonly why: string;
}

export function declaredOrderOf({ declared }: Route): Order {
  return { names: declared, why: 'declared' };
}

/**
 * First the mirror of the advice in force, else the first of `route.declared`. Then the mirrors that the daemon ranks,
 * in its order, then the rest of `route.declared`. A mirror that serves wrong bytes is left out while there is another
 * one.
 */
export function orderOf(route: Route, { advice, ranked, wrong }: Known): Order {
  const head = advice === null ? route.declared.slice(0, 1) : [advice.to];
  const all = [...new Set([...head, ...ranked, ...route.declared])].filter((name) => route.mirrors.has(name));
  const right = all.filter((name) => !wrong.has(name));
  return { names: right.length === 0 ? all : right, why: advice === null ? 'declared' : `advice ${advice.id}` };
}

/** A stored order without mirrors that are no longer configured; the declared one if none is left. */
export function keptOrderOf(route: Route, names: readonly string[]): Order {
  const known = names.filter((name) => route.mirrors.has(name));
  if (known.length === 0) return declaredOrderOf(route);
  return { names: [...new Set(known)], why: 'kept' };
}

/** The order by the daemon's last report, else the stored order, else the declared order. */
export function currentOrderOf(route: Route, known: Known | undefined, kept: readonly string[] | undefined): Order {
  if (known !== undefined) return orderOf(route, known);
  return kept === undefined ? declaredOrderOf(route) : keptOrderOf(route, kept);
}

/** The stored orders by upstream; empty if the file is missing, unreadable or damaged: the door still starts. */
export async function readKept(path: string, log: Log): Promise<ReadonlyMap<string, readonly string[]>> {
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

function ordersIn(text: string): ReadonlyMap<string, readonly string[]> | null {
  const orders = readMapping(text)?.['orders'];
  if (typeof orders !== 'object' || orders === null) return null;
  const isNames = (value: unknown): value is readonly string[] =>
    Array.isArray(value) && value.every((name) => typeof name === 'string');
  return new Map(Object.entries(orders).flatMap(([key, names]) => (isNames(names) ? [[key, names] as const] : [])));
}

/** Writes changed orders to their file, one write at a time. */
export function createKeeper(
  path: string,
  log: Log,
): { keep(orders: ReadonlyMap<string, Order>): void; done(): Promise<void> } {
  let written = '';
  let writing: Promise<void> = Promise.resolve();
  return {
    keep(orders) {
      const byKey = [...orders].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([key, { names }]) => [key, names]);
      const text = `${JSON.stringify({ orders: Object.fromEntries(byKey) }, null, 2)}\n`;
      if (text === written) return;
      written = text;
      writing = writing.then(async () => {
        if (text !== written) return;
        const code = await replaceFile(path, text);
        if (code === null) return;
        // The next call writes again, even if the order is unchanged.
        log.warn('the order cannot be kept', { code });
        if (written === text) written = '';
      });
    },
    done: () => writing,
  };
}
