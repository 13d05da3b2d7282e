import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { routes } from '../../../src/api/problem.ts';
import { webhookEvents } from '../../../src/core/config.ts';
import { alertOutcomes } from '../../../src/core/evidence.ts';
import { phases } from '../../../src/core/failure.ts';
import { findingKinds } from '../../../src/core/finding.ts';
import { mirrorFindingKinds, ownFindingKinds } from '../../../src/export/catalog/values.ts';
import { metricNames } from '../../../src/export/catalog.ts';
import { alertNameOf, renderAlertBody } from '../../../src/notify/alerts.ts';
import { webhookSchemas } from '../../../tools/webhook-schemas.ts';
import { alertRules } from '../../rules/alert-rules.ts';
import { labelsOf, namesIn } from '../../rules/queries.ts';
import { advice, finding } from '../notify/stage.ts';
import { adviceStates } from './lists.ts';

// What pages repeat of the code in tables and sentences that no tool writes.

const pageOf = (path: string): string => readFileSync(join(import.meta.dirname, '../../..', path), 'utf8');

/** The cells of the table of a page under a head, rows as they stand. */
function table(page: string, ...head: readonly string[]): readonly (readonly string[])[] {
  const lines = page.split('\n');
  const from = lines.findIndex((line) => line.replaceAll(' ', '') === `|${head.join('|')}|`.replaceAll(' ', ''));
  const rest = lines.slice(from + 2);
  const end = rest.findIndex((line) => !line.startsWith('|'));
  return from < 0 ? [] : rest.slice(0, end).map((line) => line.slice(2, -2).split(' | '));
}

const coded = (text = ''): readonly string[] => [...text.matchAll(/`([^`]+)`/g)].map(([, word = '']) => word);

describe('docs/webhooks.md', () => {
  const page = pageOf('docs/webhooks.md');

  it('has each type once, with what its data holds', () => {
    const rows = table(page, 'type', 'meaning', '`data` also has', 'schema');
    expect(rows.map(([type]) => coded(type)[0])).toEqual(Object.keys(webhookSchemas));
    for (const [type, , data] of rows) {
      const schema = z.toJSONSchema(webhookSchemas[coded(type)[0] as keyof typeof webhookSchemas]);
      const held = schema.properties?.['data'] as { readonly properties: object } | undefined;
      expect(coded(data)).toEqual(
        Object.keys(held?.properties ?? {}).filter(
          (key) => !['seq', 'subject', 'vantage', 'story', 'updates'].includes(key),
        ),
      );
    }
  });

  it('says of advice what can become of it', () => {
    const rows = table(page, 'type', 'meaning', '`data` also has', 'schema');
    const [, meaning = ''] = rows.find(([type]) => type?.includes('mirror.advice')) ?? [];
    expect(adviceStates.filter((state) => !meaning.includes(state))).toEqual([]);
  });

  it('names the labels and annotations of a pushed alert, all of them', () => {
    const origin = { vantage: 'here', base: 'http://w:1' };
    const [alert] = JSON.parse(renderAlertBody(finding('outage', 'a'), origin, 'en', 0, advice('advised'))) as [
      Readonly<Record<string, object>>,
    ];
    const rows = new Map(table(page, '', '').map(([name = '', ...text]) => [coded(name)[0] ?? name, text.join()]));
    const named = (row: string) => coded(rows.get(row)?.replace(/\([^)]*\)/g, '')).toSorted();
    expect(named('labels')).toEqual(Object.keys(alert['labels'] ?? {}).toSorted());
    expect(named('annotations')).toEqual(Object.keys(alert['annotations'] ?? {}).toSorted());
    expect([...rows.keys()].toSorted()).toEqual(Object.keys(alert).toSorted());
  });
});

describe('other pages', () => {
  it('docs/loop.md has what can become of an alert', () => {
    const rows = table(pageOf('docs/loop.md'), 'outcome', 'the alert');
    expect(rows.map(([outcome]) => coded(outcome)[0])).toEqual(alertOutcomes);
  });
  it('docs/detection.md says of each kind that is looked for when it opens and closes', () => {
    const rows = table(pageOf('docs/detection.md'), 'kind', 'opens', 'closes');
    expect(rows.flatMap(([kinds]) => coded(kinds)).toSorted()).toEqual(
      [...mirrorFindingKinds, ...ownFindingKinds].toSorted(),
    );
  });
  it('docs/glossary.md has the phases in their order', () => {
    expect(pageOf('docs/glossary.md')).toContain(`| phase | \`${phases.join(' ')}\`;`);
  });
  it.each(['README.md', 'docs/operations.md'])('%s names metrics and labels that there are', (path) => {
    const names = [...new Set(namesIn(pageOf(path)))];
    expect(names.length).toBeGreaterThan(2);
    expect(names.filter((name) => labelsOf(name) === null && !metricNames.some((one) => one.startsWith(name)))).toEqual(
      [],
    );
  });
  it.each([
    'README.md',
    'docs/probes.md',
    'docs/advice.md',
    'docs/operations.md',
    'docs/loop.md',
    'docs/runbook.md',
    'docs/webhooks.md',
    'docs/detection.md',
    'docs/performance.md',
  ])('%s names paths of the API that there are', (path) => {
    const written = [...pageOf(path).matchAll(/\/api\/v1\/(?:\{[\w,]+\}|[\w/:<>.-]*\w)/g)].map(([found]) => found);
    const paths = written.flatMap((found) => {
      const [, start = '', list] = /^([^{]*)\{(.*)\}$/.exec(found) ?? [];
      return list === undefined ? [found] : list.split(',').map((one) => start + one);
    });
    const known = routes.map(([, route]) => new RegExp(`^${route.replace(/\{\w+\}/g, '[^/]+')}$`));
    expect(paths.filter((found) => !known.some((one) => one.test(found)))).toEqual([]);
  });
});

describe('lists beside the kinds of finding', () => {
  it('a receiver can ask for each of them, for recoveries, for advice and for actions', () => {
    expect(webhookEvents).toEqual([...findingKinds, 'recovery', 'advice', 'action']);
  });
  it('no alert that is pushed has the name of a rule: Alertmanager would take them for one', () => {
    const names = alertRules.map(({ alert }) => alert);
    expect(findingKinds.map(alertNameOf).filter((name) => names.includes(name))).toEqual([]);
  });
});
