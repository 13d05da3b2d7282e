import { type JudgeRule, judgeRules } from '../../../src/core/judge-rules.ts';
import type { Player } from '../world.ts';
import { cusum } from './cusum.ts';
import { fixedThreshold } from './fixed-threshold.ts';
import { lowestMean } from './lowest-mean.ts';
import { never } from './never.ts';
import { oracle, told, toldByRules } from './oracle.ts';
import { plain } from './plain.ts';
import { policy } from './policy/policy.ts';
import { threeFailures } from './three-failures.ts';

/** Simple players. The daemon must be better than each of them. */
export const baselines = [never, threeFailures, plain, fixedThreshold, lowestMean, cusum] as const;

/**
 * The real daemon. With `daemon`, clients follow each remedy at once. With `daemon, accepted`, an operator accepts each
 * proposal first.
 */
export const daemonNames: readonly string[] = ['daemon', 'daemon, accepted'];

/** Names of all players in the order of the report's rows. */
export const playerNames: readonly string[] = [
  ...baselines.map(({ name }) => name),
  policy.name,
  ...daemonNames,
  toldByRules.name,
  told.name,
  oracle.name,
];

/** Players that know the truth. Costs of other players are not compared with theirs in each family. */
export const references: ReadonlySet<string> = new Set([toldByRules.name, told.name, oracle.name]);

/** The players of a run without `--player`. */
export const usualNames: readonly string[] = playerNames.filter(
  (name) => ![told.name, toldByRules.name].includes(name),
);

const known = new Map<string, Player>(
  [...baselines, policy, toldByRules, told, oracle].map((player) => [player.name, player]),
);

/**
 * Finds a player by name. The daemon is imported only if needed, because it loads all of src/.
 * @returns `null` if there is no such player
 */
export async function playerOf(name: string): Promise<Player | null> {
  if (!name.startsWith('daemon')) return known.get(name) ?? null;
  const { daemonPlayer, daemonAcceptedPlayer, daemonWithout } = await import('../daemon/player.ts');
  const players = [daemonPlayer, daemonAcceptedPlayer, ...withoutOf(name).map(daemonWithout)];
  return players.find((player) => player.name === name) ?? null;
}

const withoutPrefix = 'daemon without ';

/** The name of the daemon that leaves out these rules of the judge, with commas between them. */
export function nameWithout(rules: string): string {
  return `${withoutPrefix}${rules}`;
}

function withoutOf(name: string): readonly (readonly JudgeRule[])[] {
  if (!name.startsWith(withoutPrefix)) return [];
  const rules = name.slice(withoutPrefix.length).split(',');
  return [rules.flatMap((name) => judgeRules.find((rule) => rule === name) ?? [])];
}
