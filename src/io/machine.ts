import { accessSync, constants, readdirSync, readFileSync, statSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { availableParallelism, getPriority, constants as osConstants, setPriority } from 'node:os';
import { basename, isAbsolute, join } from 'node:path';
import { getOrElse } from '../core/get-or-else.ts';
import { limits } from '../core/limits.ts';
import type { Machine } from '../core/trap.ts';
import { createFiles } from './files.ts';

/** Measures the memory of this process, bytes. The result is empty if the system has no /proc. */
export function measureMemory(): { resident?: number; virtual?: number; heap?: number } {
  const text = getOrElse(() => readFileSync('/proc/self/status', 'utf8'), null);
  if (text === null) return {};
  const bytesOf = (name: string) => Number.parseInt(text.split(`\n${name}:`, 2)[1] ?? '0', 10) * 1024;
  return { resident: bytesOf('VmRSS'), virtual: bytesOf('VmSize'), heap: bytesOf('VmData') };
}

/** Measures the CPU time of all threads of this process since its start, seconds. */
export function measureCpuSeconds(): { user: number; system: number } {
  const { user, system } = process.cpuUsage();
  return { user: user / 1e6, system: system / 1e6 };
}

/** The limit of open file descriptors of this process; `null`: unlimited, or not available. */
export function readDescriptorLimit(): number | null {
  const text = getOrElse(() => readFileSync('/proc/self/limits', 'utf8'), '');
  const [, soft] = /^Max open files\s+(\d+)/m.exec(text) ?? [];
  return soft === undefined ? null : Number(soft);
}

/** The number of open file descriptors, including the one that this call opens; `null`: not available. */
export function countOpenDescriptors(): number | null {
  return getOrElse(() => readdirSync('/proc/self/fd').length, null);
}

export function isRoot(): boolean {
  return process.geteuid?.() === 0;
}

/**
 * Gives the probing threads priority over this thread on a machine of one or two cores (docs/decisions/0027). Threads
 * that this thread starts later inherit its priority, so call this function after the pool has started. It does nothing
 * where the system counts priority by process, or forbids the change.
 */
export function yieldToProbingThreads(cores: number = availableParallelism()): void {
  const { PRIORITY_BELOW_NORMAL } = osConstants.priority;
  if (process.platform !== 'linux' || cores > 2) return;
  try {
    // On Linux the process id 0 means the calling thread.
    if (getPriority(0) < PRIORITY_BELOW_NORMAL) setPriority(0, PRIORITY_BELOW_NORMAL);
  } catch {
    // A filter of system calls forbids the change. The daemon works without it.
  }
}

/** The maximum number of probing threads for this number of cores, within `limits.workers` (docs/decisions/0034). */
export function countProbingThreads(cores: number = availableParallelism()): number {
  return Math.min(limits.workers, Math.max(1, cores - 1) + 1);
}

/**
 * Creates the access to files and settings of this machine.
 * @param input.root  the folder that contains the system files; `/` means those of this machine
 */
export function createMachine(input: Pick<Machine, 'env' | 'home' | 'cwd'> & { readonly root: string }): Machine {
  const files = createFiles();
  const { env, home, cwd, root } = input;
  return {
    env,
    home,
    cwd,
    mode: (path) =>
      stat(path).then(
        (found) => found.mode & 0o7777,
        () => null,
      ),
    system: (path) => join(root, path),
    list: files.list,
    async read(path) {
      const read = await files.read(path);
      const isLong =
        read.tag === 'ok' && read.text.length > limits.settingsChars && !listsPackages.test(basename(path));
      return isLong ? { tag: 'error', code: 'EFBIG' } : read;
    },
  };
}

/** Matches the names of files that list the packages of a project. They may be long. */
const listsPackages = /lock|shrinkwrap|requirements|^go\.mod$|\.sum$/;

/**
 * Searches for a program in the folders of a PATH. Names with a slash and relative folders are ignored.
 * @returns an absolute path; `null`: the program is not installed, or we may not execute it
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
  return getOrElse(() => accessSync(file, constants.X_OK) === undefined && statSync(file).isFile(), false);
}
