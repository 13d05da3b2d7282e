import { accessSync, constants, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository's root folder. */
export const repoDir = fileURLToPath(new URL('../../', import.meta.url)).replace(/\/$/, '');

/** What `.ci/provision` made: `bin/netem`, `bin/goproxy`, `tree/`. Ignored by git. */
export const cacheDir = join(repoDir, '.cache');

/** Where commands are looked for: our own builds first, then PATH, then where Debian keeps servers. */
export const commandDirs: readonly string[] = [
  join(cacheDir, 'bin'),
  ...(process.env.PATH ?? '').split(':').filter((dir) => dir !== ''),
  '/usr/local/go/bin',
  '/usr/sbin',
  '/sbin',
];

/** The path of a command, or `null` where it is not installed. */
export function findCommand(name: string): string | null {
  for (const dir of commandDirs) {
    const path = join(dir, name);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // Not in this folder.
    }
  }
  return null;
}

/**
 * The path of a command that the caller has made sure of by `real()`.
 * @throws Error where it is not installed
 */
export function commandPath(name: string): string {
  const path = findCommand(name);
  if (path === null) throw new Error(`${name} is not installed: run .ci/provision`);
  return path;
}

/** The library that fakes a process's clock, where Debian keeps it (/usr/lib/<architecture>/faketime); `null` where it is not installed. */
export function fakeTimeLibrary(): string | null {
  const files = readdirSync('/usr/lib').map((name) => join('/usr/lib', name, 'faketime', 'libfaketimeMT.so.1'));
  return files.find((file) => existsSync(file)) ?? null;
}

const tempDirs = new Set<string>();
process.once('exit', removeTempDirs);

/** Removes all folders that `tempDir` and `stateDir` made. */
export function removeTempDirs(): void {
  for (const dir of tempDirs) removeTempDir(dir);
}

/** A new empty folder under the system's temporary folder, removed with the test file or else at the end of this process. */
export function tempDir(label: string): string {
  return newDir(tmpdir(), label);
}

/**
 * As `tempDir`, in memory where Linux has such a folder: for state files, as a busy disk takes longer for the syncs of a
 * daemon than its story takes. It is to hold some megabytes at most.
 */
export function stateDir(label: string): string {
  const memory = '/dev/shm';
  return newDir(existsSync(memory) && !tmpdir().startsWith(memory) ? memory : tmpdir(), label);
}

function newDir(parent: string, label: string): string {
  const dir = mkdtempSync(join(parent, `mirrorwatch-${label}-`));
  tempDirs.add(dir);
  return dir;
}

/** Removes a folder that `tempDir` or `stateDir` made. Never throws where it is gone already. */
export function removeTempDir(dir: string): void {
  tempDirs.delete(dir);
  rmSync(dir, { recursive: true, force: true });
}
