import { settled, type World } from '../../daemon/world.ts';
import { type Ran, run } from './run-program.ts';

/** Runs a command against the daemon of a world. */
export const ask = (world: World, ...argv: string[]): Promise<Ran> =>
  settled(world.time, run([...argv, '--url', world.daemon.url]), 1);
