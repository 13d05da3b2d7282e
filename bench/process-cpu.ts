import { readdirSync, readFileSync } from 'node:fs';

/** Linux counts CPU time for /proc in USER_HZ, which is 100 on every architecture that Node runs on. */
const tickMs = 10;

/** The fields of one line of /proc/<pid>/stat that we use. */
export interface ProcessStat {
  readonly parent: number;
  /** User and system time of all its threads, milliseconds, in steps of 10. */
  readonly cpuMs: number;
  /** The same of its children that have ended and were waited for. */
  readonly endedChildrenMs: number;
}

/**
 * Reads a line of /proc/<pid>/stat. The command's name stands in parentheses and may hold anything, parentheses too.
 * @throws Error where it is no such line
 * @see proc_pid_stat(5): ppid is field 4, utime 14, stime 15, cutime 16, cstime 17
 */
export function parseStat(line: string): ProcessStat {
  const fields = line.slice(line.lastIndexOf(')') + 2).split(' ');
  const numbers = [1, 11, 12, 13, 14].map((at) => Number(fields[at]));
  if (!numbers.every(Number.isInteger)) throw new Error('not a line of /proc/<pid>/stat');
  const [parent = 0, user = 0, system = 0, endedUser = 0, endedSystem = 0] = numbers;
  return { parent, cpuMs: (user + system) * tickMs, endedChildrenMs: (endedUser + endedSystem) * tickMs };
}

/** CPU time of a living process so far, milliseconds. */
export function cpuMsOf(pid: number): number {
  return statOf(pid).cpuMs;
}

/** The same with what its children took that have ended. */
export function cpuMsWithEnded(pid: number): number {
  const { cpuMs, endedChildrenMs } = statOf(pid);
  return cpuMs + endedChildrenMs;
}

function statOf(pid: number): ProcessStat {
  return parseStat(readFileSync(`/proc/${pid}/stat`, 'utf8'));
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
        return pid > 0 && statOf(pid).parent === process.pid;
      } catch {
        return false;
      }
    });
}
