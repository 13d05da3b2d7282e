import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus, loadavg, release, totalmem } from 'node:os';

/** Where and when figures were taken. */
export interface Machine {
  readonly cores: number;
  readonly model: string;
  readonly memoryGib: number;
  readonly kernel: string;
  readonly node: string;
  readonly openssl: string;
  readonly commit: string;
  readonly at: string;
  /** Of the last minute, before the bench began: what others were doing. */
  readonly load: number;
}

/** This machine, now. */
export function machineNow(): Machine {
  const all = cpus();
  return {
    cores: all.length,
    model: all[0]?.model.trim() ?? 'unknown',
    memoryGib: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
    node: process.version,
    openssl: process.versions.openssl,
    commit: commit(),
    at: new Date().toISOString(),
    load: loadavg()[0] ?? Number.NaN,
  };
}

function commit(): string {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8', stdio: 'pipe' }).trim();
  } catch {
    return 'unknown';
  }
}

/** Busy and stolen CPU time of the machine so far, milliseconds; what the hypervisor took is `stolenMs`. */
export interface MachineCpu {
  readonly atMs: number;
  readonly busyMs: number;
  readonly stolenMs: number;
}

/**
 * Reads the first line of /proc/stat.
 * @see proc_stat(5): user nice system idle iowait irq softirq steal, in hundredths of a second
 */
export function parseMachineCpu(text: string, atMs: number): MachineCpu {
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, stolen = 0] = (text.split('\n', 1)[0] ?? '')
    .split(/\s+/)
    .slice(1)
    .map(Number);
  return { atMs, busyMs: 10 * (user + nice + system + irq + softirq), stolenMs: 10 * stolen };
}

/** This machine's CPU time so far. */
export function machineCpu(): MachineCpu {
  return parseMachineCpu(readFileSync('/proc/stat', 'utf8'), performance.now());
}
