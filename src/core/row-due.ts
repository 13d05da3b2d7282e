const everyMs = 60_000;

/**
 * True once in each interval, for a row that changes all the time. Rows that are due at the same moment share a
 * transaction. If the process is killed, changes of about one interval are lost.
 * @param writtenAtMs  monotonic milliseconds; `null`: not written yet
 */
export function isRowDue(writtenAtMs: number | null, nowMs: number, intervalMs = everyMs): boolean {
  return writtenAtMs === null || Math.floor(nowMs / intervalMs) > Math.floor(writtenAtMs / intervalMs);
}
