import type { Task } from '../play.ts';
import type { Score } from './score.ts';

/**
 * The scores of a run and of other runs. Of several scores of the same world and player, the last one is used, at the
 * position of the first one.
 */
export function merge(own: readonly Score[], others: readonly Score[]): readonly Score[] {
  const scores = [...own, ...others];
  return [...new Map(scores.map((one) => [nameOf(one), one])).values()];
}

/** The tasks (worlds) in which the score of at least one player is missing. */
export function unplayed(tasks: readonly Task[], scores: readonly Score[]): readonly Task[] {
  const known = new Set(scores.map(nameOf));
  return tasks.filter(({ family, seed, players }) =>
    players.some((player) => !known.has(nameOf({ family, seed, player }))),
  );
}

function nameOf({ family, seed, player }: Pick<Score, 'family' | 'seed' | 'player'>): string {
  return `${family} ${seed} ${player}`;
}
