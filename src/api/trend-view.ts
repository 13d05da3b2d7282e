import type { Trend } from '../core/trend.ts';
import { stamp } from '../core/views.ts';
import { seconds } from './views.ts';

/** How a mirror went: what `GET /api/v1/mirrors/:name/trend` answers. */
export function trendView(registry: string, { range, cellMs, fromMs, toMs, cells }: Trend): object {
  return {
    registry,
    range,
    cellSeconds: cellMs / 1000,
    fromAt: stamp(fromMs),
    toAt: stamp(toMs),
    cells: cells.map((cell) => ({
      startAt: stamp(cell.startMs),
      canary: {
        ok: cell.ok,
        failed: cell.failed,
        unknown: cell.unknown,
        p50Seconds: seconds(cell.p50Ms),
        p95Seconds: seconds(cell.p95Ms),
        silentSeconds: seconds(cell.silentMs),
      },
      attempts: cell.attempts,
      failures: cell.failures,
      bytesPerSecond: cell.bytesPerSecond === null ? null : Math.round(cell.bytesPerSecond),
      lagSeconds: { lower: seconds(cell.lagLowerMs), upper: seconds(cell.lagUpperMs) },
    })),
  };
}
