import { countLinesOf, listMetricsFor, metricOf } from '../src/export/catalog.ts';
import type { MetricKind } from '../src/export/metric.ts';

/** The lines of one entity without counters that appear only at their first event. */
export function countCalmLinesFor(kind: MetricKind, heavy = false): number {
  const calm = listMetricsFor(kind, heavy).filter((name) => metricOf(name).onFirst !== true);
  return countLinesOf(calm, kind);
}
