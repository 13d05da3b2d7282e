const everyMs = 60_000;

/**
 * Limits how often a row that changes all the time is written: returns true once per interval. Intervals begin at the
 * same times for all rows, so due rows share a transaction. A killed process loses the changes of about one interval.
 * @param writtenAtMs  monotonic milliseconds; `null`: not written yet
 */
export function isRowDue(writtenAtMs: number | null, nowMs: number, intervalMs = everyMs): boolean {
  return writtenAtMs === null || Math.floor(nowMs / intervalMs) > Math.floor(writtenAtMs / intervalMs);
}
