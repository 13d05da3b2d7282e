import { countSince } from './costs.ts';
import { compareRates, rateBound } from './failures.ts';
import { type HeadRecord, windowMs } from './record.ts';

/** A candidate fails rarely if at most this share of its light requests fails. */
const chanceShare = 0.03;

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
