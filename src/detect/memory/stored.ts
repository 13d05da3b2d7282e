import type { Finding } from '../../core/finding.ts';
import { limits } from '../../core/limits.ts';
import { registryOf } from '../../core/mirror.ts';
import type { Memory } from './memory.ts';
import type { SeriesMemory } from './mirror-memory.ts';

export function expireSeen({ seen, now, config }: Memory): void {
  for (const [key, atMs] of seen) if (now.wallMs - atMs > config.state.keepMs) seen.delete(key);
}

/**
 * Records a version that a target (`@latest`, a tag) resolved to for the first time. Forgets all but the newest
 * `limits.seenVersions`, because a mirror could invent a version for each request.
 * @param key  of the item (`seenKeyOf`)
 */
export function recordVersion(memory: Memory, series: SeriesMemory, key: string): void {
  const all = [...series.versions, { key, atMs: memory.now.monotonicMs }];
  series.versions = all.slice(-limits.seenVersions);
  for (const { key: old } of all.slice(0, -limits.seenVersions)) if (!memory.targets.has(old)) deleteSeen(memory, old);
}

function deleteSeen({ seen, turn }: Memory, key: string): void {
  seen.delete(key);
  turn.deletes.push({ table: 'seen', key });
}

/**
 * Forgets which items removed and replaced mirrors have served, because this shows nothing about the caches of new
 * mirrors.
 */
export function dropSeen(memory: Memory, replaced: ReadonlyMap<string, unknown>): void {
  if (replaced.size === 0) return;
  for (const key of memory.seen.keys()) {
    if (replaced.has(registryOf(key))) deleteSeen(memory, key);
  }
}

export function removeFinding({ open, findingLog }: Memory, id: string): void {
  open.delete(id);
  findingLog.openSince.delete(id);
  findingLog.written.delete(id);
}

/** Records that the row of an open finding is written with this time stamp. */
export function recordFindingRow({ findingLog, now }: Memory, { id, evidence }: Finding, stampMs: number): void {
  findingLog.written.set(id, { evidence, stampMs, atMs: now.monotonicMs });
}

/**
 * The minimum interval between two searches for rows to write, because a search visits all changed series.
 * Milliseconds.
 */
const searchEveryMs = 1_000;

export function isTimeToWrite({ rowsDue, now: { monotonicMs } }: Memory): boolean {
  if (rowsDue.searchedRowsAtMs !== null && monotonicMs - rowsDue.searchedRowsAtMs < searchEveryMs) return false;
  rowsDue.searchedRowsAtMs = monotonicMs;
  return true;
}
