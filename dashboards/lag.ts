import { metricNames } from '../src/export/catalog.ts';
import type { Section } from './board.ts';
import { lines } from './panels.ts';
import { narrowing } from './promql.ts';

/** design.md section 4.2: the labels are fixed there, before the daemon measures lag. */
const lagLabels = ['vantage', 'ecosystem', 'registry', 'module'];
const matchers = narrowing.filter((label) => lagLabels.includes(label)).map((label) => `${label}=~"$${label}"`);

/**
 * How far behind its upstream a mirror is: there as soon as the catalogue has lag, and folded, since not each
 * ecosystem has it. Folded rows ask nothing, and say why they are empty when opened.
 */
export function lagSections(known: readonly string[] = metricNames): readonly Section[] {
  if (!known.includes('mirror_lag_seconds')) return [];
  const panel = lines({
    id: 50,
    title: 'Behind its upstream',
    says: "Seconds behind, between a lower and an upper bound from what was seen when. Above detect.lag.limit: new versions are missing there; prefer another mirror for builds that need today's releases.",
    size: [24, 8],
    unit: 's',
    none: 'no lag is known for what is chosen: its ecosystem has none, or its origin is out of reach',
    queries: [
      {
        expr: `max by (registry, bound) (mirror_lag_seconds{${matchers.join(',')}})`,
        legend: '{{registry}} {{bound}}',
      },
    ],
  });
  return [{ id: 105, title: 'Lag (where its ecosystem can tell)', panels: [panel], collapsed: true }];
}
