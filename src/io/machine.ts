import { availableParallelism } from 'node:os';
import { limits } from '../core/limits.ts';

/** Resident memory of this process, threads included, bytes; `null` where it is not available (no /proc). */
export function residentBytes(): number | null {
  try {
    return process.memoryUsage.rss();
  } catch {
    return null;
  }
}

/** True if this process may change its user. */
export function isRoot(): boolean {
  return process.geteuid?.() === 0;
}

/**
 * The most probing threads: one for heavy steps, and one per core for the rest, minus the main thread's core. Two on two
 * cores: a second thread for the rest took a fifth more CPU per probe there without probing more (docs/decisions/0034).
 */
export function probingThreads(cores: number = availableParallelism()): number {
  return Math.min(limits.workers, Math.max(1, cores - 1) + 1);
}
