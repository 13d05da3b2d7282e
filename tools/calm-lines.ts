import { listMetricsFor, metricOf } from '../src/export/catalog.ts';
import { countSeriesLines, type MetricKind } from '../src/export/metric.ts';

/**
 * Returns the number of sample lines of one entity (such as a mirror), without counters that appear only at their first
 * event.
 */
export function countCalmLinesFor(kind: MetricKind, heavy = false): number {
  return listMetricsFor(kind, heavy)
    .map(metricOf)
    .filter(({ onFirst }) => onFirst !== true)
    .map((metric) =>
      Object.values(metric.per[kind] ?? {}).reduce((lines, { length }) => lines * length, countSeriesLines(metric)),
    )
    .reduce((sum, lines) => sum + lines, 0);
}
