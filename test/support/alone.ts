import { mkdirSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

/**
 * Runs work that no two test files may do at once, such as a build into `dist/`: the others wait. The lock is a folder below the
 * temporary folder of the run, so it ends with the run at the latest.
 */
export async function alone<T>(name: string, work: () => Promise<T>): Promise<T> {
  const lock = join(tmpdir(), `alone-${name}`);
  for (;;) {
    try {
      mkdirSync(lock);
      break;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      await wait(200);
    }
  }
  try {
    return await work();
  } finally {
    rmdirSync(lock);
  }
}
