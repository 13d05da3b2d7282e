import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type MetricName, metricNames, metricOf } from '../../src/export/catalog.ts';
import { real } from '../support/requires.ts';
import { alertRules } from './alert-rules.ts';

// Dashboards and alerts may use what the catalogue has, and the labels that Prometheus adds to a scrape.

const scrapeLabels = ['job', 'instance', 'vantage'];

/** The metric of the catalogue that a name in a query stands for, `_bucket` and the like taken off; `null`: there is none. */
function metricBehind(name: string): MetricName | null {
  const known = (found: string): found is MetricName => metricNames.some((metric) => metric === found);
  if (known(name)) return name;
  const family = name.replace(/_(bucket|sum|count)$/, '');
  return known(family) && metricOf(family).type === 'histogram' ? family : null;
}

function labelsOf(name: string, metric: MetricName): readonly string[] {
  return [...metricOf(metric).labels, ...scrapeLabels, ...(name.endsWith('_bucket') ? ['le'] : [])];
}

/** What of a query is not in the catalogue, in words; empty when all is. */
function unknownIn(query: string): readonly string[] {
  const found: string[] = [];
  const available = new Set<string>(scrapeLabels);
  for (const [, name = '', matchers = ''] of query.matchAll(/\b(mirror(?:watch)?_[a-z_]+)\b(?:\s*\{([^}]*)\})?/g)) {
    const metric = metricBehind(name);
    if (metric === null) {
      found.push(`metric ${name}`);
      continue;
    }
    const labels = labelsOf(name, metric);
    for (const label of labels) available.add(label);
    for (const [, label = ''] of matchers.matchAll(/([a-z_]+)\s*(?:=~|!~|!=|=)/g))
      if (!labels.includes(label)) found.push(`label ${label} of ${name}`);
  }
  for (const [, list = ''] of query.matchAll(/\b(?:by|without|on|ignoring|group_left|group_right)\s*\(([^)]*)\)/g))
    for (const label of list.split(',').map((part) => part.trim()))
      if (label !== '' && !available.has(label)) found.push(`label ${label}`);
  return found;
}

/** The labels that the series of a query still have: those grouped by, or without grouping all of its metrics. */
function labelsAfter(query: string): readonly string[] {
  const grouped = [...query.matchAll(/\bby\s*\(([^)]*)\)/g)].flatMap(([, list = '']) => list.split(/,\s*/));
  if (grouped.length > 0) return grouped;
  return [...query.matchAll(/\b(mirror(?:watch)?_[a-z_]+)\b/g)].flatMap(([, name = '']) => {
    const metric = metricBehind(name);
    return metric === null ? [] : labelsOf(name, metric);
  });
}

interface Panel {
  readonly title: string;
  readonly type: string;
  readonly description?: string;
  readonly targets?: readonly { readonly expr: string; readonly legendFormat?: string }[];
  readonly datasource?: { readonly uid: string };
  readonly fieldConfig?: { readonly defaults: { readonly unit?: string } };
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
}

const board = JSON.parse(readFileSync(join(import.meta.dirname, '../../dashboards/mirrorwatch.json'), 'utf8')) as {
  readonly uid: string;
  readonly panels: readonly Panel[];
  readonly templating: {
    readonly list: readonly { readonly name: string; readonly type: string; readonly query?: unknown }[];
  };
};
const panels = board.panels.filter(({ type }) => type !== 'row');
/** A dashboard's variables are not Prometheus's syntax; values do not matter here. */
const plain = (query: string) => query.replace(/\$\{?\w+(:\w+)?\}?/g, 'x');

describe('the reader of queries finds', () => {
  test.each([
    {
      name: 'nothing in a good query',
      query: 'sum by (le) (rate(mirror_probe_rtt_seconds_bucket{step="mod"}[1h]))',
      finds: [],
    },
    {
      name: 'a metric that is not',
      query: 'rate(mirror_probe_rtt_second_bucket[1h])',
      finds: ['metric mirror_probe_rtt_second_bucket'],
    },
    { name: 'a bucket of a gauge', query: 'mirror_up_bucket', finds: ['metric mirror_up_bucket'] },
    {
      name: 'a matcher that the metric does not have',
      query: 'mirror_up{step="mod"}',
      finds: ['label step of mirror_up'],
    },
    { name: 'a grouping that no metric has', query: 'sum by (reason) (mirror_up)', finds: ['label reason'] },
  ])('$name', ({ query, finds }) => {
    expect(unknownIn(query)).toEqual(finds);
  });
});

real('promtool on queries', ['promtool'], () => {
  test('the board and docs/metrics.md hold well-formed queries', () => {
    const page = readFileSync(join(import.meta.dirname, '../../docs/metrics.md'), 'utf8');
    const documented = [...page.matchAll(/```promql\n([^`]+)```/g)].flatMap(([, block = '']) =>
      block.trim().split('\n'),
    );
    const queries = [...documented, ...panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => plain(expr)))];
    const rules = queries.map((expr, index) => ({ record: `query:${index}`, expr }));
    const folder = mkdtempSync(join(tmpdir(), 'mirrorwatch-queries-'));
    try {
      writeFileSync(join(folder, 'rules.yml'), JSON.stringify({ groups: [{ name: 'queries', rules }] }));
      const out = execFileSync('promtool', ['check', 'rules', join(folder, 'rules.yml')], { encoding: 'utf8' });
      expect(out).toContain(`SUCCESS: ${queries.length} rules found`);
    } finally {
      rmSync(folder, { recursive: true });
    }
    for (const query of documented) expect(unknownIn(query)).toEqual([]);
  });
});

describe('alerts', () => {
  test.each(alertRules)('$alert uses what the catalogue has', ({ expr, annotations }) => {
    expect(unknownIn(expr)).toEqual([]);
    const used = [...expr.matchAll(/\b(mirror(?:watch)?_[a-z_]+)\b/g)].flatMap(([, name = '']) => {
      const metric = metricBehind(name);
      return metric === null ? [] : labelsOf(name, metric);
    });
    const shown = [
      ...Object.values(annotations)
        .join(' ')
        .matchAll(/\$labels\.(\w+)/g),
    ].map(([, label]) => label);
    expect(shown.filter((label) => ![...used, ...scrapeLabels].includes(label ?? ''))).toEqual([]);
  });

  test.each([
    'mirror_up',
    'mirror_probe_last_success_timestamp_seconds',
    'mirror_tls_certificate_expiry_timestamp_seconds',
    'mirror_vantage_suspect',
  ])('%s has a partner on its absence', (metric) => {
    const alone = alertRules.filter(({ expr }) => expr.includes(metric));
    const partner = alertRules.filter(
      ({ expr }) =>
        new RegExp(`unless[^]*${metric}`).test(expr) ||
        (metric === 'mirror_up' && expr.includes('mirror_state{state="unknown"}')),
    );
    expect(alone.length).toBeGreaterThan(0);
    expect(partner.length).toBeGreaterThan(0);
  });
});

describe('the board', () => {
  test.each(panels)('$title uses what the catalogue has', ({ targets = [] }) => {
    expect(targets.length).toBeGreaterThan(0);
    for (const { expr, legendFormat = '' } of targets) {
      expect(unknownIn(plain(expr))).toEqual([]);
      const named = [...legendFormat.matchAll(/\{\{\s*(\w+)\s*\}\}/g)].map(([, label = '']) => label);
      const kept = labelsAfter(expr);
      expect(named.filter((label) => !kept.includes(label))).toEqual([]);
    }
  });

  test.each(panels)('$title has a description, a unit and the chosen data source', (panel) => {
    expect(panel.description ?? '').toMatch(/\.$/);
    expect(panel.fieldConfig?.defaults.unit ?? '').not.toBe('');
    expect(panel.datasource?.uid).toBe(['$', '{datasource}'].join(''));
  });

  test('variables ask for labels that are there', () => {
    const queries = board.templating.list.filter(({ type }) => type === 'query');
    expect(queries.length).toBeGreaterThan(0);
    for (const { query } of queries) {
      const text = typeof query === 'string' ? query : String((query as { query: string }).query);
      const [, metric = '', label = ''] = /^label_values\((\w+)(?:\{[^}]*\})?, (\w+)\)$/.exec(text) ?? [];
      expect(unknownIn(`sum by (${label}) (${metric})`)).toEqual([]);
      expect(unknownIn(plain(text.replace('label_values', '')))).toEqual([]);
    }
    expect(board.templating.list[0]).toMatchObject({ name: 'datasource', type: 'datasource', query: 'prometheus' });
  });

  test('panels lie on the grid without covering each other', () => {
    const taken = new Set<string>();
    for (const { title, gridPos } of board.panels)
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++)
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
          expect(x, title).toBeLessThan(24);
          expect(taken.has(`${x},${y}`), `${title} at ${x},${y}`).toBe(false);
          taken.add(`${x},${y}`);
        }
  });
});
