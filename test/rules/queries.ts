import { doorMetrics } from '../../src/export/catalog/door.ts';
import { type MetricName, metricNames, metricOf } from '../../src/export/catalog.ts';
import { levels } from '../../src/features/rules/rule.ts';
import { recordingRules } from './alert-rules.ts';

// Reads names out of PromQL texts, and holds them against the catalogue and our own recording rules.

/** The labels that Prometheus adds to what it scrapes from us. */
export const scrapeLabels: readonly string[] = ['job', 'instance', 'vantage'];

const recorded = new Set(recordingRules.map(({ record }) => record));

/** The metric of the catalogue that a name in a query stands for, `_bucket` and the like taken off; `null`: there is none. */
export function metricBehind(name: string): MetricName | null {
  const known = (found: string): found is MetricName => metricNames.some((metric) => metric === found);
  if (known(name)) return name;
  const family = name.replace(/_(bucket|sum|count)$/, '');
  if (!known(family)) return null;
  const { type } = metricOf(family);
  return type === 'histogram' || (type === 'summary' && !name.endsWith('_bucket')) ? family : null;
}

/** The labels of the series of a name, those of the scrape included; `null`: neither catalogue nor rules have it. */
export function labelsOf(name: string): readonly string[] | null {
  if (name === 'up') return scrapeLabels;
  const le = /_bucket(:|$)/.test(name) ? ['le'] : [];
  if (name.includes(':')) {
    const labels = Object.entries(levels).find(([level]) => name.startsWith(`${level}:`))?.[1];
    const ofTarget = name.startsWith('everywhere:') ? [] : ['job'];
    return recorded.has(name) && labels !== undefined ? [...labels, ...ofTarget, ...le] : null;
  }
  const ofDoor = Object.entries(doorMetrics).find(([metric]) => metric === name.replace(/_bucket$/, ''));
  if (ofDoor !== undefined) return [...ofDoor[1].labels, ...scrapeLabels, ...le];
  const metric = metricBehind(name);
  return metric === null ? null : [...metricOf(metric).labels, ...scrapeLabels, ...le];
}

/** The names of series in a query. */
export function namesIn(query: string): readonly string[] {
  return [
    ...query.matchAll(
      /(?<![\w:])((?:[a-z_]+:)?mirror(?:watch)?_[a-z_]+(?::\w+)?|process_(?:start_time_seconds|resident_memory_bytes|open_fds|max_fds))\b/g,
    ),
  ].map(([, name = '']) => name);
}

/** The labels that a query makes itself. */
export function madeIn(query: string): readonly string[] {
  return [...query.matchAll(/, "(\w+)", "[^"]*", "\w*", "|\("(\w+)", /g)].map(
    ([, replaced, counted]) => replaced ?? counted ?? '',
  );
}

/** What of a query is not there, in words; empty when all is. */
export function unknownIn(query: string): readonly string[] {
  const found: string[] = [];
  // Kubernetes adds `pod`.
  const available = new Set<string>([...scrapeLabels, 'pod']);
  for (const label of madeIn(query)) available.add(label);
  const text = query.replace(/"[^"]*"/g, '""');
  for (const name of namesIn(text)) {
    const labels = labelsOf(name);
    if (labels === null) found.push(`metric ${name}`);
    for (const label of labels ?? []) available.add(label);
    const quoted = name.replace(/[:]/g, '\\$&');
    for (const [, matchers = ''] of text.matchAll(new RegExp(`${quoted}\\s*\\{([^}]*)\\}`, 'g')))
      for (const [, label = ''] of matchers.matchAll(/([a-z_]+)\s*(?:=~|!~|!=|=)/g))
        if (labels !== null && !labels.includes(label)) found.push(`label ${label} of ${name}`);
  }
  for (const [, list = ''] of text.matchAll(/\b(?:by|without|on|ignoring|group_left|group_right)\s*\(([^)]*)\)/g))
    for (const label of list.split(',').map((part) => part.trim()))
      if (label !== '' && !available.has(label)) found.push(`label ${label}`);
  return found;
}

/** The labels that the series of a query still have: those grouped by or joined, or without grouping all of its metrics. */
export function labelsAfter(query: string): readonly string[] {
  const grouped = [...query.matchAll(/\b(?:by|group_left)\s*\(([^)]*)\)/g)].flatMap(([, list = '']) =>
    list.split(/,\s*/),
  );
  return grouped.length > 0 ? grouped : namesIn(query).flatMap((name) => labelsOf(name) ?? []);
}
