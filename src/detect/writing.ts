import { writeContents } from './contents/freshness.ts';
import { rewriteFindings, writeEvidence } from './engine/say.ts';
import type { Memory } from './memory/memory.ts';
import { expireSeen, recordRewrite } from './memory/stored.ts';
import { writeDirty } from './rows.ts';

/** The interval at which open findings are written again, so that their rows do not expire. */
const rewriteMs = 24 * 3_600_000;

/** Writes all rows that have changed. `isLast`: the process is about to end. */
export function writeAll(memory: Memory, isLast: boolean): void {
  writeEvidence(memory, isLast);
  writeDirty(memory, isLast);
  writeContents(memory, isLast);
}

/** Writes open findings again if their rows are old, and drops old rows of items that were seen. */
export function keepFresh(memory: Memory): void {
  if (memory.now.monotonicMs - memory.findingLog.writtenAtMs < rewriteMs) return;
  recordRewrite(memory);
  rewriteFindings(memory);
  expireSeen(memory);
}
