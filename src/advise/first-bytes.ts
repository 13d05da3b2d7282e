/** Good first bytes remembered, and how many are needed before one can be slow. */
const timesKept = 30;
const timesMin = 8;
/** Slow: so many times the median, and beyond whatever was seen. */
const slowFactor = 3;
const beyond = 1.1;

/**
 * Orders of one artifact without an answer, after which its turn counts as taken: it can't be asked. Orders that find no
 * token or slot are repeated, so that none is passed over for that.
 */
const ordersMax = 50;

/** Whose turn it is among a mirror's artifacts: kept for each mirror, also while another is the head. */
export interface Rota {
  /** How many turns were taken. */
  turns: number;
  /** The number of its last turn, by question. */
  readonly taken: Map<string, number>;
  /** Orders without an answer of what is next. */
  orders: number;
  /** Whose turn was last, over restarts; `null`: none. */
  last: string | null;
}

/** A rota that goes on after `last`. */
export function newRota(last: string | null): Rota {
  return { turns: 0, taken: new Map(), orders: 0, last };
}

/**
 * The artifact whose turn was longest ago: those that had none first, in the given order from the one after `last` on.
 * It is the same again until it was answered.
 * @param all  questions in the order of the configuration, each once
 * @returns `null` where there are none
 */
export function nextInRota(rota: Rota, all: readonly string[]): string | null {
  const from = rota.last === null ? 0 : all.indexOf(rota.last) + 1;
  const place = (at: number): number => (at - from + all.length) % all.length;
  let next: { readonly turn: number; readonly place: number; readonly question: string } | null = null;
  for (const [at, question] of all.entries()) {
    const one = { turn: rota.taken.get(question) ?? 0, place: place(at), question };
    if (next === null || one.turn < next.turn || (one.turn === next.turn && one.place < next.place)) next = one;
  }
  if (next === null) return null;
  rota.orders += 1;
  if (rota.orders >= ordersMax) recordTurn(rota, next.question);
  return next.question;
}

/** An artifact was answered: it is last in line. */
export function recordTurn(rota: Rota, question: string): void {
  rota.turns += 1;
  rota.taken.set(question, rota.turns);
  rota.orders = 0;
  rota.last = question;
}

/** The first bytes of the head's artifacts. Times are monotonic milliseconds. */
export interface Peeks {
  /** Whose they are; `null`: nobody's yet. */
  head: string | null;
  lastMs: number;
  /** How long the good ones took, milliseconds, oldest first. */
  readonly took: number[];
  /** An artifact whose first bytes were odd; `null`: none, or looked at already. */
  odd: { readonly question: string; readonly hasFailed: boolean } | null;
}

/** Nothing asked of this head yet. */
export function newPeeks(head: string | null): Peeks {
  return { head, lastMs: Number.NEGATIVE_INFINITY, took: [], odd: null };
}

/**
 * Takes in first bytes: failed, or far slower than any before, they are a reason to download the whole.
 * @param tookMs  milliseconds; `null`: failed
 */
export function recordPeek(peeks: Peeks, question: string, tookMs: number | null): void {
  const hasFailed = tookMs === null;
  if (hasFailed || tookMs > (slowPeekMsOf(peeks) ?? Number.POSITIVE_INFINITY)) peeks.odd = { question, hasFailed };
  if (tookMs !== null) recordPeekTime(peeks, tookMs);
}

/** Remembers how long good first bytes took. Milliseconds. */
export function recordPeekTime({ took }: Peeks, tookMs: number): void {
  took.push(tookMs);
  if (took.length > timesKept) took.shift();
}

/** Slower than usual beyond this; `null`: too few are known. Milliseconds. */
export function slowPeekMsOf({ took }: Pick<Peeks, 'took'>): number | null {
  if (took.length < timesMin) return null;
  const median = took.toSorted((a, b) => a - b)[took.length >> 1] ?? Number.POSITIVE_INFINITY;
  return Math.max(slowFactor * median, beyond * Math.max(...took));
}
