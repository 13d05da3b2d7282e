import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isListening } from '../support/listening.ts';
import { repoDir, tempDir } from '../support/paths.ts';
import { compileCacheOf, type RunningProcess, startProcess } from '../support/process.ts';
import { withDescriptors } from './daemon.ts';

/** A front door as a process of its own. */
export interface DoorProcess {
  readonly url: string;
  /** All it wrote so far. */
  readonly log: () => string;
  /** Where a path leads: status and `location`. */
  readonly where: (path: string) => Promise<{ readonly status: number; readonly location: string | null }>;
  /** Its `/metrics` in text form, by name with labels as printed. */
  readonly metrics: () => Promise<ReadonlyMap<string, number>>;
  /** SIGHUP. */
  readonly reload: () => void;
  readonly kill: () => Promise<void>;
  readonly close: () => Promise<void>;
}

/** Starts `mirrorwatch door` by a configuration whose section `door` listens on this port of loopback. @throws Error where it is never ready */
export async function startDoor(
  configFile: string,
  port: number,
  more: readonly string[] = [],
  scheme: 'http' | 'https' = 'http',
  descriptors?: number,
): Promise<DoorProcess> {
  const url = `${scheme}://127.0.0.1:${port}`;
  const dir = tempDir('door');
  const door: RunningProcess = await startProcess({
    name: 'mirrorwatch door',
    ...withDescriptors(descriptors, [join(repoDir, 'src', 'main.ts'), 'door', '--config', configFile, ...more]),
    cwd: dir,
    env: {
      ...{ HTTP_PROXY: undefined, HTTPS_PROXY: undefined, NO_PROXY: undefined, NODE_OPTIONS: undefined },
      ...compileCacheOf('door'),
    },
    ready: ({ pid }) => isListening(pid, port),
  });
  return {
    url,
    log: door.log,
    where: async (path) => {
      const { status, headers } = await fetch(url + path, { redirect: 'manual' });
      return { status, location: headers.get('location') };
    },
    metrics: async () => {
      const text = await (await fetch(`${url}/metrics`)).text();
      const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
      return new Map(
        lines.map((line) => {
          const at = line.lastIndexOf(' ');
          return [line.slice(0, at), Number(line.slice(at + 1))] as const;
        }),
      );
    },
    reload: () => door.signal('SIGHUP'),
    kill: door.kill,
    close: door.close,
  };
}

/** The orders that a door has kept, by upstream. */
export function keptIn(path: string): Readonly<Record<string, readonly string[]>> {
  return (JSON.parse(readFileSync(path, 'utf8')) as { orders: Readonly<Record<string, readonly string[]>> }).orders;
}
