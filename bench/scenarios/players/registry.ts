import type { Player } from '../world.ts';
import { cusum } from './cusum.ts';
import { fixedThreshold } from './fixed-threshold.ts';
import { lowestMean } from './lowest-mean.ts';
import { never } from './never.ts';
import { oracle, told } from './oracle.ts';
import { plain } from './plain.ts';
import { policy } from './policy/policy.ts';
import { threeFailures } from './three-failures.ts';

/** Players that need no judgement: what the daemon must beat. */
export const baselines = [never, threeFailures, plain, fixedThreshold, lowestMean, cusum] as const;

/** The real judge: clients follow each remedy, or somebody accepts what is proposed. */
export const daemonNames: readonly string[] = ['daemon', 'daemon, accepted'];

/** Names of all players in the order of the report's rows. */
export const playerNames: readonly string[] = [
  ...baselines.map(({ name }) => name),
  policy.name,
  ...daemonNames,
  told.name,
  oracle.name,
];

/** Those that know the truth: no judge can be compared with them family by family. */
export const references: ReadonlySet<string> = new Set([told.name, oracle.name]);

/** Those that play where none is named. */
export const usualNames: readonly string[] = playerNames.filter((name) => name !== told.name);

const known = new Map<string, Player>([...baselines, policy, told, oracle].map((player) => [player.name, player]));

/**
 * A player by name. The daemon is loaded only when asked for: it brings all of src/ along.
 * @returns `null` where none is called so
 */
export async function playerOf(name: string): Promise<Player | null> {
  if (!daemonNames.includes(name)) return known.get(name) ?? null;
  const { daemonPlayer, daemonAcceptedPlayer } = await import('../daemon/player.ts');
  return name === daemonPlayer.name ? daemonPlayer : daemonAcceptedPlayer;
}
