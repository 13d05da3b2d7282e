import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { actionLabel } from '../../src/core/evidence.ts';
import { doorMetrics } from '../../src/export/catalog/door.ts';
import { type catalog, metricNames, metricOf } from '../../src/export/catalog.ts';
import { levels } from '../../src/features/rules/rule.ts';
import { expectRows } from '../support/expect-rows.ts';
import { repoDir, tempDir } from '../support/paths.ts';
import { real } from '../support/requires.ts';
import { alertRules, recordingRules } from './alert-rules.ts';
import { labelsAfter, labelsOf, madeIn, namesIn, scrapeLabels, unknownIn } from './queries.ts';

// Rules, runbook and documentation name only what the catalogue has, what we record, and what a scrape adds.

const docs = readdirSync(join(repoDir, 'docs'), { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.md'))
  .map((path) => ({ path: `docs/${path}`, text: readFileSync(join(repoDir, 'docs', path), 'utf8') }));
/** Words of ours in pages that look like metrics and are none. */
const words = new Set<string>([actionLabel.name, 'mirrorwatch_origin', 'mirror_cache_expiry']);
/** Names before the first release, in the table of renames and in decisions. */
const renamed = new Set(['mirrorwatch_resident_memory_bytes', 'mirrorwatch_state_rows_set_aside_total']);
/** The cases of an alert, which it has as its label `what`. */
const casesIn = (expr: string): readonly string[] =>
  [...expr.matchAll(/"what", "(\w+)", "", ""/g)].map(([, name = '']) => name);
/** Of a process of its own. */
const ofDoor = new Set<string>(Object.keys(doorMetrics));

describe('rules', () => {
  test('recording rules use what there is, and are named after their level', () =>
    expectRows(
      recordingRules,
      ({ record }) => record,
      ({ record, expr }) => {
        expect(unknownIn(expr)).toEqual([]);
        const [level = '', metric = '', operations = ''] = record.split(':');
        expect(Object.keys(levels)).toContain(level);
        expect([metric, operations]).toEqual([
          expect.stringMatching(/^mirror(watch)?_[a-z_]+$/),
          expect.stringMatching(/^\w+$/),
        ]);
      },
    ));

  test('alerts use what there is', () =>
    expectRows(
      alertRules,
      ({ alert }) => alert,
      ({ expr, annotations }) => {
        expect(unknownIn(expr)).toEqual([]);
        const shown = [
          ...Object.values(annotations)
            .join(' ')
            .matchAll(/\$labels\.(\w+)/g),
        ].map(([, label = '']) => label);
        const kept = [
          ...(expr.includes(' without ') || !/\bby\s*\(/.test(expr)
            ? namesIn(expr).flatMap((name) => labelsOf(name) ?? [])
            : labelsAfter(expr)),
          ...madeIn(expr),
        ];
        if (casesIn(expr).length > 0) kept.push('what');
        expect(
          shown.filter((label) => ![...kept, ...(namesIn(expr).length === 0 ? scrapeLabels : [])].includes(label)),
        ).toEqual([]);
      },
    ));

  test('what may be absent has an alert on its absence', () =>
    expectRows(
      [
        'mirror_up',
        'mirror_probe_last_success_timestamp_seconds',
        'mirror_tls_certificate_expiry_timestamp_seconds',
        'mirror_vantage_suspect',
      ],
      String,
      (metric) => {
        const partners = alertRules.filter(
          ({ expr }) =>
            new RegExp(`unless[^]*\\b${metric}\\b(?! ==)`).test(expr) ||
            (metric === 'mirror_up' && expr.includes('mirror_state{state="unknown"} == 1')),
        );
        expect(alertRules.filter(({ expr }) => expr.includes(metric)).length).toBeGreaterThan(0);
        expect(partners.map(({ alert }) => alert).length).toBeGreaterThan(0);
      },
    ));

  test('evidence has the registry, and the vantage or none', () => {
    const evidence = alertRules.filter(({ labels }) => labels.mirror_action === actionLabel.value);
    expect(evidence.map(({ alert }) => alert)).toEqual([
      'MirrorSlow',
      'MirrorErrorBudgetFast',
      'MirrorErrorBudgetSlow',
      'MirrorDegradedMostPlaces',
    ]);
    for (const { annotations } of evidence) expect(annotations.summary).toContain('$labels.registry');
  });

  test('no rule about a verdict of the daemon is evidence for it', () => {
    // A finding about the daemon's own network only mutes alerts, and says nothing about a mirror.
    const ofMirrors = (expr: string) => expr.replaceAll('mirror_findings_open{kind="vantage"}', '');
    const isVerdict = /(?<!:)\bmirror_(?:up|state|findings?\w*)\b(?!:)/;
    const verdicts = alertRules.filter(({ expr }) => isVerdict.test(ofMirrors(expr)));
    expect(verdicts.map(({ alert }) => alert)).toContain('MirrorDown');
    expect(verdicts.filter(({ labels }) => labels.mirror_action !== undefined)).toEqual([]);
  });
});

describe('boards', () => {
  const folder = join(repoDir, 'dashboards');
  const boards = readdirSync(folder).filter((path) => path.endsWith('.json'));
  test('alerts link to boards and variables that there are', () =>
    expectRows(
      alertRules,
      ({ alert }) => alert,
      ({ annotations }) => {
        const [, uid, query = ''] = /^\/d\/([\w-]+)(?:\?(.*))?$/.exec(annotations.dashboard_url) ?? [];
        const all = boards.map((path) => JSON.parse(readFileSync(join(folder, path), 'utf8')));
        const board = all.find((one) => one.uid === uid);
        const variables = board?.templating.list.map(({ name }: { name: string }) => `var-${name}`);
        expect(variables).toEqual(expect.arrayContaining([...query.matchAll(/var-\w+/g)].map(([name]) => name)));
      },
    ));

  test('boards ask for series that there are', () =>
    expectRows(boards, String, (path) => {
      const queries = [...readFileSync(join(folder, path), 'utf8').matchAll(/"expr": ("(?:[^"\\]|\\.)*")/g)].map(
        ([, text = '""']) => String(JSON.parse(text)),
      );
      expect(queries.length).toBeGreaterThan(0);
      const names = [...new Set(queries.flatMap(namesIn))];
      expect(names.filter((name) => labelsOf(name) === null)).toEqual([]);
    }));
});

describe('pages', () => {
  test('pages name metrics that there are', () =>
    expectRows(
      docs,
      ({ path }) => path,
      ({ text }) => {
        const names = [...new Set(namesIn(text))].filter(
          (name) => !words.has(name) && !ofDoor.has(name) && !renamed.has(name),
        );
        expect(
          names.filter((name) => labelsOf(name) === null && !metricNames.some((one) => one.startsWith(name))),
        ).toEqual([]);
      },
    ));

  test('pages name labels and their values that there are', () =>
    expectRows(
      docs,
      ({ path }) => path,
      ({ text }) => {
        const all = new Map<string, Set<string>>();
        for (const name of metricNames) {
          const { labels, per } = metricOf(name);
          for (const label of labels) all.set(label, all.get(label) ?? new Set());
          for (const each of Object.values(per))
            for (const [label, values] of Object.entries(each)) for (const value of values) all.get(label)?.add(value);
        }
        for (const name of alertRules.flatMap(({ expr }) => casesIn(expr))) all.get('what')?.add(name);
        const named = [...text.matchAll(/[`{,](\w+)="(\w+)"[`},]/g)].filter(
          ([, label = '']) => !scrapeLabels.includes(label),
        );
        const wrong = named.filter(([, label = '', value = '']) => {
          const values = all.get(label);
          return label !== 'le' && (values === undefined || (values.size > 0 && !values.has(value)));
        });
        expect(wrong.map(([whole]) => whole)).toEqual([]);
      },
    ));
});

real('promtool on documented queries', ['promtool'], () => {
  test('all are well formed and name what there is', () => {
    const queries = docs.flatMap(({ text }) =>
      [...text.matchAll(/```promql\n([^`]+)```/g)].flatMap(([, block = '']) => block.trim().split('\n')),
    );
    expect(queries.length).toBeGreaterThan(0);
    for (const query of queries) expect(unknownIn(query)).toEqual([]);
    const rules = queries.map((expr, index) => ({ record: `query:${index}`, expr }));
    const folder = tempDir('queries');
    writeFileSync(join(folder, 'rules.yml'), JSON.stringify({ groups: [{ name: 'queries', rules }] }));
    const out = execFileSync('promtool', ['check', 'rules', join(folder, 'rules.yml')], { encoding: 'utf8' });
    expect(out).toContain(`SUCCESS: ${queries.length} rules found`);
  });
});

test('the catalogue: has metrics that no rule uses, for people and boards', () => {
  const used = new Set([...alertRules, ...recordingRules].flatMap(({ expr }) => namesIn(expr)));
  const unused = metricNames.filter(
    (name) => ![name, `${name}_bucket`, `${name}_count`, `${name}_sum`].some((one) => used.has(one)),
  );
  expect(unused).toEqual([
    'mirror_probe_phase_seconds',
    'mirror_cold_fetch_seconds',
    'mirror_probe_last_rtt_seconds',
    'mirror_probe_target_failures_total',
    'mirror_probe_rtt_threshold_seconds',
    'mirror_probe_rtt_spike_streak',
    'mirror_position',
    'mirror_state_since_timestamp_seconds',
    'mirror_capability',
    'mirror_lag_records',
    'mirror_sync_lag_records',
    'mirror_missing_versions',
    'mirror_regressions_total',
    'mirror_propagation_seconds',
    'mirror_withdrawal_seconds',
    'mirror_withdrawn_versions',
    'mirror_not_found_seconds',
    'mirror_cache_answers_total',
    'mirror_integrity_verified_total',
    'mirror_integrity_mismatches_total',
    'mirror_transfer_bytes_total',
    'mirror_throughput_bytes_per_second',
    'mirror_client_seconds',
    'mirror_client_failures_total',
    'mirror_tls_info',
    'mirror_protocol_info',
    'mirror_advice_since_timestamp_seconds',
    'mirror_advice_line_info',
    'mirror_advice_rank',
    'mirror_advice_issued_total',
    'mirror_advice_regret_total',
    'mirror_withheld_items',
    'mirror_control_up',
    'mirrorwatch_worker_loop_delay_seconds',
    'mirrorwatch_clock_timestamp_seconds',
    'mirrorwatch_config_info',
    'mirrorwatch_shard_info',
    'mirrorwatch_place_info',
    'process_resident_memory_bytes',
    'process_virtual_memory_bytes',
    'process_heap_bytes',
    'process_cpu_user_seconds_total',
    'process_cpu_system_seconds_total',
    'process_cpu_seconds_total',
    'process_open_fds',
    'process_max_fds',
    'mirrorwatch_probes_in_flight',
    'mirrorwatch_webhook_queue_length',
    'mirrorwatch_webhook_oldest_seconds',
    'mirrorwatch_alertmanager_notifications_total',
  ] satisfies (keyof typeof catalog)[]);
});
