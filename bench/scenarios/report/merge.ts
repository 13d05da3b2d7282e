import type { Score } from './score.ts';

/** The scores of a run with those of others: of the same world and player the last one counts, in the place of the first. */
export function merge(own: readonly Score[], others: readonly Score[]): readonly Score[] {
  const scores = [...own, ...others];
  return [...new Map(scores.map((one) => [`${one.family} ${one.seed} ${one.player}`, one])).values()];
}
