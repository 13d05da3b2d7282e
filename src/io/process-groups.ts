import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { keepFlag } from './flag.ts';

/**
 * Marks a process group as running by an empty file, so that the next start of the daemon can stop it.
 * @param leader  the process id of its first process
 * @returns a function that removes the mark
 */
export function recordGroup(folder: string, leader: number): () => void {
  const name = nameOf(leader);
  if (name === null) return () => undefined;
  keepFlag(join(folder, name), true);
  return () => void keepFlag(join(folder, name), false);
}

/** Kills the marked process groups (of an earlier daemon) whose first process still runs, and removes all marks. */
export function stopRecordedGroups(folder: string): void {
  for (const name of namesIn(folder)) {
    const leader = Number.parseInt(name, 10);
    if (nameOf(leader) === name) stopGroup(leader);
    keepFlag(join(folder, name), false);
  }
}

export function stopGroup(leader: number | undefined): void {
  try {
    if (leader !== undefined) process.kill(-leader, 'SIGKILL');
  } catch {
    // The group has already ended.
  }
}

/**
 * Identifies a process by its id, its start time and the boot of the machine, because ids are reused. `null`: there is
 * no such process, or no `/proc`.
 */
function nameOf(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const startTicks = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
    return `${pid}-${startTicks}-${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}`;
  } catch {
    return null;
  }
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
