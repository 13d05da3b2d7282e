import type { JudgeRule } from '../../../src/core/judge-rules.ts';
import { nameWithout } from '../players/registry.ts';
import type { Player } from '../world.ts';
import { playDaemon } from './run.ts';

/** The current daemon. Clients request the remedy before each build and follow it at once. */
export const daemonPlayer: Player = {
  name: 'daemon',
  play: (world) => playDaemon(world, { accepts: false, hasAlerts: false }),
};

/**
 * The current daemon. An operator accepts each proposed advice after one minute, and clients use the accepted chain.
 */
export const daemonAcceptedPlayer: Player = {
  name: 'daemon, accepted',
  play: (world) => playDaemon(world, { accepts: true, hasAlerts: false }),
};

/** The current daemon without some rules of its judge, to see what these rules are worth. */
export function daemonWithout(rules: readonly JudgeRule[]): Player {
  const without = new Set(rules);
  return {
    name: nameWithout(rules.join(',')),
    play: (world) => playDaemon(world, { accepts: false, hasAlerts: false, without }),
  };
}

/**
 * The current daemon with a simulated Prometheus and Alertmanager, which evaluate our rules and post alerts as
 * evidence. Clients follow the remedy at once.
 */
export const daemonWithAlerts: Player = {
  name: 'daemon with alerts',
  play: (world) => playDaemon(world, { accepts: false, hasAlerts: true }),
};
