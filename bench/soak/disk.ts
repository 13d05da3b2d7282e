import { execFileSync } from 'node:child_process';
import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { removeTempDir, tempDir } from '../../test/support/paths.ts';

/** A small file system for the state file; without root a plain folder, whose troubles are left out. */
export interface Disk {
  readonly dir: string;
  /** Whether its troubles can be played; `false`: no root, or no mounts allowed. */
  readonly canFail: boolean;
  /** Takes what is left of it, to the last block. */
  readonly fill: () => void;
  /** For a time when nobody has a file open for writing. */
  readonly freeze: () => void;
  /** Space and writes again. */
  readonly heal: () => void;
  readonly close: () => void;
}

/** Room for the state of half an hour, about. */
const mebibytes = 64;
const block = Buffer.alloc(4_096);

/** Mounts one, where that is allowed. */
export function openDisk(): Disk {
  const dir = tempDir('soak');
  const mount = (...args: readonly string[]): void => void execFileSync('mount', args, { stdio: 'ignore' });
  const filler = join(dir, 'filler');
  let canFail = true;
  let isFrozen = false;
  try {
    mount('-t', 'tmpfs', '-o', `size=${mebibytes}m`, 'tmpfs', dir);
  } catch {
    canFail = false;
  }
  const unmount = (): void => {
    if (canFail) execFileSync('umount', ['-l', dir], { stdio: 'ignore' });
    canFail = false;
  };
  process.once('exit', unmount);
  return {
    dir,
    canFail,
    fill() {
      if (isFrozen) return;
      const file = openSync(filler, 'a');
      try {
        for (;;) writeSync(file, block);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
      } finally {
        closeSync(file);
      }
    },
    freeze() {
      mount('-o', 'remount,ro', dir);
      isFrozen = true;
    },
    heal() {
      if (!canFail) return;
      if (isFrozen) mount('-o', 'remount,rw', dir);
      isFrozen = false;
      rmSync(filler, { force: true });
    },
    close() {
      unmount();
      process.off('exit', unmount);
      removeTempDir(dir);
    },
  };
}
