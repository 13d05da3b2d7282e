import type { RecheckOrder } from '../core/due.ts';
import type { Mirror } from '../core/mirror.ts';
import type { LeftComparison } from './comparison/contest.ts';
import { failureBound, failureSumOf } from './comparison/failures.ts';
import { timeBound } from './comparison/time.ts';
import { affordableMsOf, downloadOrderOf } from './downloads.ts';
import type { Group } from './group.ts';
import { targetOf } from './probing.ts';
import type { View } from './view.ts';

/**
 * Downloads that can raise the confidence of advice: their minimum interval, the longest wait for the last one, and
 * their maximum number. Times in milliseconds.
 */
const everyMs = 15_000;
const waitMs = 45_000;
const downloadsMost = 8;

/**
 * The comparison that led to the proposed advice, if it is about downloads and the confidence is still `low`; else
 * `null`. Clients still use its mirror `from`.
 */
export function leftBecauseOfDownloads({ open, contest: { left } }: Group): LeftComparison | null {
  if (left === null || open?.advice.state !== 'proposed' || open.advice.confidence !== 'low') return null;
  return isAboutDownloads(left) ? left : null;
}

/** True unless a test that compares light steps too is nearer to its bound than the tests of downloads. */
function isAboutDownloads({ pair: { failures, time } }: LeftComparison): boolean {
  const light = Math.max(time.light.sum, time.steady.sum) / timeBound.usual;
  const heavy = Math.max(failureSumOf(failures.heavy) / failureBound, time.heavy.sum / timeBound.usual);
  return heavy >= light && heavy >= failureSumOf(failures.all) / failureBound;
}

/**
 * Returns the order of a download from the mirror to leave and from the advised one, if it can raise the confidence of
 * the advice; else an empty list. Actions wait for a higher confidence, and other downloads from the mirror to leave are
 * rare.
 * @see docs/decisions/0176-downloads-after-advice.md
 */
export function requestAfterAdvice({ group, config, now }: View, at: Mirror): readonly RecheckOrder[] {
  const left = leftBecauseOfDownloads(group);
  if (left?.artifact == null || left.to !== at.name) return [];
  const bytes = group.probing.sizes.get(left.artifact) ?? 0;
  const leastMs = Math.max(everyMs, affordableMsOf(config, bytes));
  if (left.downloads >= downloadsMost || now.monotonicMs < left.downloadMs + leastMs) return [];
  const moments = group.contest.moments.open.get(left.artifact) ?? [];
  const isAwaited = moments.some((one) => one.openedAtMs >= left.downloadMs && !one.outcomes.has(left.from));
  if (isAwaited && now.monotonicMs < left.downloadMs + waitMs) return [];
  const target = targetOf(group, left.from, left.artifact);
  if (target === undefined) return [];
  left.downloads += 1;
  left.downloadMs = now.monotonicMs;
  return [downloadOrderOf(left.from, target, [at.name])];
}
