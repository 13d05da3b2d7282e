import type { Player } from '../world.ts';
import { playDaemon } from './run.ts';

/** Today's judge; clients ask for the remedy before each build and follow it without a word. */
export const daemonPlayer: Player = {
  name: 'daemon',
  play: (world) => playDaemon(world, { accepts: false, hasAlerts: false }),
};

/** Today's judge; somebody accepts each proposed advice a minute after it came, and clients use what was accepted. */
export const daemonAcceptedPlayer: Player = {
  name: 'daemon, accepted',
  play: (world) => playDaemon(world, { accepts: true, hasAlerts: false }),
};

/** Today's judge with a Prometheus and an Alertmanager beside it that evaluate our rules and post evidence; clients follow. */
export const daemonWithAlerts: Player = {
  name: 'daemon with alerts',
  play: (world) => playDaemon(world, { accepts: false, hasAlerts: true }),
};
