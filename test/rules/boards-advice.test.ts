import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { chosen, interpolated, panelQueries } from '../real/boards-grafana.ts';
import { commandPath, tempDir } from '../support/paths.ts';
import { run } from '../support/process.ts';
import { real } from '../support/requires.ts';

interface Row {
  readonly says: string;
  readonly instance: string;
  readonly upstream: string;
  readonly cause: string;
  readonly state: 'proposed' | 'over';
  /** The mirror with rank 1. */
  readonly best: string;
  readonly line?: string;
  readonly first: string;
}

/** Each is a switch from `a` to `b`. */
const rows: readonly Row[] = [
  {
    says: 'rank 1',
    instance: 'w1',
    upstream: 'go',
    cause: 'spike',
    state: 'proposed',
    best: 'b',
    line: 'export X=b',
    first: 'yes',
  },
  {
    says: 'the same switch of the other daemon of a pair, with other lines',
    instance: 'w2',
    upstream: 'go',
    cause: 'spike',
    state: 'proposed',
    best: 'b',
    line: 'export X=b,a',
    first: 'yes',
  },
  {
    says: 'another mirror is a little faster',
    instance: 'w1',
    upstream: 'npm',
    cause: 'slower',
    state: 'proposed',
    best: 'c',
    line: 'export Y=b',
    first: 'no: rank 1 is not yet clearly better',
  },
  {
    says: 'back to the preferred mirror',
    instance: 'w1',
    upstream: 'pypi',
    cause: 'failback',
    state: 'proposed',
    best: 'a',
    line: 'export Z=b',
    first: 'no: the preferred mirror works again',
  },
  {
    says: 'over',
    instance: 'w1',
    upstream: 'docker.io',
    cause: 'outage',
    state: 'over',
    best: 'a',
    first: 'no: the cause is over',
  },
];

const seriesOf = ({ instance, upstream, cause, state, best, line }: Row): readonly string[] => {
  const of = `job="m",instance="${instance}",ecosystem="x",upstream="${upstream}"`;
  const ranks = [best, ...['a', 'b', 'c'].filter((one) => one !== best)].map(
    (registry, index) => [`mirror_advice_rank{${of},registry="${registry}"}`, index + 1] as const,
  );
  const all: (readonly [string, number])[] = [
    [`mirror_advice_since_timestamp_seconds{${of},from="a",to="b",cause="${cause}",state="${state}"}`, 1],
    ...ranks,
  ];
  if (line !== undefined) all.push([`mirror_advice_line_info{${of},line="${line}"}`, 1]);
  return all.map(([series, value]) => `${series} ${value}`);
};

real('the Overview', ['promtool'], () => {
  test('has a row with the line to set for each proposed switch, and says why it does not have rank 1', async () => {
    const found = panelQueries.find(({ key }) => key === 'overview/7/A');
    const series = [...new Set(rows.flatMap(seriesOf))].map((one) => one.split(/ (?=\d$)/));
    const samples = rows.map(({ upstream, cause, state, line, first }) => {
      const labels = { upstream, from: 'a', to: 'b', cause, state, line: line ?? '', first };
      const inside = Object.entries(labels).flatMap(([name, value]) => (value === '' ? [] : [`${name}="${value}"`]));
      return { labels: `{${inside.join(',')}}`, value: 1 };
    });
    const story = {
      evaluation_interval: '1m',
      tests: [
        {
          interval: '1m',
          input_series: series.map(([name = '', value = '']) => ({ series: name, values: value })),
          promql_expr_test: [
            { expr: interpolated(found?.expr ?? '', chosen(60, '1m')), eval_time: '0m', exp_samples: samples },
          ],
        },
      ],
    };
    const cwd = tempDir('advice');
    writeFileSync(join(cwd, 'story.yml'), JSON.stringify(story));
    const { stdout, stderr } = await run(commandPath('promtool'), ['test', 'rules', 'story.yml'], {
      cwd,
      timeoutMs: 0,
    });
    expect(stdout + stderr).toContain('SUCCESS');
  });
});
