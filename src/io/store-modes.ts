import {
  chmodSync,
  closeSync,
  constants,
  existsSync,
  fchmodSync,
  fstatSync,
  openSync,
  readdirSync,
  statSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { storeTroubleOf } from './store-schema.ts';

/**
 * Creates an empty file that only its owner can read, because a state file contains names of private modules. SQLite
 * gives the logs the mode of their file. An existing file stays as it is. @throws what `node:fs` throws
 */
export function createPrivate(path: string): void {
  if (!existsSync(path)) closeSync(openSync(path, 'ax', 0o600));
}

/** Matches what follows the name of a state file in the names of its logs and copies. */
const companion = /^(?:\.new|\.(?:corrupt|layout-\d+)-\d{8}T\d{6}Z(?:-\d+)?)?(?:-wal|-shm|-journal)?$/;

/** Removes the rights of other users on a state file, its logs and its copies. Earlier releases gave the right to read. */
export function closeToOthers(path: string): void {
  ignoringFailure(() => {
    // By its path, because closing a descriptor of the file would release SQLite's lock.
    const { mode } = statSync(path);
    if ((mode & 0o077) !== 0) chmodSync(path, mode & 0o700);
  });
  const name = basename(path);
  ignoringFailure(() => {
    for (const one of readdirSync(dirname(path)))
      if (one !== name && one.startsWith(name) && companion.test(one.slice(name.length)))
        ignoringFailure(() => closeCompanion(join(dirname(path), one)));
  });
}

/** Links are not followed, because they could lead to a file that is not ours. */
function closeCompanion(path: string): void {
  const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
  try {
    const { mode } = fstatSync(file);
    if ((mode & 0o077) !== 0) fchmodSync(file, mode & 0o700);
  } finally {
    closeSync(file);
  }
}

/** A file of another user, or a file system without modes, is no reason to refuse the state file. */
function ignoringFailure(run: () => void): void {
  try {
    run();
  } catch (thrown) {
    storeTroubleOf(thrown);
  }
}
