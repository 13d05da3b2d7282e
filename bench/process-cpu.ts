import { readdirSync, readFileSync } from 'node:fs';

/** Linux counts CPU time for /proc in USER_HZ, which is 100 on every architecture that Node runs on. */
const tickMs = 10;

/** The fields of one line of /proc/<pid>/stat that we use. */
export interface ProcessStat {
  readonly parent: number;
  /** User and system time of all its threads, milliseconds, in steps of 10. */
  readonly cpuMs: number;
}

/**
 * Reads a line of /proc/<pid>/stat. The command's name stands in parentheses and may hold anything, parentheses too.
 * @throws Error where it is no such line
 * @see proc_pid_stat(5): ppid is field 4, utime 14, stime 15
 */
export function parseStat(line: string): ProcessStat {
  const fields = line.slice(line.lastIndexOf(')') + 2).split(' ');
  const [parent, user, system] = [Number(fields[1]), Number(fields[11]), Number(fields[12])];
  if (!Number.isInteger(parent) || !Number.isInteger(user) || !Number.isInteger(system)) {
    throw new Error('not a line of /proc/<pid>/stat');
  }
  return { parent, cpuMs: (user + system) * tickMs };
}

/** CPU time of a living process so far, milliseconds. */
export function cpuMsOf(pid: number): number {
  return parseStat(readFileSync(`/proc/${pid}/stat`, 'utf8')).cpuMs;
}

/** Memory of a living process that is in RAM, MB (2^20 bytes). @throws Error where there is no such process */
export function rssMbOf(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
}

/** The processes that this one started itself and that still live. */
export function childPids(): readonly number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => {
      try {
        return pid > 0 && parseStat(readFileSync(`/proc/${pid}/stat`, 'utf8')).parent === process.pid;
      } catch {
        return false;
      }
    });
}
