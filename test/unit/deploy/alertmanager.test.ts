import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { firingWords, inhibitions, mutedWords } from '../../../tools/inhibitions.ts';
import { repoDir } from '../../support/paths.ts';

type Alert = { readonly alert?: string; readonly labels?: Readonly<Record<string, string>> };

const alerts = readdirSync(join(repoDir, 'alerts'))
  .filter((name) => name.endsWith('.yml'))
  .flatMap(
    (name) => (parse(readFileSync(join(repoDir, 'alerts', name), 'utf8')) as { groups: { rules: Alert[] }[] }).groups,
  )
  .flatMap(({ rules }) => rules)
  .filter(({ alert }, at, all) => alert !== undefined && all.findIndex((one) => one.alert === alert) === at);
const config = parse(readFileSync(join(repoDir, 'deploy/alertmanager.yml'), 'utf8')) as {
  inhibit_rules: readonly {
    source_matchers: readonly string[];
    target_matchers: readonly string[];
    equal: readonly string[];
  }[];
};

function named(matchers: readonly string[]): readonly string[] {
  return alerts
    .map(({ alert }) => alert ?? '')
    .filter((name) =>
      matchers.every((matcher) => {
        const [, operator = '', value = ''] = /^alertname(=~|!~|=|!=)"(.*)"$/.exec(matcher) ?? [];
        const matches = new RegExp(`^(?:${operator.endsWith('~') ? value : RegExp.escape(value)})$`).test(name);
        return operator.startsWith('!') ? !matches : matches;
      }),
    );
}

const mirrorAlerts = alerts.map(({ alert = '' }) => alert).filter((name) => /^Mirror[A-Z]/.test(name));
const standing = ['MirrorNoneUsable', 'MirrorContentMismatch', 'MirrorCertificateExpires'];
const onePlace = ['vantage', 'ecosystem', 'registry'];

describe('the inhibitions, over the alerts that there are', () => {
  it.each([
    [
      'VantageSuspect',
      'suspect',
      [...mirrorAlerts.filter((name) => !standing.includes(name)), 'VantageOutlier'],
      ['vantage'],
    ],
    ['MirrorNoneUsable', null, ['MirrorDown'], ['vantage', 'ecosystem', 'upstream']],
    ['MirrorwatchDown', null, ['MirrorwatchAbsent'], []],
    [
      'MirrorDown',
      null,
      ['MirrorSlow', 'MirrorDegraded', 'MirrorAdvice', 'MirrorErrorBudgetFast', 'MirrorErrorBudgetSlow'],
      onePlace,
    ],
    ['MirrorDownMostPlaces', null, ['MirrorDown', 'MirrorDegradedMostPlaces'], ['ecosystem', 'registry']],
    ['MirrorDegradedMostPlaces', 'slow', ['MirrorSlow'], ['ecosystem', 'registry']],
    [
      'MirrorDegradedMostPlaces',
      'burning',
      ['MirrorErrorBudgetFast', 'MirrorErrorBudgetSlow'],
      ['ecosystem', 'registry'],
    ],
    ['VantageOutlier', null, ['MirrorDown', 'MirrorSlow', 'MirrorErrorBudgetFast'], ['vantage']],
    ['MirrorErrorBudgetFast', null, ['MirrorErrorBudgetSlow'], onePlace],
  ])('%s (%s) mutes what it should, and that alone', (source, what, muted, equal) => {
    const rules = config.inhibit_rules.filter(
      ({ source_matchers: [name = '', ...more] }) =>
        named([name]).includes(source) && (more[0] ?? null) === (what === null ? null : `what="${what}"`),
    );
    expect(rules.map((rule) => ({ muted: named(rule.target_matchers), equal: rule.equal }))).toEqual([
      { muted, equal },
    ]);
  });

  it('there is one rule for each entry of the list in src/rules, and every name in it is an alert', () => {
    expect(config.inhibit_rules.map((rule) => named(rule.source_matchers.slice(0, 1)))).toEqual(
      inhibitions.map(({ source }) => [source]),
    );
    const names = inhibitions.flatMap(({ mutes }) => ('besides' in mutes ? mutes.besides : mutes));
    expect(names.filter((name) => !alerts.some(({ alert }) => alert === name))).toEqual([]);
  });

  it('docs/rules.md has the same table', () => {
    const page = readFileSync(join(repoDir, 'docs/rules.md'), 'utf8');
    for (const one of inhibitions)
      expect(page).toContain(
        `| ${firingWords(one)} | ${mutedWords(one)} | ${one.equal.map((label) => `\`${label}\``).join(' ')} |`,
      );
  });

  it('the files that its head names are there', () => {
    const text = readFileSync(join(repoDir, 'deploy/alertmanager.yml'), 'utf8');
    const files = [...text.matchAll(/\b(?:test|tools|src|docs)\/[\w./-]+\w/g)].map(([path]) => path);
    expect(files.length).toBeGreaterThan(2);
    expect(files.filter((path) => !existsSync(join(repoDir, path)))).toEqual([]);
  });
});

it('some rules are evidence for the machine, and its route takes what they are labelled with', () => {
  const actions = new Set(alerts.flatMap(({ labels }) => labels?.['mirror_action'] ?? []));
  expect([...actions]).toEqual(['failover']);
});
