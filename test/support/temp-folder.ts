import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';

const memory = '/dev/shm';
/** More than a run holds, some 900 MB while a large zip is there: containers often have 64 MiB. */
const bytesMin = 4 * 2 ** 30;

/**
 * The temporary files of a project lie in a folder of this run, which goes with all that is left in it, as Vitest ends its
 * workers by a signal. It is in memory where that has room: ext4 looks at each inode freed just before for a new file.
 */
export default function giveTempFolder({ config }: TestProject): () => void {
  const folder = mkdtempSync(join(hasRoom() ? memory : tmpdir(), 'mirrorwatch-run-'));
  // As the system's own: tests start programs as another user.
  chmodSync(folder, 0o1777);
  config.env = { ...config.env, TMPDIR: folder };
  return () => rmSync(folder, { recursive: true, force: true });
}

/** Also whether programs may be run there: a hardened system mounts it `noexec`. */
function hasRoom(): boolean {
  if (!existsSync(memory)) return false;
  const { bavail, bsize } = statfsSync(memory);
  return bavail * bsize > bytesMin && !/^\S+ \/dev\/shm .*\bnoexec\b/m.test(readFileSync('/proc/mounts', 'utf8'));
}
