import { describe, expect, test } from 'vitest';
import { metricNames } from '../../../src/export/catalog.ts';
import { annotationQueries, panelQueries, variableQueries } from '../../real/boards-grafana.ts';
import { alertRules, recordingRules } from '../../rules/alert-rules.ts';
import { labelsAfter, namesIn, unknownIn } from '../../rules/queries.ts';

/** A board's variables are not Prometheus's syntax; their values do not matter here. */
const plain = (query: string) =>
  query
    .replace(/"\$\w+"/g, '"x"')
    .replace(/\[\$\w+\]/g, '[1h]')
    .replace(/\$\w+/g, '1');
const queries = [...panelQueries, ...annotationQueries];

describe('metrics and labels', () => {
  test.each(queries)('$key $of asks for what the catalogue has', ({ expr }) => {
    expect(unknownIn(plain(expr))).toEqual([]);
  });

  test.each(queries)('$key $of names no label that its series have lost', ({ expr, needs }) => {
    const kept = labelsAfter(expr);
    expect(needs.filter((label) => !kept.includes(label))).toEqual([]);
  });

  test.each(variableQueries)('$key lists a label of its metric', ({ selector, label }) => {
    expect(unknownIn(`sum by (${label}) (${plain(selector)})`)).toEqual([]);
  });

  test('boards stand on what is scraped alone: they show the same without our recording rules', () => {
    const recorded = recordingRules.map(({ record }) => record);
    expect(queries.flatMap(({ expr }) => namesIn(expr)).filter((name) => recorded.includes(name))).toEqual([]);
  });
});

test('the catalogue has no metric that neither a board nor a rule uses, but for those that boards of any process read', () => {
  const all = [...queries, ...alertRules, ...recordingRules].flatMap(({ expr }) => namesIn(expr));
  const used = new Set(all.map((name) => name.replace(/^\w+:|:\w+$/g, '')));
  const alone = metricNames.filter(
    (name) =>
      !name.startsWith('process_') &&
      ![name, `${name}_bucket`, `${name}_count`, `${name}_sum`].some((one) => used.has(one)),
  );
  expect(alone).toEqual([]);
});
