import { closeSync, existsSync, mkdirSync, openSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';

/** True where the file is there. */
export function isFlagSet(path: string): boolean {
  return existsSync(path);
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
