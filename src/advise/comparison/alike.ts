import { countSince } from './costs.ts';
import { compareRates, rateBound } from './failures.ts';
import { type HeadRecord, windowMs } from './record.ts';

/** The period over which failures of all mirrors are compared, milliseconds. */
const commonMs = 120_000;
/** Of two equal mirrors, one seems this much better (`compareRates`) with a probability of 0.1 %. */
const clearlyBetter = 5;
/** A candidate fails rarely if at most this share of its light requests fails. */
const chanceShare = 0.03;

/**
 * True if most other mirrors, and at least two, fail intermittently like the head. The head does not clearly fail more
 * often than all of them, nor than the candidate. Then the trouble is shared, for example because our own network loses
 * packets.
 * @see docs/decisions/0172-mirrors-slow-together.md
 */
export function isLikeOthers(
  records: ReadonlyMap<string, HeadRecord>,
  head: string,
  candidate: string,
  nowMs: number,
): boolean {
  const countOf = (name: string) => countSince(records.get(name)?.light ?? [], nowMs - commonMs);
  const own = countOf(head);
  if (own.recoveries === 0 || compareRates(own, countOf(candidate)) >= clearlyBetter) return false;
  const others = [...records.keys()]
    .filter((name) => name !== head)
    .map(countOf)
    .filter(({ bad, recoveries }) => bad === 0 || recoveries > 0);
  const failing = others.filter(({ bad }) => bad > 0).length;
  if (failing < 2 || 3 * failing < 2 * others.length) return false;
  const pooled = others.reduce((sum, { bad, all }) => ({ bad: sum.bad + bad, all: sum.all + all }), { bad: 0, all: 0 });
  return own.bad * pooled.all <= pooled.bad * own.all || compareRates(own, pooled) < rateBound.all;
}

/**
 * True if the candidate fails rarely, and about as often as the head.
 * @param soundMs  responses before this time do not count; monotonic milliseconds
 */
export function isFailingAlike(
  head: HeadRecord,
  candidate: HeadRecord,
  nowMs: number,
  soundMs: number = Number.NEGATIVE_INFINITY,
): boolean {
  const fromMs = Math.max(nowMs - windowMs, soundMs);
  const [here, there] = [countSince(head.light, fromMs), countSince(candidate.light, fromMs)];
  return (
    there.bad <= chanceShare * there.all &&
    compareRates(here, there) < rateBound.all &&
    compareRates(countSince(head.heavy, soundMs), countSince(candidate.heavy, soundMs)) < rateBound.heavy
  );
}
