import { closeSync, lstatSync, mkdirSync, openSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';

/** True if the file exists, or if its absence is not certain. */
export function isFlagSet(path: string): boolean {
  try {
    lstatSync(path);
    return true;
  } catch (thrown) {
    return !['ENOENT', 'ENOTDIR'].includes(String((thrown as NodeJS.ErrnoException).code));
  }
}

/** Creates an empty file if `isSet`, else removes it. @returns true; false if that fails */
export function keepFlag(path: string, isSet: boolean): boolean {
  try {
    if (!isSet) rmSync(path, { force: true });
    else {
      mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
      closeSync(openSync(path, 'a', 0o600));
    }
    return true;
  } catch {
    return false;
  }
}
