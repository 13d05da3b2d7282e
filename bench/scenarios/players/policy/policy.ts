import type { Move, Player } from '../../world.ts';
import { Desk, playedOf } from '../desk.ts';
import { watch } from '../rounds.ts';
import { Judge } from './judge.ts';

/**
 * A player with the reference policy (docs/decisions/0011), which gets the same evidence as the daemon: its
 * schedule, first bytes and small downloads. It has no detector and gives no explanations.
 */
export const policy: Player = {
  name: 'policy',
  play(world) {
    const moves: Move[] = [];
    const probes = watch(world, (scene) => new Judge(scene, new Desk(scene, moves)));
    return playedOf(moves, probes);
  },
};
