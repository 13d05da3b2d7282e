import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { defaultRuleParameters } from '../../src/features/rules/parameters.ts';
import { renderRules } from '../../src/features/rules/rules.ts';
import { commandPath, removeTempDir, tempDir } from '../support/paths.ts';
import { run } from '../support/process.ts';
import { real } from '../support/requires.ts';
import { type Group, groupsFor } from './alert-rules.ts';

// "This mirror is bad from most places" apart from "this place is bad", with 1, 2, 3 and 10 places.

/** What one place sees of one mirror for half an hour; `silent`: the daemon is not scraped. */
type View = 'up' | 'down' | 'unknown' | 'suspect' | 'never' | 'silent';

interface Row {
  readonly name: string;
  /** By place, then by mirror `a`, `b`, `c`. */
  readonly places: readonly (readonly View[])[];
  /** `--vantages` */
  readonly vantages?: number;
  /** `place/mirror` of MirrorDown. */
  readonly down?: readonly string[];
  /** Mirrors of MirrorDownMostPlaces, with the places that see it. */
  readonly most?: Readonly<Record<string, number>>;
  /** Places of VantageOutlier, with the mirrors that are bad there alone. */
  readonly outliers?: Readonly<Record<string, number>>;
}

const repeat = <T>(count: number, value: T): T[] => Array.from({ length: count }, () => value);
const allUp: readonly View[] = ['up', 'up', 'up'];
const aDown: readonly View[] = ['down', 'up', 'up'];
const bad: readonly View[] = ['down', 'down', 'up'];
const seen = (places: readonly number[], mirror: string) => places.map((place) => `p${place}/${mirror}`);

const rows: readonly Row[] = [
  { name: '1 place: a mirror is down from here, more is not to be said', places: [aDown], down: ['p0/a'] },
  {
    name: '1 place: all mirrors down is neither the mirrors from most places nor an outlier',
    places: [['down', 'down', 'down']],
    down: ['p0/a', 'p0/b', 'p0/c'],
  },
  { name: '2 places: one of them is no majority', places: [aDown, allUp], down: ['p0/a'] },
  { name: '2 places: both are', places: [aDown, aDown], down: seen([0, 1], 'a'), most: { a: 2 } },
  {
    name: '2 places: two of three mirrors are bad in one, which is the place',
    places: [bad, allUp],
    down: ['p0/a', 'p0/b'],
    outliers: { p0: 2 },
  },
  {
    name: '2 places: one cannot tell, the other is alone',
    places: [bad, repeat(3, 'unknown')],
    down: ['p0/a', 'p0/b'],
  },
  {
    name: '2 places: one mirror alone is bad in one of them, and no other is compared',
    places: [
      ['down', 'unknown', 'unknown'],
      ['up', 'unknown', 'unknown'],
    ],
    down: ['p0/a'],
  },
  { name: '2 places: one is silent, the other is alone', places: [bad, repeat(3, 'silent')], down: ['p0/a', 'p0/b'] },
  { name: '3 places: one of three is no majority', places: [aDown, allUp, allUp], down: ['p0/a'] },
  { name: '3 places: two of three are', places: [aDown, aDown, allUp], down: seen([0, 1], 'a'), most: { a: 2 } },
  { name: '3 places: all of three', places: [aDown, aDown, aDown], down: seen([0, 1, 2], 'a'), most: { a: 3 } },
  {
    name: '3 places: two down and one that cannot tell are still most',
    places: [aDown, aDown, repeat(3, 'unknown')],
    down: seen([0, 1], 'a'),
    most: { a: 2 },
  },
  {
    name: '3 places: one down and two that cannot tell are not',
    places: [aDown, repeat(3, 'unknown'), repeat(3, 'unknown')],
    down: ['p0/a'],
  },
  {
    name: '3 places: a suspect place has no vote on a mirror',
    places: [aDown, repeat(3, 'suspect'), allUp],
    down: ['p0/a', 'p1/a', 'p1/b', 'p1/c'],
  },
  {
    name: '3 places: bad in one, which is the place; the mirror that is down everywhere is a mirror',
    places: [
      ['down', 'down', 'down'],
      ['up', 'up', 'down'],
      ['up', 'up', 'down'],
    ],
    down: ['p0/a', 'p0/b', 'p0/c', 'p1/c', 'p2/c'],
    most: { c: 3 },
    outliers: { p0: 2 },
  },
  {
    name: '3 places: an origin that nobody ever reached is down from nowhere',
    places: repeat(3, ['never', 'up', 'up'] as const),
  },
  {
    name: '3 places of which one is silent: the two that see it are most of the two',
    places: [aDown, aDown, repeat(3, 'silent')],
    down: seen([0, 1], 'a'),
    most: { a: 2 },
  },
  {
    name: '2 places where 5 are promised: both are not most of them',
    places: [aDown, aDown],
    vantages: 5,
    down: seen([0, 1], 'a'),
  },
  {
    name: '3 places where 5 are promised: three are',
    places: [aDown, aDown, aDown],
    vantages: 5,
    down: seen([0, 1, 2], 'a'),
    most: { a: 3 },
  },
  {
    name: '10 places: five are not most',
    places: [...repeat(5, aDown), ...repeat(5, allUp)],
    down: seen([0, 1, 2, 3, 4], 'a'),
  },
  {
    name: '10 places: six are',
    places: [...repeat(6, aDown), ...repeat(4, allUp)],
    down: seen([0, 1, 2, 3, 4, 5], 'a'),
    most: { a: 6 },
  },
  {
    name: '10 places: two bad ones are two bad places',
    places: [bad, bad, ...repeat(8, allUp)],
    down: ['p0/a', 'p0/b', 'p1/a', 'p1/b'],
    outliers: { p0: 2, p1: 2 },
  },
  {
    name: '10 places: four down and six that cannot tell are not most',
    places: [...repeat(4, aDown), ...repeat(6, repeat(3, 'unknown' as const))],
    down: seen([0, 1, 2, 3], 'a'),
  },
];

const mirrors = ['a', 'b', 'c'];
const lasting = (value: number) => `${value}x30`;

function seriesOf(places: Row['places']) {
  return places.flatMap((views, index) => {
    const scrape = `job="mirrorwatch",instance="w${index}:10120",vantage="p${index}"`;
    if (views.every((view) => view === 'silent')) return [];
    const suspect = views.some((view) => view === 'suspect') ? 1 : 0;
    return [
      { series: `mirror_vantage_suspect{${scrape}}`, values: lasting(suspect) },
      ...views.flatMap((view, at) => {
        const labels = `${scrape},ecosystem="go",registry="${mirrors[at]}"`;
        const isUp = view === 'up' ? 1 : 0;
        const last = {
          series: `mirror_probe_last_success_timestamp_seconds{${labels},module="m",version="v1.0.0",step="mod"}`,
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
}

/** The labels that tell alerts of one name apart here; promtool compares whole alerts, annotations included. */
function expectations({ down = [], most = {}, outliers = {} }: Row) {
  const at = (
    eval_time: string,
    alertname: string,
    exp_samples: readonly { labels: string; value: number }[],
    expr: string,
  ) => ({
    alertname,
    eval_time,
    expr,
    exp_samples,
  });
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
  removeTempDir(folder);
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
            { expr: seen, eval_time: '10m', exp_samples: [sample(`${seen}{instance="w:10120",vantage="fra"}`, 600)] },
            { expr: seen, eval_time: '23h', exp_samples: [sample(`${seen}{instance="w:10120",vantage="fra"}`, 600)] },
            { expr: seen, eval_time: '25h', exp_samples: [] },
            {
              expr: lag,
              eval_time: '10m',
              exp_samples: [sample(`${lag}{ecosystem="go",registry="a",vantage="fra"}`, 90)],
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

describe('the table of places', () => {
  test('has 1, 2, 3 and 10 of them', () => {
    expect(new Set(rows.map(({ places }) => places.length))).toEqual(new Set([1, 2, 3, 10]));
  });
});
