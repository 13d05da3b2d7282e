import type { Route } from '../../config/door-routes.ts';

/** The daemon's last report on the mirrors of one upstream. */
export interface Known {
  /** The first mirror of the advice in force, with the advice's id; `null`: the declared chain is right. */
  readonly advice: { readonly to: string; readonly id: string } | null;
  /** Names of the mirrors that may be advised, best first. */
  readonly ranked: readonly string[];
  /** Mirrors that must never be used: they serve other bytes. */
  readonly wrong: ReadonlySet<string>;
  /** The 95th percentile of each mirror's canary latency, milliseconds; unmeasured mirrors are absent. */
  readonly usualMs: ReadonlyMap<string, number>;
}

/** The order in which the mirrors of an upstream are used. */
export interface Order {
  /** At least one, each of them configured. */
  readonly names: readonly string[];
  /** Why the first is first, for the access log: `advice <id>`, `declared`, `kept`. */
  readonly why: string;
}

/** The order of the declared chain, used while nothing is known. */
export function declaredOrderOf({ declared }: Route): Order {
  return { names: declared, why: 'declared' };
}

/**
 * The mirror of the advice in force first, else that of the declared chain; then the others as the daemon ranks them, then the
 * rest as declared. A mirror that serves wrong bytes is left out while there is another one.
 */
export function orderOf(route: Route, { advice, ranked, wrong }: Known): Order {
  const head = advice === null ? route.declared.slice(0, 1) : [advice.to];
  const all = [...new Set([...head, ...ranked, ...route.declared])].filter((name) => route.mirrors.has(name));
  const right = all.filter((name) => !wrong.has(name));
  return { names: right.length === 0 ? all : right, why: advice === null ? 'declared' : `advice ${advice.id}` };
}

/** A stored order, as far as its mirrors are still configured; one that it lacks may serve wrong bytes. */
export function keptOrderOf(route: Route, names: readonly string[]): Order {
  const known = names.filter((name) => route.mirrors.has(name));
  if (known.length === 0) return declaredOrderOf(route);
  return { names: [...new Set(known)], why: 'kept' };
}

/** The order by the daemon's last report; without one the stored order, else as declared. */
export function currentOrderOf(route: Route, known: Known | undefined, kept: readonly string[] | undefined): Order {
  if (known !== undefined) return orderOf(route, known);
  return kept === undefined ? declaredOrderOf(route) : keptOrderOf(route, kept);
}
