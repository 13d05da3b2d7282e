import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { removeTempDir, tempDir } from '../../test/support/paths.ts';
import { freePort } from '../../test/support/ports.ts';
import { type BuiltDaemon, buildPackage, startBuilt } from './daemon.ts';
import { configText, type Shape, startMirrors } from './world.ts';

/** The built package over mirrors of its own, ready. */
export interface Rig {
  readonly daemon: BuiltDaemon;
  /** Writes the configuration, with the last module or without it; a reload reads it. */
  readonly write: (drop: boolean) => void;
  readonly say: (what: string) => void;
}

/** Builds the package, starts it over mirrors of this shape, and closes all of it when `act` has ended. */
export async function inWorld<R>(shape: Shape, say: (what: string) => void, act: (rig: Rig) => Promise<R>): Promise<R> {
  say('builds the package');
  buildPackage();
  return inBuiltWorld(shape, say, act);
}

/** The same with the package as it lies there built. */
export async function inBuiltWorld<R>(
  shape: Shape,
  say: (what: string) => void,
  act: (rig: Rig) => Promise<R>,
): Promise<R> {
  const closers: (() => Promise<void> | void)[] = [];
  try {
    const dir = tempDir('bench-scale');
    closers.push(() => removeTempDir(dir));
    const [tree, state] = [join(dir, 'tree'), join(dir, 'state')];
    for (const folder of [tree, state]) mkdirSync(folder);
    say('mirrors start');
    const mirrors = await startMirrors(shape, tree);
    closers.push(mirrors.close);
    const port = await freePort();
    const statePath = join(state, 'mirrorwatch.db');
    const configFile = join(dir, 'mirrorwatch.yaml');
    const write = (drop: boolean): void =>
      writeFileSync(configFile, configText(shape, mirrors, { port, statePath, drop }));
    write(false);
    const daemon = await startBuilt(configFile, port, statePath);
    closers.push(daemon.close);
    return await act({ daemon, write, say });
  } finally {
    for (const closer of closers.reverse()) await closer();
  }
}
