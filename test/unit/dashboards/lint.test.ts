import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { metricNames, metricOf } from '../../../src/export/catalog.ts';
import { panelsOf, plainBoards } from '../../real/boards-grafana.ts';
import { repoDir } from '../../support/paths.ts';

// The rules of Grafana's dashboard-linter, written from its documentation (grafana/dashboard-linter docs/index.md), as
// far as they speak of Prometheus. The linter itself was not to be had where this was written: the Go module proxy
// answers 403 for it. dashboards/.lint is in its own form, for whoever has it.

interface Exclusion {
  readonly reason: string;
  readonly entries?: readonly { readonly dashboard: string; readonly panel: string }[];
}

const text = readFileSync(join(repoDir, 'dashboards/.lint'), 'utf8');
const { exclusions } = parse(text) as { exclusions: Readonly<Record<string, Exclusion>> };

const targets = Object.values(plainBoards).flatMap((board) =>
  panelsOf(board).flatMap((panel) =>
    (panel.targets ?? []).map(({ expr, refId }) => ({ dashboard: board.title, panel: panel.title, refId, expr })),
  ),
);
const counters = metricNames.filter((name) => metricOf(name).type === 'counter');

/** Says what breaks a rule, by panel. */
const rules: Readonly<Record<string, (target: (typeof targets)[number]) => boolean>> = {
  'target-job-rule': ({ expr }) => !expr.includes('job=~"$job"'),
  'target-instance-rule': ({ expr }) => !expr.includes('instance=~"$instance"'),
  'target-rate-interval-rule': ({ expr }) =>
    [...expr.matchAll(/\[([^\]]+)\]/g)].some(([, range]) => range !== '$__rate_interval'),
  'target-counter-agg-rule': ({ expr }) =>
    counters.some((name) =>
      [...expr.matchAll(new RegExp(`(\\w+)\\(${name}\\{|${name}\\{`, 'g'))].some(
        ([, call]) => !['rate', 'increase', 'irate'].includes(call ?? ''),
      ),
    ),
};

describe.each(Object.entries(rules))('%s', (rule, isBroken) => {
  const key = (one: { dashboard: string; panel: string }) => `${one.dashboard}: ${one.panel}`;
  const broken = [...new Set(targets.filter(isBroken).map(key))];

  test('is kept, but for the exceptions', () => {
    const exclusion = exclusions[rule];
    if (exclusion === undefined) expect(broken).toEqual([]);
    else if (exclusion.entries === undefined) expect(broken.length).toBeGreaterThan(0);
    else expect([...exclusion.entries.map(key)].sort()).toEqual([...broken].sort());
  });
});

test.each(Object.entries(exclusions))('%s is excluded for a reason', (_, { reason }) => {
  expect(reason.length).toBeGreaterThan(20);
});

test.each(Object.entries(plainBoards))(
  '%s: template-datasource, template-uneditable, on-time-change-reload',
  (_, board) => {
    const [first] = board.templating.list;
    expect(first).toMatchObject({ name: 'datasource', type: 'datasource', query: 'prometheus', label: 'Data source' });
    expect((board as unknown as { editable: boolean }).editable).toBe(false);
    for (const { type, refresh } of board.templating.list) if (type === 'query') expect(refresh).toBe(2);
  },
);

test.each(Object.entries(plainBoards))('%s: panel-units', (_, board) => {
  const grafanas = ['none', 's', 'percentunit', 'dtdurations', 'bytes', 'Bps', 'cps'];
  const units = panelsOf(board).map(({ fieldConfig }) => fieldConfig?.defaults.unit ?? '');
  expect(units.filter((unit) => !grafanas.includes(unit))).toEqual([]);
});
