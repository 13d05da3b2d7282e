import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { secondsBuckets } from '../../src/export/catalog/values.ts';
import { commandPath, tempDir } from '../support/paths.ts';
import { run } from '../support/process.ts';
import { real } from '../support/requires.ts';
import { groups, groupsFor } from './alert-rules.ts';
import { type Bucket, type Form, inForm, literalOf, type Series } from './forms.ts';

// One set of rules reads classic histograms, native ones, and those that Prometheus converts.

interface Story {
  readonly tests: readonly {
    readonly input_series: readonly Series[];
    readonly alert_rule_test: readonly {
      readonly alertname: string;
      readonly exp_alerts: readonly { readonly exp_labels: object }[];
    }[];
  }[];
}

/** What promtool 3 says of a story, without the texts of alerts: they have quantiles, which differ between the forms. */
async function told(story: Story & { readonly rule_files?: unknown }, tool = 'promtool3') {
  const folder = tempDir('forms');
  const asked = story.tests.flatMap(({ alert_rule_test }) => alert_rule_test.map(({ alertname }) => alertname));
  const bare = groupsFor(asked).map((group) => ({
    ...group,
    rules: group.rules.map((rule) => ('alert' in rule ? { ...rule, annotations: {} } : rule)),
  }));
  const tests = story.tests.map((one) => ({
    ...one,
    alert_rule_test: one.alert_rule_test.map((at) => ({
      ...at,
      exp_alerts: at.exp_alerts.map(({ exp_labels }) => ({ exp_labels })),
    })),
  }));
  writeFileSync(join(folder, 'rules.yml'), JSON.stringify({ groups: bare }));
  const order = bare.map(({ name }) => name);
  const file = { rule_files: ['rules.yml'], evaluation_interval: '1m', group_eval_order: order, tests };
  writeFileSync(join(folder, 'story.yml'), JSON.stringify(file));
  const place = { cwd: folder, timeoutMs: 0 };
  const { code, stdout, stderr } = await run(commandPath(tool), ['test', 'rules', 'story.yml'], place);
  return { code, output: code === 0 ? '' : stdout + stderr };
}

const labelsOf = (registry: string) =>
  `job="mirrorwatch",instance="w:10120",vantage="here",ecosystem="go",registry="${registry}",module="m",version="v1.0.0",step="mod",connection="cold"`;

/** Two round trips of one time each minute, at the bounds of the catalogue. */
function bucketsAt(seconds: number, count: number): readonly Bucket[] {
  const bounds = [...secondsBuckets, Number.POSITIVE_INFINITY];
  const at = bounds.findIndex((le) => seconds <= le);
  return bounds.map((le, index) => ({ le, count: index === at ? count : 0 }));
}

function classicSeries(registry: string, seconds: number): readonly Series[] {
  const buckets = bucketsAt(seconds, 2);
  let below = 0;
  const rows = buckets.map(({ le, count }) => {
    below += count;
    const bound = le === Number.POSITIVE_INFINITY ? '+Inf' : le;
    const series = `mirror_probe_rtt_seconds_bucket{${labelsOf(registry)},le="${bound}"}`;
    return { series, values: `0+${below}x120` };
  });
  return [...rows, { series: `mirror_probe_rtt_seconds_count{${labelsOf(registry)}}`, values: '0+2x120' }];
}

/** All values at one place: the bucket of schema 4 that holds it. */
function nativeSeries(registry: string, seconds: number): readonly Series[] {
  const index = Math.ceil(Math.log2(seconds) * 16);
  const literal = (count: number) =>
    `{{schema:4 count:${count} sum:${count * seconds} offset:${index} buckets:[${count}]}}`;
  return [{ series: `mirror_probe_rtt_seconds{${labelsOf(registry)}}`, values: `${literal(0)}+${literal(2)}x120` }];
}

function nhcbSeries(registry: string, seconds: number): readonly Series[] {
  const literal = (count: number) => literalOf(bucketsAt(seconds, count), 'nhcb');
  return [{ series: `mirror_probe_rtt_seconds{${labelsOf(registry)}}`, values: `${literal(0)}+${literal(2)}x120` }];
}

/** Round trips outside 5 % of the floor of 0.8 s, in seconds; the verdicts on those within may differ. */
const times = [0.5, 0.6, 0.7, 0.75, 0.76, 0.841, 0.85, 0.9, 1, 1.2] as const;

/** A mirror for each time, all with a baseline of 0.1 s: those above the floor are slow. */
function verdicts(seriesAt: (registry: string, seconds: number) => readonly Series[]): Story {
  const input_series = times.flatMap((seconds) => [
    ...seriesAt(`at-${seconds}`, seconds),
    { series: `mirror_probe_rtt_baseline_seconds{${labelsOf(`at-${seconds}`)}}`, values: '0.1x120' },
  ]);
  const slow = times.filter((seconds) => seconds > 0.8);
  const exp_alerts = slow.map((seconds) => ({
    exp_labels: {
      severity: 'warning',
      job: 'mirrorwatch',
      mirror_action: 'failover',
      vantage: 'here',
      ecosystem: 'go',
      registry: `at-${seconds}`,
    },
  }));
  const test = {
    interval: '1m',
    input_series,
    alert_rule_test: [{ eval_time: '100m', alertname: 'MirrorSlow', exp_alerts }],
  };
  return { tests: [test] };
}

real('MirrorSlow by form of the histogram', ['promtool', 'promtool3'], () => {
  test.each([
    ['classic', 'promtool', classicSeries],
    ['classic', 'promtool3', classicSeries],
    ['native', 'promtool3', nativeSeries],
    ['nhcb', 'promtool3', nhcbSeries],
  ] as const)(
    '%s, %s: 0.75 s is not slow, 0.85 s is, and so all that are not within 5 per cent of the floor',
    async (_form, tool, at) => expect(await told(verdicts(at), tool)).toEqual({ code: 0, output: '' }),
  );

  test('a story that expects the opposite fails', async () => {
    const { code } = await told(verdicts((registry, seconds) => nativeSeries(registry, 1.6 - seconds)));
    expect(code).not.toBe(0);
  });
});

const here = import.meta.dirname;
const fileOf = (name: string): Story => parse(readFileSync(join(here, name), 'utf8'));
const isOfHistograms = (name: string) => readFileSync(join(here, name), 'utf8').includes('_bucket{');
const quick = ['mirrorwatch-unfit.yml', 'vantage-outlier.yml'];
const ofHours = ['mirror-slow.yml', 'mirror-degraded-most-places.yml'];

function retold(name: string, form: Form): Story {
  const { tests } = fileOf(name);
  return { tests: tests.map((one) => ({ ...one, input_series: inForm(one.input_series, form) })) };
}

const rows = (names: readonly string[]) =>
  names.flatMap((name) => (['native', 'nhcb'] as const).map((form) => [name, form] as const));

real('stories of classic histograms, told of others', ['promtool3'], () => {
  test.each(rows(quick))('%s, %s', async (name, form) =>
    expect(await told(retold(name, form))).toEqual({ code: 0, output: '' }),
  );
});

real('stories of classic histograms over hours, told of others', ['promtool3'], () => {
  test.concurrent.each(rows(ofHours))('%s, %s', async (name, form) =>
    expect(await told(retold(name, form))).toEqual({ code: 0, output: '' }),
  );
});

describe('the stories that are retold', () => {
  test('are all those with a histogram', () => {
    const found = readdirSync(here).filter((name) => name.endsWith('.yml') && isOfHistograms(name));
    expect(found.sort()).toEqual([...quick, ...ofHours].sort());
  });

  test('every rule that reads a classic bucket reads the native form too', () => {
    for (const { expr } of groups.flatMap(({ rules }) => rules))
      for (const [, name] of expr.matchAll(/(\w+)_bucket\[/g))
        if (!expr.startsWith('sum ')) expect(expr).toContain(`(${name}[`);
  });
});
