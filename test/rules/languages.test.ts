import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import en from '../../locales/en.json' with { type: 'json' };
import { defaultRuleParameters } from '../../src/features/rules/parameters.ts';
import { renderRules } from '../../src/features/rules/rules.ts';
import { expectRows } from '../support/expect-rows.ts';
import { repoDir } from '../support/paths.ts';
import { type AlertRule, type Group, groups } from './alert-rules.ts';

// The rules in Chinese are the rules in English, but for what people read.

const chinese = (parse(readFileSync(join(repoDir, 'alerts/zh/mirrorwatch.yml'), 'utf8')) as { groups: Group[] }).groups;

const alertsOf = (of: readonly Group[]): AlertRule[] =>
  of.flatMap(({ rules }) => rules.filter((rule) => 'alert' in rule));
const [english, translated] = [alertsOf(groups), alertsOf(chinese)];
const pairs = english.map((one, at) => ({ alert: one.alert, one, other: translated[at] }));

/** What Prometheus runs in a text: each once, as a language may name a mirror twice where another names it once. */
const templatesIn = (text = ''): string[] => [...new Set(text.match(/\{\{.*?\}\}/g))].sort();

/** A rule without what people read. */
const bare = (rule: Group['rules'][number]): object =>
  'alert' in rule ? { ...rule, annotations: { runbook_url: rule.annotations.runbook_url } } : rule;

describe('alerts/zh/mirrorwatch.yml', () => {
  test('has the same groups, rules, expressions, times and labels', () => {
    const all = (of: readonly Group[]) => of.map((group) => ({ ...group, rules: group.rules.map(bare) }));
    expect(all(chinese)).toEqual(all(groups));
  });

  test('alerts have the same templates', () =>
    expectRows(
      pairs,
      ({ alert }) => alert,
      ({ one, other }) => {
        for (const key of ['summary', 'description'] as const)
          expect(templatesIn(other?.annotations[key])).toEqual(templatesIn(one.annotations[key]));
      },
    ));

  test('alerts are told in Chinese, with everything filled in', () =>
    expectRows(
      pairs,
      ({ alert }) => alert,
      ({ one, other }) => {
        for (const key of ['summary', 'description'] as const) {
          expect(other?.annotations[key]).toMatch(/[\u4e00-\u9fff]/);
          for (const text of [one.annotations[key], other?.annotations[key]])
            expect(text?.replaceAll(/\{\{.*?\}\}/g, '')).not.toMatch(/[{}]|undefined/);
        }
      },
    ));

  test('is not among what `alerts/*.yml` loads, which would be every alert twice', () =>
    expect(readdirSync(join(repoDir, 'alerts')).filter((name) => name.endsWith('.yml'))).toEqual(['mirrorwatch.yml']));
});

test('the catalogue has no text of an alert that is no more', () => {
  const names = Object.keys(en).flatMap((key) => /^alert\.(\w+)\.summary$/.exec(key)?.[1] ?? []);
  expect(names.sort()).toEqual([...new Set(english.map(({ alert }) => alert))].sort());
});

test('a site sets its numbers in either language', () => {
  const text = renderRules({ ...defaultRuleParameters, language: 'zh', sloPercent: 99.5, vantages: 3 });
  expect(text).toContain('# Made by `mirrorwatch rules --slo 99.5 --vantages 3 --lang zh`;');
  expect(text).toContain('目标成功率为 99.5%');
  expect(text).toContain('且至少 3 个。');
});
