import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import en from '../../locales/en.json' with { type: 'json' };
import { registry } from '../../src/ecosystems/registry.ts';
import { defaultRuleParameters } from '../../src/features/rules/parameters.ts';
import { renderRules } from '../../src/features/rules/rules.ts';
import { generatedRules } from '../../tools/generate-alerts.ts';
import { expectRows } from '../support/expect-rows.ts';
import { commandPath, repoDir, tempDir } from '../support/paths.ts';
import { run } from '../support/process.ts';
import { real } from '../support/requires.ts';
import { type AlertRule, alertRules, type Group, groups, groupsFor, recordingRules } from './alert-rules.ts';

const here = import.meta.dirname;
const runbook = readFileSync(join(repoDir, 'docs/runbook.md'), 'utf8');
const fileOf = (alert: string) => `${alert.replace(/(?<!^)([A-Z])/g, '-$1').toLowerCase()}.yml`;

interface RuleTest {
  readonly group_eval_order: readonly string[];
  readonly tests: readonly {
    readonly alert_rule_test: readonly {
      readonly eval_time: string;
      readonly alertname: string;
      readonly exp_alerts: readonly unknown[];
    }[];
  }[];
}

test('what is committed: files are what src/rules says: else run tools/generate-alerts.ts', () =>
  expectRows(
    generatedRules,
    ({ path }) => path,
    ({ path, text }) => {
      expect(readFileSync(path, 'utf8')).toBe(text);
    },
  ));

describe('each alert', () => {
  test('alerts say how bad, what, with which values, and where to read on', () =>
    expectRows(
      alertRules,
      ({ alert }) => alert,
      (rule) => {
        expect(['info', 'warning', 'critical']).toContain(rule.labels.severity);
        expect(Object.keys(rule.annotations).sort()).toEqual([
          'dashboard_url',
          'description',
          'runbook_url',
          'summary',
        ]);
        expect(rule.annotations.runbook_url).toBe(`docs/runbook.md#${rule.alert.toLowerCase()}`);
        if (rule.alert !== 'MirrorwatchAbsent')
          expect(rule.annotations.description).toMatch(/\{\{ \$(labels\.\w+|value)/);
      },
    ));

  test('alerts have their page in the runbook: meaning, what to check first, what to do first, when false', () =>
    expectRows(
      alertRules,
      ({ alert }) => alert,
      ({ alert }) => {
        const section = runbook.split(/^## /m).find((text) => text.startsWith(`${alert}\n`)) ?? '';
        const heads = [...section.matchAll(/^- \*\*([^*]+)\*\*/gm)].map(([, head]) => head);
        expect(heads).toEqual(['Means', 'Check first', 'Do first', 'False when']);
      },
    ));

  test('alerts fire, stay quiet just before, and resolve in their tests', () =>
    expectRows(
      alertRules,
      ({ alert }) => alert,
      ({ alert }) => {
        const { tests, group_eval_order } = parse(readFileSync(join(here, fileOf(alert)), 'utf8')) as RuleTest;
        const story = tests[0]?.alert_rule_test ?? [];
        expect(story.map(({ alertname, exp_alerts }) => [alertname, exp_alerts.length])).toEqual([
          [alert, 0],
          [alert, 1],
          [alert, 0],
        ]);
        // A second story shows it quiet on the other side of its threshold.
        expect(
          tests.slice(1).some((one) => one.alert_rule_test.every(({ exp_alerts }) => exp_alerts.length === 0)),
        ).toBe(true);
        // Without it promtool evaluates groups in any order, and what rests on a recorded series is a minute late by chance.
        expect(group_eval_order).toEqual(groups.map(({ name }) => name));
      },
    ));

  test('the runbook and the tests know no other', () => {
    const names = [...new Set(alertRules.map(({ alert }) => alert))];
    expect([...runbook.matchAll(/^## (\S+)$/gm)].map(([, name]) => name)).toEqual(names);
    const files = readdirSync(here).filter((name) => name.endsWith('.yml'));
    expect(files.sort()).toEqual(names.map(fileOf).sort());
  });
});

/** A test that tells of Go's mirrors, told of another ecosystem's. */
function toldOf(kind: { ecosystem: string; upstream: string; canary: string }, text: string): string {
  const { ecosystem, upstream, canary } = kind;
  return text
    .replaceAll(/(ecosystem(?:=|: )")go"/g, `$1${ecosystem}"`)
    .replaceAll(/(upstream(?:=|: )")go"/g, `$1${upstream}"`)
    .replaceAll(/(step(?:=|: )")mod"/g, `$1${canary}"`)
    .replaceAll('(go, upstream go)', `(${ecosystem}, upstream ${upstream})`)
    .replaceAll('var-ecosystem=go', `var-ecosystem=${ecosystem}`)
    .replaceAll(/\(go([),])/g, `(${ecosystem}$1`)
    .replaceAll(/\b([Nn]othing|mirror|move|[Cc]lients) of go\b/g, `$1 of ${upstream}`)
    .replaceAll('Advice for go', `Advice for ${upstream}`)
    .replaceAll('of the go requests', `of the ${ecosystem} requests`);
}

const named = [
  ...alertRules.map(({ alert, expr }) => ({ name: alert, expr })),
  ...recordingRules.map(({ record, expr }) => ({ name: record, expr })),
];

describe('who is woken at night', () => {
  test('what cannot wait until morning, and nothing else', () => {
    const pages = alertRules.filter(({ labels }) => labels.severity === 'critical').map(({ alert }) => alert);
    expect(pages).toEqual([
      'MirrorDown',
      'MirrorNoneUsable',
      'MirrorContentMismatch',
      'MirrorDownMostPlaces',
      'MirrorwatchDown',
    ]);
  });

  test('docs/rules.md says of each alert what it is, pages first', () => {
    const page = readFileSync(join(repoDir, 'docs/rules.md'), 'utf8');
    const rows = [...page.matchAll(/^\| (\w+) \| (page|ticket|information) \| .+ \|$/gm)].map(([, alert, is]) => [
      alert,
      is,
    ]);
    const order = { critical: 'page', warning: 'ticket', info: 'information' } as const;
    const wanted = Object.entries(order).flatMap(([severity, is]) =>
      alertRules.filter(({ labels }) => labels.severity === severity).map(({ alert }) => [alert, is]),
    );
    expect(rows).toEqual(wanted);
  });
});

// What a linter would look for: promtool has no such checks.
describe('each rule', () => {
  test('alerts have a condition', () =>
    expectRows(
      alertRules,
      ({ alert }) => alert,
      ({ expr }) => {
        expect(expr).toMatch(/[<>]|==|\bunless\b|^absent\(/);
      },
    ));

  test('queries look back at least 5 minutes, for scrapes a minute apart', () =>
    expectRows(
      named,
      ({ name }) => name,
      ({ expr }) => {
        const minutes: Readonly<Record<string, number>> = { m: 1, h: 60, d: 1440 };
        const windows = [...expr.matchAll(/\[(\d+)([mhd])(?::\w+)?\]/g)].map(
          ([, count, unit = '']) => Number(count) * (minutes[unit] ?? 0),
        );
        expect(windows.filter((window) => window < 5)).toEqual([]);
        expect(windows.length).toBe([...expr.matchAll(/\[/g)].length);
      },
    ));
});

const files = alertRules.map(({ alert }) => fileOf(alert));
/** Those that span days take promtool ten seconds to a minute each. */
const ofDays = /^mirror-(error-budget-|degraded-most-places|slow\.yml)/;

interface Telling {
  readonly file: string;
  /** Tells it in other words. */
  readonly retell?: (text: string) => string;
}

/** What promtool says of stories: one start for all of them, each with the rules that it asks for. */
async function tested(tellings: readonly Telling[]): Promise<{ readonly code: number; readonly output: string }> {
  const folder = tempDir('rules');
  const stories = tellings.map(({ file, retell = String }) => {
    const story = parse(retell(readFileSync(join(here, file), 'utf8'))) as RuleTest;
    const asked = story.tests.flatMap(({ alert_rule_test }) => alert_rule_test.map(({ alertname }) => alertname));
    const rules = groupsFor(asked);
    writeFileSync(join(folder, `rules-${file}`), JSON.stringify({ groups: rules }));
    const cut = { ...story, rule_files: [`rules-${file}`], group_eval_order: rules.map(({ name }) => name) };
    writeFileSync(join(folder, file), JSON.stringify(cut));
    return file;
  });
  const place = { cwd: folder, timeoutMs: 0 };
  const { code, stdout, stderr } = await run(commandPath('promtool'), ['test', 'rules', ...stories], place);
  return { code, output: code === 0 ? '' : stdout + stderr };
}

real('promtool on rules', ['promtool'], () => {
  test('check rules is clean with what is committed, and with other parameters', () => {
    const folder = tempDir('rules');
    const others = {
      'the-strictest-objective-and-most-places': { sloPercent: 99.999, vantages: 1000 },
      'the-laxest-objective': { sloPercent: 94 },
      'a-runbook-elsewhere': { runbook: 'https://wiki.example.com/mirrorwatch?x=1&y=2' },
      'an-hour-in-a-minute': { timeScale: 1 / 60 },
    };
    const written = Object.entries(others).map(([name, change]) => {
      const file = join(folder, `${name}.yml`);
      writeFileSync(file, renderRules({ ...defaultRuleParameters, ...change }));
      return file;
    });
    const committed = ['alerts/mirrorwatch.yml', 'alerts/zh/mirrorwatch.yml'].map((file) => join(repoDir, file));
    const checked = [...committed, ...written];
    const { status, stdout, stderr } = spawnSync('promtool', ['check', 'rules', '--lint-fatal', ...checked], {
      encoding: 'utf8',
    });
    expect(status, stdout + stderr).toBe(0);
    const clean = `SUCCESS: ${alertRules.length + recordingRules.length} rules found`;
    expect(stdout.split(clean)).toHaveLength(checked.length + 1);
  });

  test('test rules, each story but those of days', async () => {
    const tellings = files.filter((file) => !ofDays.test(file)).map((file) => ({ file }));
    expect(tellings.length).toBeGreaterThan(files.length / 2);
    expect(await tested(tellings)).toEqual({ code: 0, output: '' });
  });
});

real('promtool on rules, stories of days and stories retold', ['promtool'], () => {
  test.concurrent.each(files.filter((file) => ofDays.test(file)))('test rules %s', async (file) =>
    expect(await tested([{ file }])).toEqual({ code: 0, output: '' }),
  );

  // Each story of Go's mirrors is told of one other ecosystem's too, in turn: no rule knows a word of Go's alone. But for
  // those that span days.
  const others = registry.all.slice(1);
  const ofMirrors = files.filter(
    (file) => !ofDays.test(file) && readFileSync(join(here, file), 'utf8').includes('ecosystem="go"'),
  );
  const retold = ofMirrors.map((file, index) => {
    const { id, canary, publicUpstream } = others[index % others.length] ?? registry.all[0];
    const told = { ecosystem: id, canary, upstream: publicUpstream ?? 'docker.io' };
    return { file, id, retell: (text: string) => toldOf(told, text) };
  });
  test.concurrent.each(retold)('test rules $file, told of $id', async (telling) =>
    expect(await tested([telling])).toEqual({ code: 0, output: '' }),
  );
});

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
