import { closeSync, lstatSync, mkdirSync, openSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';

/** False only if the file certainly does not exist. A file that cannot be accessed counts as set. */
export function isFlagSet(path: string): boolean {
  try {
    lstatSync(path);
    return true;
  } catch (thrown) {
    return !['ENOENT', 'ENOTDIR'].includes(String((thrown as NodeJS.ErrnoException).code));
  }
}

/** Creates an empty file, for which a full disk often still has room, or removes it. Returns false if that fails. */
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
