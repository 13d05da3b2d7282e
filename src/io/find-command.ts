import { accessSync, constants, statSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';

/**
 * The path of a program, by the folders of a PATH; names with a slash and relative folders are ignored.
 * @returns an absolute path, or `null`: not installed, or not executable for us
 */
export function findCommand(name: string, path: string): string | null {
  if (name === '' || name.includes('/')) return null;
  for (const folder of path.split(':')) {
    const file = join(folder, name);
    if (isAbsolute(folder) && isProgram(file)) return file;
  }
  return null;
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
