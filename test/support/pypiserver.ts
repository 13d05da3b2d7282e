import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isListening } from './listening.ts';
import { commandPath, tempDir } from './paths.ts';
import { freePort } from './ports.ts';
import { startProcess } from './process.ts';
import type { TinyWheel } from './pypi-index.ts';

/** A running pypiserver over a folder of wheels; HTML alone, no metadata files, hashes in its anchors. */
export interface Pypiserver {
  /** Of its index, `/simple` included. */
  readonly url: string;
  readonly port: number;
  readonly log: () => string;
  readonly close: () => Promise<void>;
}

/**
 * Starts the real pypiserver, which sends nobody on to the public index.
 * @throws Error with its log when it does not start
 */
export async function startPypiserver(wheels: readonly TinyWheel[], port?: number): Promise<Pypiserver> {
  const dir = tempDir('pypiserver');
  const packages = join(dir, 'packages');
  mkdirSync(packages);
  for (const { file, bytes } of wheels) writeFileSync(join(packages, file), bytes);
  const own = port ?? (await freePort());
  const server = await startProcess({
    name: 'pypiserver',
    command: commandPath('pypi-server'),
    args: [
      'run',
      '-i',
      '127.0.0.1',
      '-p',
      `${own}`,
      '--disable-fallback',
      '--hash-algo',
      'sha256',
      '-P',
      '.',
      '-a',
      '.',
      packages,
    ],
    cwd: dir,
    ready: ({ pid }) => isListening(pid, own),
  });
  return {
    url: `http://127.0.0.1:${own}/simple`,
    port: own,
    log: server.log,
    close: () => server.close(),
  };
}
