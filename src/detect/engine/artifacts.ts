import { isHeavy, seriesId, type Target, targetId } from '../../core/mirror.ts';
import type { Sample } from '../../core/sample.ts';
import { canBeProbed } from '../memory/absence.ts';
import { spend } from '../memory/budget.ts';
import type { Memory } from '../memory/memory.ts';
import { type MirrorMemory, seriesOf } from '../memory/mirror-memory.ts';

/** The minimum interval between two requests for the first bytes of one artifact whose location changes repeatedly. */
const requestEveryMs = 5 * 60_000;

/**
 * Records the location of a version's artifact, as an index states it. If the location changes, a probe of the
 * artifact's first bytes is requested at once, because the next scheduled download may be an hour later. If that probe
 * fails, the whole artifact is requested.
 * @see docs/decisions/0097-artifacts-that-move.md
 */
export function followArtifact(memory: Memory, mirror: MirrorMemory, { due, facts, outcome }: Sample): void {
  if (facts.artifact !== undefined) return recordPlace(memory, mirror, { due, facts });
  if (!isHeavy(due.target)) return;
  const series = mirror.series.get(seriesId(due.target, 'cold'));
  if (series?.artifact?.isUnproven !== true || due.artifactAt !== series.artifact.at) return;
  series.artifact = { ...series.artifact, isUnproven: false };
  if (due.purpose === 'peek' && outcome.tag === 'failed') memory.turn.rechecks.push(due.target);
}

function recordPlace(memory: Memory, mirror: MirrorMemory, { due, facts }: Pick<Sample, 'due' | 'facts'>): void {
  const { registry, module, version } = due.target;
  const { step, at } = facts.artifact ?? {};
  const target = step === undefined ? undefined : memory.targets.get(targetId(registry, module, version, step));
  if (target === undefined || at === undefined) return;
  const series = seriesOf(mirror, target, 'cold');
  const nowMs = memory.now.monotonicMs;
  const resolved = facts.resolvedVersion ?? version ?? '';
  const before = series.artifact;
  // Only a changed location of the same version counts. A new version always has a new path, and may take a while to
  // arrive at a mirror.
  const hasMoved = before !== undefined && before.version === resolved && before.at !== at;
  if (before?.at === at && before.version === resolved) return;
  const movedMs = before?.movedMs ?? Number.NEGATIVE_INFINITY;
  // An index that alternates between locations must not use up the budget of confirming probes.
  const isRequested = hasMoved && nowMs - movedMs >= requestEveryMs && requestFirstBytes(memory, mirror, target);
  series.artifact = { version: resolved, at, isUnproven: isRequested, movedMs: isRequested ? nowMs : movedMs };
}

function requestFirstBytes(memory: Memory, mirror: MirrorMemory, target: Target): boolean {
  const left = canBeProbed(memory, mirror) ? spend(memory.confirm.budget, 1, true) : null;
  if (left === null) return false;
  memory.confirm.budget = left;
  memory.turn.peeks.push({ target, family: null });
  return true;
}
