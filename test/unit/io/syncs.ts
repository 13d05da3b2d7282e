import { readFileSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { onTestFinished, vi } from 'vitest';

/**
 * What is synced to disk from now on, until the test ends, each with the text that a file has at that moment.
 * @param meanwhile  runs during each
 */
export async function watchSyncs(path: string, meanwhile = (): void => undefined): Promise<readonly string[]> {
  const synced: string[] = [];
  const handle = await open(path);
  const files = Object.getPrototypeOf(handle) as FileHandle;
  await handle.close();
  const spy = vi.spyOn(files, 'sync').mockImplementation(async function (this: FileHandle) {
    const info = await this.stat();
    synced.push(`${info.isDirectory() ? 'the folder' : `a file of ${info.size} bytes`}, ${readFileSync(path, 'utf8')}`);
    meanwhile();
  });
  onTestFinished(() => spy.mockRestore());
  return synced;
}
