import type { Skipped } from '../../core/due.ts';
import type { Because } from '../../core/failure.ts';
import { limits } from '../../core/limits.ts';
import type { Now } from '../../core/ports.ts';
import type { Sample } from '../../core/sample.ts';
import { canBeProbed, isLeftAlone } from './absence.ts';
import { isNumber, monotonicOf } from './lookups.ts';
import { addMark } from './loss.ts';
import type { Memory } from './memory.ts';
import type { MirrorMemory } from './mirror-memory.ts';
import type { StoredRow } from './rule.ts';

/** Causes on our own side that prevent a result about a mirror. */
const blinding: ReadonlySet<Because> = new Set(['resolver', 'proxy', 'local']);

/** Records that the canary was probed, and when its probe was planned. */
export function recordPlan(mirror: MirrorMemory, { due }: Sample): void {
  const { sight } = mirror;
  sight.wasProbed = true;
  if (due.purpose !== 'scheduled' || isLeftAlone(mirror)) return;
  if (sight.lastPlannedMs !== null)
    sight.plannedGapMs = Math.max(sight.plannedGapMs ?? 0, due.plannedAtMs - sight.lastPlannedMs);
  sight.lastPlannedMs = due.plannedAtMs;
}

/** The next gap between two planned probes is not measured. */
export function clearPlan({ sight }: MirrorMemory): void {
  sight.lastPlannedMs = null;
}

/** For a mirror with another pace. */
export function clearPlannedGap(mirror: MirrorMemory): void {
  clearPlan(mirror);
  mirror.sight.plannedGapMs = null;
}

export function recordSkip({ sight }: MirrorMemory, because: Skipped['because']): void {
  sight.lastSkip = because;
}

/** Records a settled sample of the canary. */
export function recordSight({ now }: Memory, { sight, row }: MirrorMemory, sample: Sample, isJudged: boolean): void {
  const { outcome, due, rttMs } = sample;
  if (outcome.tag !== 'unknown') sight.blindSinceMs = null;
  else if (blinding.has(outcome.because)) sight.blindSinceMs ??= now.wallMs;
  if (!isJudged) return;
  row.isDirty = true;
  sight.lastJudgedAtMs = now.wallMs;
  sight.judgedMonotonicMs = now.monotonicMs;
  sight.lastSkip = null;
  sight.canaryServes = outcome.tag === 'ok';
  if (outcome.tag !== 'ok') return;
  sight.lastOkAtMs = now.wallMs;
  if (due.connection === 'cold') sight.lastOkRttMs = rttMs ?? sight.lastOkRttMs;
}

export function recordOk({ sight }: MirrorMemory): void {
  sight.hasOk = true;
}

/** Records what a sample shows of the network to a mirror. */
export function recordLine({ line }: MirrorMemory, sample: Sample, isResponse: boolean, nowMs: number): void {
  line.address = sample.remoteAddress ?? line.address;
  if (isResponse) line.respondedFromMs = Math.max(line.respondedFromMs ?? 0, sample.startedMonotonicMs);
  line.marks = addMark(line.marks, { atMs: nowMs, responded: isResponse });
}

export function restoreSight({ sight, line }: MirrorMemory, row: StoredRow, now: Now): void {
  const { lastOkAtMs, lastJudgedAtMs, lastOkRttMs, address } = row;
  sight.lastOkAtMs = numberOf(lastOkAtMs);
  sight.lastJudgedAtMs = numberOf(lastJudgedAtMs);
  sight.lastOkRttMs = numberOf(lastOkRttMs);
  line.address = typeof address === 'string' ? address : null;
  sight.judgedMonotonicMs = sight.lastJudgedAtMs === null ? null : monotonicOf(now, sight.lastJudgedAtMs);
  sight.hasOk = sight.lastOkAtMs !== null && now.wallMs - sight.lastOkAtMs <= limits.baselineAgeMsMax;
}

function numberOf(value: unknown): number | null {
  return isNumber(value) ? value : null;
}

/** Records whether each canary that may be probed was probed once. */
export function recordPass(memory: Memory): void {
  if (memory.us.passEnded) return;
  const canaries = [...memory.mirrors.values()].filter((mirror) => canBeProbed(memory, mirror));
  memory.us.passEnded = canaries.length > 0 && canaries.every((mirror) => mirror.sight.wasProbed);
}
