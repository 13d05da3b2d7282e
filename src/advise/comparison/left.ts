import { failureBound, failureSumOf } from './failures.ts';
import type { Pair } from './pair.ts';
import { timeBound } from './time.ts';

/** The comparison of two mirrors that led to the last change of the head, from one of them to the other. */
export interface LeftComparison {
  readonly from: string;
  readonly to: string;
  readonly pair: Pair;
  /** The artifact (its question) whose download was last bad or slow; `null`: none was. */
  readonly artifact: string | null;
  /** The number of downloads ordered from both mirrors since the change. */
  downloads: number;
  /** When the last of these downloads was ordered, monotonic milliseconds. */
  downloadMs: number;
}

/** True unless a test that compares light steps too is nearer to its bound than the tests of downloads. */
export function isAboutDownloads({ pair: { failures, time } }: LeftComparison): boolean {
  const light = Math.max(time.light.sum, time.steady.sum) / timeBound.usual;
  const heavy = Math.max(failureSumOf(failures.heavy) / failureBound, time.heavy.sum / timeBound.usual);
  return heavy >= light && heavy >= failureSumOf(failures.all) / failureBound;
}
