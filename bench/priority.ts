import { readFileSync, writeFileSync } from 'node:fs';
import { getPriority, setPriority } from 'node:os';
import { yieldToProbingThreads } from '../src/io/machine.ts';
import { commandPath, findCommand } from '../test/support/paths.ts';
import { run } from '../test/support/process.ts';
import { childPids } from './process-cpu.ts';

/**
 * Puts everything that this process has started ahead of it: servers, resolver and link stand for other machines, and
 * must not wait for a core that the prober holds. Threads of ours are not touched.
 * @returns whether each could be moved; it takes root
 */
export async function putApparatusFirst(): Promise<boolean> {
  if (findCommand('chrt') === null) return false;
  const moved = await Promise.all(
    childPids().map((pid) => run(commandPath('chrt'), ['--all-tasks', '--fifo', '--pid', '1', `${pid}`])),
  );
  return moved.every(({ code }) => code === 0);
}

/**
 * Gives a process of another session the weight that ours has: the kernel shares cores between sessions first, so one
 * whose bench was started with a better nice than its peer would win by that alone. Nothing where the kernel has no groups.
 * @see sched(7), The autogroup feature
 */
export function weighAsWe(pid: number): void {
  const nice = /nice (-?\d+)/.exec(ownAutogroup())?.[1];
  if (nice !== undefined) writeFileSync(`/proc/${pid}/autogroup`, nice);
}

function ownAutogroup(): string {
  try {
    return readFileSync('/proc/self/autogroup', 'utf8');
  } catch {
    return '';
  }
}

/** Runs `probe` while this thread has the priority of the daemon's main thread. To raise it again takes root. */
export async function asDaemon<T>(probe: () => Promise<T>): Promise<T> {
  const before = getPriority(0);
  yieldToProbingThreads();
  try {
    return await probe();
  } finally {
    setPriority(0, before);
  }
}
