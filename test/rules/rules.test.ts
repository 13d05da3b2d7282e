import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { real } from '../support/requires.ts';
import { alertRules } from './alert-rules.ts';

const here = import.meta.dirname;
const root = join(here, '../..');
const fileOf = (alert: string) => `${alert.replace(/(?<!^)([A-Z])/g, '-$1').toLowerCase()}.yml`;

interface RuleTest {
  readonly tests: readonly {
    readonly alert_rule_test: readonly {
      readonly eval_time: string;
      readonly alertname: string;
      readonly exp_alerts: readonly unknown[];
    }[];
  }[];
}

describe('each alert', () => {
  test.each(alertRules)('$alert says how bad, what, with which values, and where to read on', (rule) => {
    expect(['info', 'warning', 'critical']).toContain(rule.labels.severity);
    expect(Object.keys(rule.annotations).sort()).toEqual(['description', 'runbook_url', 'summary']);
    expect(rule.annotations.runbook_url).toBe(`docs/runbook.md#${rule.alert.toLowerCase()}`);
  });

  test.each(alertRules)(
    '$alert has its page in the runbook: meaning, first look, first action, when false',
    ({ alert }) => {
      const runbook = readFileSync(join(root, 'docs/runbook.md'), 'utf8');
      const section = runbook.split(/^## /m).find((text) => text.startsWith(`${alert}\n`)) ?? '';
      const heads = [...section.matchAll(/^- \*\*([^*]+)\*\*/gm)].map(([, head]) => head);
      expect(heads).toEqual(['Means', 'First look', 'First action', 'False when']);
    },
  );

  test.each(alertRules)('$alert fires, stays quiet just before, and resolves in its test', ({ alert }) => {
    const { tests } = parse(readFileSync(join(here, fileOf(alert)), 'utf8')) as RuleTest;
    const story = tests[0]?.alert_rule_test ?? [];
    expect(story.map(({ alertname, exp_alerts }) => [alertname, exp_alerts.length])).toEqual([
      [alert, 0],
      [alert, 1],
      [alert, 0],
    ]);
    expect(tests.length).toBeGreaterThan(1);
  });

  test('the runbook and the tests know no other', () => {
    const runbook = readFileSync(join(root, 'docs/runbook.md'), 'utf8');
    const names = alertRules.map(({ alert }) => alert);
    expect([...runbook.matchAll(/^## (\S+)$/gm)].map(([, name]) => name)).toEqual(names);
    const files = readdirSync(here).filter((name) => name.endsWith('.yml'));
    expect(files.sort()).toEqual(names.map(fileOf).sort());
  });
});

real('promtool on alerts', ['promtool'], () => {
  test('check rules is clean', () => {
    const out = execFileSync('promtool', ['check', 'rules', '--lint-fatal', join(root, 'alerts/mirrorwatch.yml')], {
      encoding: 'utf8',
    });
    expect(out).toContain(`SUCCESS: ${alertRules.length} rules found`);
  });

  test.each(alertRules.map(({ alert }) => fileOf(alert)))('test rules %s', (file) => {
    const { status, stdout, stderr } = spawnSync('promtool', ['test', 'rules', file], { cwd: here, encoding: 'utf8' });
    expect({ status, output: status === 0 ? '' : stdout + stderr }).toEqual({ status: 0, output: '' });
  });
});
