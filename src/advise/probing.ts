import { questionOf, type Target, targetId } from '../core/mirror.ts';
import { artifactOf, type Ecosystem } from '../ecosystems/ecosystem.ts';

/** Good first-byte times kept, and how many are needed before first bytes can be slow. */
const timesKept = 30;
const timesMin = 8;
/** First bytes are slow above `slowFactor` times the median and `beyond` times the longest of these times. */
const slowFactor = 3;
const beyond = 1.1;

/** After this many orders without a result an artifact's turn is over; orders also fail for want of a token or a slot. */
const ordersMax = 50;

/** The order in which a mirror's artifacts are peeked at. */
export interface Rota {
  turns: number;
  /** The number of each artifact's last turn, by question. */
  readonly taken: Map<string, number>;
  /** Orders for the next artifact without a result. */
  orders: number;
  /** The artifact of the last turn, kept across restarts; `null`: none. */
  last: string | null;
}

/** A rota that continues after `last`. */
export function newRota(last: string | null): Rota {
  return { turns: 0, taken: new Map(), orders: 0, last };
}

/**
 * The artifact whose last turn is longest ago; first those without a turn, in the given order from the one after `last` on.
 * It stays the same until its turn is over.
 * @param all  questions, each once
 * @returns    `null` where there are none
 */
export function nextInRota(rota: Rota, all: readonly string[]): string | null {
  const from = rota.last === null ? 0 : all.indexOf(rota.last) + 1;
  const inTurn = [...all.slice(from), ...all.slice(0, from)];
  const turnOf = (question: string): number => rota.taken.get(question) ?? 0;
  const next = inTurn.toSorted((a, b) => turnOf(a) - turnOf(b))[0];
  if (next === undefined) return null;
  rota.orders += 1;
  if (rota.orders >= ordersMax) recordTurn(rota, next);
  return next;
}

export function recordTurn(rota: Rota, question: string): void {
  rota.turns += 1;
  rota.taken.set(question, rota.turns);
  rota.orders = 0;
  rota.last = question;
}

/** First-byte probes of the head's artifacts. Times are monotonic milliseconds. */
export interface Peeks {
  /** The head they belong to; `null`: none yet. */
  head: string | null;
  lastMs: number;
  /** Times of the good ones, oldest first. */
  readonly took: number[];
  /** An artifact to recheck; `null`: none. */
  odd: { readonly question: string; readonly hasFailed: boolean } | null;
}

export function newPeeks(head: string | null): Peeks {
  return { head, lastMs: Number.NEGATIVE_INFINITY, took: [], odd: null };
}

/**
 * Records first bytes; failed or slow ones are odd.
 * @param tookMs  milliseconds; `null`: failed
 */
export function recordPeek(peeks: Peeks, question: string, tookMs: number | null): void {
  const hasFailed = tookMs === null;
  if (hasFailed || tookMs > (slowPeekMsOf(peeks) ?? Number.POSITIVE_INFINITY)) peeks.odd = { question, hasFailed };
  if (tookMs !== null) recordPeekTime(peeks, tookMs);
}

export function recordPeekTime({ took }: Peeks, tookMs: number): void {
  took.push(tookMs);
  if (took.length > timesKept) took.shift();
}

/** First bytes that take longer are slow, milliseconds; `null`: too few are known. */
export function slowPeekMsOf({ took }: Pick<Peeks, 'took'>): number | null {
  if (took.length < timesMin) return null;
  const median = took.toSorted((a, b) => a - b)[took.length >> 1] ?? Number.POSITIVE_INFINITY;
  return Math.max(slowFactor * median, beyond * Math.max(...took));
}

/** What is probed at the mirrors of one upstream. */
export interface Probing {
  /** Probed targets of fetches, by question and mirror. */
  readonly targets: Map<string, Map<string, Target>>;
  /** The size of each artifact, by question. Bytes. */
  readonly sizes: Map<string, number>;
  /** `<mirror> <question>` of each artifact whose first bytes a mirror has served, and so has in a cache. */
  readonly served: Set<string>;
  /** By mirror and step that no fetch needs: ids of the light targets that fail. */
  readonly failing: Map<string, Set<string>>;
  peeks: Peeks;
  /** By mirror. */
  readonly rotas: Map<string, Rota>;
  /** True if a turn was taken since the group's row was written. */
  isTurnTaken: boolean;
}

export function newProbing(): Probing {
  return {
    targets: new Map(),
    sizes: new Map(),
    served: new Set(),
    failing: new Map(),
    peeks: newPeeks(null),
    rotas: new Map(),
    isTurnTaken: false,
  };
}

export function rotaOf({ rotas }: Probing, registry: string): Rota {
  const rota = rotas.get(registry) ?? newRota(null);
  rotas.set(registry, rota);
  return rota;
}

/** The artifact of each module that was probed at a mirror, also if only by another step. */
export function artifactsOf({ targets }: Probing, kind: Ecosystem, registry: string): readonly Target[] {
  const artifact = artifactOf(kind);
  if (artifact === null) return [];
  const found = new Map<string, Target>();
  for (const asked of targets.values()) {
    const target = asked.get(registry);
    if (target === undefined || target.module === null) continue;
    const id = targetId(target.registry, target.module, target.version, artifact.step);
    if (!found.has(id)) found.set(id, { ...target, id, ...artifact, canary: false });
  }
  return [...found.values()];
}

/** The question of a mirror's canary; `null`: not probed yet. */
export function canaryOf({ targets }: Probing, registry: string): string | null {
  for (const [question, asked] of targets) if (asked.get(registry)?.canary === true) return question;
  return null;
}

/** The target of a question at a mirror, also of an artifact that was not probed yet. */
export function targetOf(probing: Probing, kind: Ecosystem, registry: string, question: string): Target | undefined {
  const known = probing.targets.get(question)?.get(registry);
  return known ?? artifactsOf(probing, kind, registry).find((target) => questionOf(target) === question);
}

/** Forgets mirrors and questions that are no longer configured. */
export function pruneProbing(
  probing: Probing,
  kind: Ecosystem,
  names: ReadonlySet<string>,
  isAsked: (question: string) => boolean,
): void {
  const { targets, sizes, served, failing, rotas } = probing;
  served.clear();
  failing.clear();
  if (probing.peeks.head !== null && !names.has(probing.peeks.head)) probing.peeks = newPeeks(null);
  for (const [question, asked] of targets) {
    for (const name of asked.keys()) if (!names.has(name)) asked.delete(name);
    if (asked.size > 0 && isAsked(question)) continue;
    targets.delete(question);
    sizes.delete(question);
  }
  for (const [name, { taken }] of rotas) {
    if (!names.has(name)) rotas.delete(name);
    const asked = new Set(artifactsOf(probing, kind, name).map(questionOf));
    for (const question of taken.keys()) if (!asked.has(question)) taken.delete(question);
  }
}
