import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { defaultRuleParameters } from '../../src/features/rules/parameters.ts';
import { renderRules } from '../../src/features/rules/rules.ts';
import { commandPath, tempDir } from '../support/paths.ts';
import { run } from '../support/process.ts';
import { real } from '../support/requires.ts';
import { type Group, groupsFor } from './alert-rules.ts';
import { type Row, rows } from './places-rows.ts';

// "This mirror is bad from most places" apart from "this place is bad", with 1, 2, 3 and 10 places.

const mirrors = ['a', 'b', 'c'];
const lasting = (value: number) => `${value}x30`;

const seriesOf = (places: Row['places']) =>
  places.flatMap((views, index) => {
    const scrape = `job="mirrorwatch",instance="w${index}:10120",vantage="p${index}"`;
    if (views.every((view) => view === 'silent')) return [];
    const suspect = views.some((view) => view === 'suspect') ? 1 : 0;
    return [
      { series: `mirror_vantage_suspect{${scrape}}`, values: lasting(suspect) },
      ...views.flatMap((view, at) => {
        const labels = `${scrape},ecosystem="go",registry="${mirrors[at]}"`;
        const isUp = view === 'up' ? 1 : 0;
        const last = {
          series: `mirror_probe_last_success_timestamp_seconds{${labels},step="mod"}`,
          values: lasting(0),
        };
        return [
          {
            series: `mirror_state{${labels},upstream="go",state="unknown"}`,
            values: lasting(view === 'unknown' ? 1 : 0),
          },
          ...(view === 'unknown' ? [] : [{ series: `mirror_up{${labels},upstream="go"}`, values: lasting(isUp) }]),
          ...(view === 'never' ? [] : [last]),
        ];
      }),
    ];
  });

/** The labels that tell alerts of one name apart here; promtool compares whole alerts, annotations included. */
function expectations({ down = [], most = {}, outliers = {} }: Row) {
  const at = (
    eval_time: string,
    alertname: string,
    exp_samples: readonly { labels: string; value: number }[],
    expr: string,
  ) => ({ alertname, eval_time, expr, exp_samples });
  const firing = (alert: string, level: string) =>
    `count by (${level}) (ALERTS{alertname="${alert}",alertstate="firing"})`;
  const one = (labels: string) => ({ labels, value: 1 });
  return [
    at(
      '20m',
      'MirrorDown',
      down.map((name) => name.split('/')).map(([place, mirror]) => one(`{vantage="${place}",registry="${mirror}"}`)),
      firing('MirrorDown', 'vantage, registry'),
    ),
    at(
      '20m',
      'MirrorDownMostPlaces',
      Object.keys(most).map((mirror) => one(`{registry="${mirror}"}`)),
      firing('MirrorDownMostPlaces', 'registry'),
    ),
    at(
      '20m',
      'votes',
      Object.entries(most).map(([mirror, value]) => ({ labels: `{registry="${mirror}"}`, value })),
      `sum by (registry) (registry:mirror_down:bool) and ${firing('MirrorDownMostPlaces', 'registry')}`,
    ),
    at(
      '20m',
      'VantageOutlier',
      Object.keys(outliers).map((place) => one(`{vantage="${place}"}`)),
      firing('VantageOutlier', 'vantage'),
    ),
  ].map(({ expr, eval_time, exp_samples }) => ({ expr, eval_time, exp_samples }));
}

/** What promtool says of stories under some rules. */
async function tested(rules: readonly Group[], story: object): Promise<{ code: number; output: string }> {
  const folder = tempDir('places');
  // JSON is YAML.
  writeFileSync(join(folder, 'rules.json'), JSON.stringify({ groups: rules }));
  const group_eval_order = rules.map(({ name }) => name);
  writeFileSync(join(folder, 'story.json'), JSON.stringify({ rule_files: ['rules.json'], group_eval_order, ...story }));
  const place = { cwd: folder, timeoutMs: 0 };
  const { code, stdout, stderr } = await run(commandPath('promtool'), ['test', 'rules', 'story.json'], place);
  return { code, output: code === 0 ? '' : stdout + stderr };
}

const groupsOf = (vantages: number): readonly Group[] =>
  (parse(renderRules({ ...defaultRuleParameters, vantages })) as { readonly groups: readonly Group[] }).groups;
/** What the expectations of a row name. */
const told = ['MirrorDown', 'MirrorDownMostPlaces', 'VantageOutlier', 'registry:mirror_down:bool'];

// Reading the rules costs promtool more than a story does: the stories of as many promised places are one run.
real('votes of the places', ['promtool'], () => {
  const testOf = (row: Row) => ({
    name: row.name,
    interval: '1m',
    input_series: seriesOf(row.places),
    promql_expr_test: expectations(row),
  });

  const isOfTen = ({ places }: Row) => places.length === 10;

  test('of ten, where no rule of the whole file fails', async () => {
    const tests = rows.filter(isOfTen).map(testOf);
    expect(tests).not.toEqual([]);
    const rules = groupsOf(defaultRuleParameters.vantages);
    expect(await tested(rules, { evaluation_interval: '1m', tests })).toEqual({ code: 0, output: '' });
  });

  const fewer = Map.groupBy(
    rows.filter((row) => !isOfTen(row)),
    ({ vantages = defaultRuleParameters.vantages }) => vantages,
  );
  test.each([...fewer])('of fewer, where %i are promised', async (vantages, some) => {
    const tests = some.map(testOf);
    const rules = groupsFor(told, groupsOf(vantages));
    expect(await tested(rules, { evaluation_interval: '1m', tests })).toEqual({ code: 0, output: '' });
  });
});

real('what a page of the fleet reads', ['promtool'], () => {
  test('when a daemon was last scraped is kept for a day, the furthest module is the lag', async () => {
    const scrape = 'job="mirrorwatch",instance="w:10120",vantage="fra"';
    const sample = (labels: string, value: number) => ({ labels, value });
    const seen = 'place:mirrorwatch_build_info:last_seen';
    const lag = 'registry:mirror_lag_seconds:lower';
    const story = {
      evaluation_interval: '5m',
      tests: [
        {
          interval: '1m',
          input_series: [
            { series: `mirrorwatch_build_info{${scrape},version="1",node="24"}`, values: '1x10 stale' },
            {
              series: `mirror_lag_seconds{${scrape},ecosystem="go",registry="a",module="m",bound="lower"}`,
              values: '60x10',
            },
            {
              series: `mirror_lag_seconds{${scrape},ecosystem="go",registry="a",module="n",bound="lower"}`,
              values: '90x10',
            },
            {
              series: `mirror_lag_seconds{${scrape},ecosystem="go",registry="a",module="m",bound="upper"}`,
              values: '900x10',
            },
            { series: `mirror_sync_lag_seconds{${scrape},ecosystem="go",registry="a",bound="lower"}`, values: '30x10' },
          ],
          promql_expr_test: [
            {
              expr: seen,
              eval_time: '10m',
              exp_samples: [sample(`${seen}{instance="w:10120",job="mirrorwatch",vantage="fra"}`, 600)],
            },
            {
              expr: seen,
              eval_time: '23h',
              exp_samples: [sample(`${seen}{instance="w:10120",job="mirrorwatch",vantage="fra"}`, 600)],
            },
            { expr: seen, eval_time: '25h', exp_samples: [] },
            {
              expr: lag,
              eval_time: '10m',
              exp_samples: [sample(`${lag}{ecosystem="go",job="mirrorwatch",registry="a",vantage="fra"}`, 90)],
            },
          ],
        },
      ],
    };
    expect(await tested(groupsFor([seen, lag], groupsOf(defaultRuleParameters.vantages)), story)).toEqual({
      code: 0,
      output: '',
    });
  });
});

test('the table of places: has 1, 2, 3 and 10 of them', () =>
  expect(new Set(rows.map(({ places }) => places.length))).toEqual(new Set([1, 2, 3, 10])));
