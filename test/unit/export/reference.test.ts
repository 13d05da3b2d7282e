import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { metricNames } from '../../../src/export/catalog.ts';
import { metricsPage, metricsPagePath } from '../../../tools/generate-metrics-docs.ts';

const page = readFileSync(metricsPagePath, 'utf8');

test('docs/metrics.md is what the catalogue says (npx node tools/generate-metrics-docs.ts writes it)', () => {
  expect(page).toBe(metricsPage());
});

test('each metric has one section, and there is none for another', () => {
  expect([...page.matchAll(/^### (\S+)$/gm)].map(([, name]) => name)).toEqual(metricNames);
});
