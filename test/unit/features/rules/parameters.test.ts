import { describe, expect, test } from 'vitest';
import {
  budgetShareOf,
  burnRates,
  checkRuleParameters,
  defaultRuleParameters,
  sloPercentMin,
} from '../../../../src/features/rules/parameters.ts';
import { formatRuleDuration } from '../../../../src/features/rules/rule.ts';
import { listRuleGroups, renderRules } from '../../../../src/features/rules/rules.ts';

const slo =
  'the objective is a number from 94 to 99.999 per cent: below 94 an alert at 14.4 times its budget could never fire, and 100 leaves none';
const vantages = 'the number of vantages is a whole number from 1 to 1000';
const runbook = 'the runbook is a relative path or an http(s) URL, without spaces, quotes, braces or #';
const grafana = 'the address of Grafana is an http(s) URL without a slash at its end, a query or #';
const timeScale = 'the time scale is above 0 and at most 1';

describe('numbers of a site', () => {
  test.each([
    { name: 'the defaults', change: {}, mistakes: [] },
    { name: 'the lowest objective', change: { sloPercent: 94 }, mistakes: [] },
    { name: 'just below it', change: { sloPercent: 93.99 }, mistakes: [slo] },
    { name: 'the highest objective', change: { sloPercent: 99.999 }, mistakes: [] },
    { name: 'no budget at all', change: { sloPercent: 100 }, mistakes: [slo] },
    { name: 'an objective that is no number', change: { sloPercent: Number.NaN }, mistakes: [slo] },
    { name: 'a thousand places', change: { vantages: 1000 }, mistakes: [] },
    { name: 'more', change: { vantages: 1001 }, mistakes: [vantages] },
    { name: 'no place', change: { vantages: 0 }, mistakes: [vantages] },
    { name: 'half a place', change: { vantages: 1.5 }, mistakes: [vantages] },
    { name: 'a runbook elsewhere', change: { runbook: 'https://wiki.example.com/m' }, mistakes: [] },
    { name: 'a runbook with a fragment', change: { runbook: 'docs/runbook.md#x' }, mistakes: [runbook] },
    { name: 'a runbook that is a script', change: { runbook: 'javascript:alert(1)' }, mistakes: [runbook] },
    { name: 'a runbook that is a script in capitals', change: { runbook: 'JavaScript:alert(1)' }, mistakes: [runbook] },
    { name: 'a runbook on another host by its beginning', change: { runbook: '//example.com/m' }, mistakes: [runbook] },
    { name: 'a runbook without a host', change: { runbook: 'https:///m' }, mistakes: [runbook] },
    { name: 'a runbook beside', change: { runbook: '../wiki/runbook.md' }, mistakes: [] },
    { name: 'a runbook that is an alias in YAML', change: { runbook: '*m' }, mistakes: [runbook] },
    { name: 'a runbook that is a template', change: { runbook: '{{ x }}' }, mistakes: [runbook] },
    { name: 'a Grafana below a path', change: { grafana: 'https://grafana.example.com/ops' }, mistakes: [] },
    {
      name: 'a Grafana with a slash at its end',
      change: { grafana: 'https://grafana.example.com/' },
      mistakes: [grafana],
    },
    { name: 'a Grafana that is a script', change: { grafana: 'javascript:alert(1)' }, mistakes: [grafana] },
    { name: 'a Grafana that is a template', change: { grafana: 'https://{{ x }}' }, mistakes: [grafana] },
    { name: 'a Grafana with a quote', change: { grafana: 'https://a"b' }, mistakes: [grafana] },
    { name: 'no time', change: { timeScale: 0 }, mistakes: [timeScale] },
    {
      name: 'all wrong at once',
      change: { sloPercent: 0, vantages: -1, runbook: '', timeScale: 2 },
      mistakes: [slo, vantages, runbook, timeScale],
    },
  ])('$name', ({ change, mistakes }) => {
    const parameters = { ...defaultRuleParameters, ...change };
    expect(checkRuleParameters(parameters)).toEqual(
      mistakes.length === 0 ? { tag: 'ok', value: parameters } : { tag: 'error', error: mistakes },
    );
  });

  test('every burn rate can be reached at the lowest objective', () => {
    const budget = budgetShareOf({ ...defaultRuleParameters, sloPercent: sloPercentMin });
    for (const { factor } of [...burnRates.fast, ...burnRates.slow]) expect(factor * budget).toBeLessThan(1);
  });
});

describe('durations', () => {
  test.each([
    [0.5, '500ms'],
    [1, '1s'],
    [90, '90s'],
    [300, '5m'],
    [3600, '1h'],
    [5400, '90m'],
    [86_400, '1d'],
    [259_200, '3d'],
    [0.0166, '17ms'],
  ])('%d s is %s', (seconds, text) => expect(formatRuleDuration(seconds)).toBe(text));
  test.each([0, -1, 0.0001, Number.NaN])('%d s is none', (seconds) =>
    expect(() => formatRuleDuration(seconds)).toThrow(RangeError),
  );
});

describe('the text', () => {
  const numbers = (text: string, pattern: RegExp) => [
    ...new Set([...text.matchAll(pattern)].map(([, found]) => found)),
  ];

  test('the objective is in every limit of the budget, and nowhere is another', () => {
    const text = renderRules({ ...defaultRuleParameters, sloPercent: 99.5 });
    expect(numbers(text, /> (?:bool )?[\d.]+ \* (0\.0\d+)/g)).toEqual(['0.005']);
    expect(numbers(text, /objective is ([\d.]+) % successful/g)).toEqual(['99.5']);
    expect(text).toContain('# Made by `mirrorwatch rules --slo 99.5 --vantages 1`');
  });

  test('the number of places is in every majority', () => {
    const text = renderRules({ ...defaultRuleParameters, vantages: 3 });
    expect(numbers(text, /count_vantages, (\d+)\)/g)).toEqual(['3']);
    expect(text).toContain('fewer than the minimum of 3.');
  });

  test('the runbook is in every alert', () => {
    const text = renderRules({ ...defaultRuleParameters, runbook: 'https://wiki.example.com/m' });
    expect(numbers(text, /runbook_url: ([^#\n]+)#/g)).toEqual(['https://wiki.example.com/m']);
  });

  test('Grafana is before every path of a board', () => {
    const text = renderRules({ ...defaultRuleParameters, grafana: 'https://grafana.example.com/ops' });
    expect(numbers(text, /dashboard_url: "(.*?)\/d\/mirrorwatch-/g)).toEqual(['https://grafana.example.com/ops']);
    expect(text).toContain('--grafana https://grafana.example.com/ops');
  });

  test('a scale of a sixtieth makes an hour a minute, everywhere', () => {
    const text = renderRules({ ...defaultRuleParameters, timeScale: 1 / 60 });
    expect(numbers(text, /\[(\d+[a-z]+)\]/g)).toEqual(['1m', '15s', '5s', '10s', '24m', '30s', '2m', '6m', '72m']);
    expect(numbers(text, /\[(\w+:\w+)\]/g)).toEqual(['20s:2s', '15s:250ms', '5s:250ms', '5s:1s']);
    expect(numbers(text, / interval: (\w+)/g)).toEqual(['2s', '1s']);
    expect(numbers(text, / (?:keep_firing_)?for: (\w+)/g)).toEqual(
      expect.arrayContaining(['1s', '20s', '10s', '1m', '2s']),
    );
  });

  test('every rule is in it once, but MirrorDown, which has two severities', () => {
    const groups = listRuleGroups(defaultRuleParameters);
    const names = groups.flatMap(({ recordings, alerts }) => [
      ...recordings.map(({ record }) => record),
      ...alerts.map(({ alert }) => alert),
    ]);
    expect(names.filter((name, at) => names.indexOf(name) !== at)).toEqual(['MirrorDown']);
    expect(
      [...renderRules(defaultRuleParameters).matchAll(/- (?:record|alert): (\S+)/g)].map(([, name]) => name),
    ).toEqual(names);
  });
});
