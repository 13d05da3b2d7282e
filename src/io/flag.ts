import { closeSync, lstatSync, mkdirSync, openSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';

/** False where the file is not there for certain: one that cannot be reached may be set. */
export function isFlagSet(path: string): boolean {
  try {
    lstatSync(path);
    return true;
  } catch (thrown) {
    return !['ENOENT', 'ENOTDIR'].includes(String((thrown as NodeJS.ErrnoException).code));
  }
}

/** Creates an empty file, for which a full disk often still has room, or removes it. False: the disk does not allow it. */
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
