import type { LookOrder } from '../core/due.ts';
import type { Mirror } from '../core/mirror.ts';
import { type Target, targetId } from '../core/target.ts';
import { artifactOf } from '../ecosystems/ecosystem.ts';
import { healthBound, lastTroubleOf } from './tests/home.ts';
import { isHeavyClean } from './tests/record.ts';
import type { View } from './view.ts';
import { homeOf } from './weigh.ts';

/** Downloads of the head are seen this often, by its smallest artifact, and those of others beside it. Milliseconds. */
const everyMs = 150_000;
const besideEveryMs = 2 * everyMs;
/** A larger one is asked for more rarely, so that this share of `bytesPerHour` is enough. */
const budgetShare = 0.5;
const hourMs = 3_600_000;
/** A download of home while that is all that keeps clients away. Milliseconds. */
const homeEveryMs = 60_000;
/** Mirrors asked along each time, those first whose downloads were not seen for the longest. */
const siblings = 2;

/**
 * A download of the head's smallest artifact where none was seen for a while, and of some others beside it, in turn: at an
 * hour's pace a mirror that serves its light steps well and no artifact fails every build for long.
 * @see docs/decisions/0010-small-downloads.md
 */
export function requestDownload(view: View, at: Mirror): readonly LookOrder[] {
  const { group, now } = view;
  const { contest } = group;
  const smallest = smallestOf(view, at);
  if (smallest === null) return [];
  const lastOf = (name: string): number => contest.records.get(name)?.lastHeavy?.atMs ?? Number.NEGATIVE_INFINITY;
  const lastMs = Math.max(lastOf(at.name), contest.downloadMs);
  const { bytesPerHour } = view.config.schedule;
  const affordableMs = bytesPerHour === null ? 0 : (smallest.bytes / (budgetShare * bytesPerHour)) * hourMs;
  const home = homeOf(view.group);
  const isWaiting = home !== null && home !== at && waitsForDownload(view, home);
  const dueMs = isWaiting
    ? Math.max(contest.downloadMs + homeEveryMs, contest.besideMs + affordableMs)
    : lastMs + Math.max(everyMs, affordableMs);
  if (now.monotonicMs < dueMs) return [];
  contest.downloadMs = now.monotonicMs;
  const isBeside = isWaiting || now.monotonicMs - contest.besideMs >= besideEveryMs;
  if (isBeside) contest.besideMs = now.monotonicMs;
  // Away from home, home is always asked along: how it does decides when to go back.
  const ageOf = (mirror: Mirror): number => (mirror === home ? Number.NEGATIVE_INFINITY : lastOf(mirror.name));
  const registries = view.mirrors
    .filter((mirror) => mirror !== at)
    .toSorted((a, b) => ageOf(a) - ageOf(b) || 0)
    .slice(0, isBeside ? siblings : 0)
    .map((mirror) => mirror.name);
  return [
    {
      registry: at.name,
      target: smallest.target,
      registries,
      forMs: 0,
      stepMs: everyMs,
      isUrgent: false,
      isPeek: false,
    },
  ];
}

/** True where home has proven itself by its light answers, and its last downloads, before that, failed. */
function waitsForDownload(view: View, home: Mirror): boolean {
  const { contest } = view.group;
  const record = contest.records.get(home.name);
  if (record === undefined || contest.health.sum < healthBound) return false;
  return !isHeavyClean(record, lastTroubleOf(record));
}

/** The artifact that was smallest so far; before any was seen, the one of the module that the canary asks for. */
function smallestOf(view: View, at: Mirror): { readonly target: Target; readonly bytes: number } | null {
  const { downloads, targets } = view.group;
  let found: { readonly target: Target; readonly bytes: number } | null = null;
  for (const [question, bytes] of downloads) {
    const target = targets.get(question)?.get(at.name);
    if (target !== undefined && (found === null || bytes < found.bytes)) found = { target, bytes };
  }
  return found ?? firstOf(view, at);
}

function firstOf(view: View, at: Mirror): { readonly target: Target; readonly bytes: number } | null {
  const artifact = artifactOf(view.group.kind);
  for (const asked of view.group.targets.values()) {
    const target = asked.get(at.name);
    if (artifact === null || target === undefined || !target.canary) continue;
    const id = targetId(target.registry, target.module, target.version, artifact.step);
    return { target: { ...target, id, ...artifact, canary: false }, bytes: 0 };
  }
  return null;
}
