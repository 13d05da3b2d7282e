import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { defaultRuleParameters } from '../../../src/features/rules/parameters.ts';
import { renderRules } from '../../../src/features/rules/rules.ts';
import { importBoard, prometheusRule } from '../../../tools/release/monitoring.ts';
import { namesIn } from '../../rules/queries.ts';
import { commandPath, repoDir, tempDir } from '../../support/paths.ts';
import { mustRun } from '../../support/process.ts';
import { real } from '../../support/requires.ts';
import { conform } from './chart.ts';

const text = (path: string): string => readFileSync(join(repoDir, path), 'utf8');
const rules = text('alerts/mirrorwatch.yml');
const boardNames = readdirSync(join(repoDir, 'dashboards')).filter((name) => name.endsWith('.json'));

interface Group {
  readonly name: string;
  readonly rules: readonly {
    readonly alert?: string;
    readonly expr: string;
    readonly annotations?: { readonly runbook_url: string };
  }[];
}
const { groups } = parse(rules) as { readonly groups: readonly Group[] };

/** What the mixin is, manifested by jsonnet. @param config  put over `_config` */
async function mixin(config = '{}') {
  const program = `local m = (import 'mixin.libsonnet') + { _config+:: ${config} };
    { alerts: m.prometheusAlerts.groups, rules: m.prometheusRules.groups, boards: m.grafanaDashboards }`;
  const told = await mustRun(commandPath('jsonnet'), ['-J', join(repoDir, 'deploy/mixin'), '-e', program]);
  return JSON.parse(told) as { alerts: Group[]; rules: Group[]; boards: Record<string, object> };
}

real('the monitoring mixin', ['deploy'], () => {
  it('is the rules and boards of the files, each once', async () => {
    const { alerts, rules: recorded, boards } = await mixin();
    const part = (isAlert: boolean) =>
      groups
        .map((group) => ({ ...group, rules: group.rules.filter(({ alert }) => (alert !== undefined) === isAlert) }))
        .filter((group) => group.rules.length > 0);
    expect(alerts).toEqual(part(true));
    expect(recorded).toEqual(part(false));
    expect(boards).toEqual(
      Object.fromEntries(boardNames.map((name) => [`mirrorwatch-${name}`, JSON.parse(text(`dashboards/${name}`))])),
    );
  });

  it('with the numbers of a site it is what `mirrorwatch rules` prints for them', async () => {
    const own = {
      sloPercent: 99.5,
      vantages: 3,
      grafana: 'https://grafana.example.com',
      runbook: 'https://wiki.example.com/m',
    };
    const { alerts, rules: recorded } = await mixin(
      "{ sloPercent: 99.5, vantages: 3, grafanaUrl: 'https://grafana.example.com', runbookUrl: 'https://wiki.example.com/m' }",
    );
    const printed = parse(renderRules({ ...defaultRuleParameters, ...own })) as { readonly groups: readonly Group[] };
    const rulesIn = (all: readonly Group[]) => all.flatMap((group) => group.rules);
    const all = rulesIn(printed.groups);
    expect(rulesIn(alerts)).toEqual(all.filter(({ alert }) => alert !== undefined));
    expect(rulesIn(recorded)).toEqual(all.filter(({ alert }) => alert === undefined));
    await expect(mixin('{ sloPercent: 100 }')).rejects.toThrow('sloPercent is from 94 to 99.999');
  });

  it('has its selector at each series of a scrape, its tags at each board, and Prometheus takes it', async () => {
    const matcher = 'cluster="eu"';
    const {
      alerts,
      rules: recorded,
      boards,
    } = await mixin(`{ mirrorwatchSelector: '${matcher}', dashboardTags: ['mine'] }`);
    const exprs = [...alerts, ...recorded].flatMap((group) => group.rules.map(({ expr }) => expr));
    const raw = exprs.map((expr) => [expr, namesIn(expr).filter((name) => !name.includes(':'))] as const);
    expect(raw.flatMap(([, names]) => names).length).toBeGreaterThan(60);
    for (const [expr, names] of raw)
      for (const name of names)
        expect(expr.replaceAll(new RegExp(`(?<![\\w:])${name}\\{${matcher}[,}]`, 'g'), '')).not.toMatch(
          new RegExp(`(?<![\\w:])${name}(?![\\w:])`),
        );
    expect(Object.values(boards).map((board) => (board as { tags: object }).tags)).toEqual(
      boardNames.map(() => ['mine']),
    );
    const folder = tempDir('mixin');
    writeFileSync(
      join(folder, 'rules.json'),
      JSON.stringify({ groups: [...recorded, ...alerts.map((group) => ({ ...group, name: `${group.name}-alerts` }))] }),
    );
    expect(await mustRun(commandPath('promtool'), ['check', 'rules', join(folder, 'rules.json')])).toContain('SUCCESS');
  });

  it('puts a runbook of one’s own in place of docs/runbook.md', async () => {
    const { alerts } = await mixin("{ runbookUrl: 'https://wiki.example.com/m' }");
    const urls = alerts.flatMap((group) => group.rules.map(({ annotations }) => annotations?.runbook_url ?? ''));
    expect(urls.length).toBeGreaterThan(20);
    expect(urls.filter((url) => !url.startsWith('https://wiki.example.com/m#'))).toEqual([]);
  });

  it('as a PrometheusRule the rules are the same, and Kubernetes takes it', async () => {
    const resource = prometheusRule(rules);
    expect(parse(resource).spec).toEqual({ groups });
    expect((await conform(resource)).stdout).toContain('Valid: 1, Invalid: 0');
  });
});

it.each(boardNames)('%s asks for its data source where it is imported by hand, and is the same otherwise', (name) => {
  const board = JSON.parse(text(`dashboards/${name}`));
  const { __inputs: inputs, ...rest } = importBoard(board) as { __inputs: { name: string; pluginId: string }[] };
  expect(inputs).toMatchObject([{ name: 'DS_PROMETHEUS', type: 'datasource', pluginId: 'prometheus' }]);
  const filled = JSON.parse(JSON.stringify(rest).replaceAll(/\$\{DS_PROMETHEUS\}/g, 'uid-of-a-person'));
  const source = filled.templating.list.find(({ type }: { type: string }) => type === 'datasource');
  expect(source.current.value).toBe('uid-of-a-person');
  delete source.current;
  expect(filled).toEqual(board);
  // Every panel takes the source from the variable.
  expect(JSON.stringify(board)).not.toMatch(/"uid":"(?!\$\{datasource\}|-- )[^"]*","type":"prometheus"/);
});
