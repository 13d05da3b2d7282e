import { describe, expect, it } from 'vitest';
import { stateWords } from '../../../dashboards/columns.ts';
import { phaseColour, reasonColour } from '../../../dashboards/palette.ts';
import { narrowing, stateCodes } from '../../../dashboards/promql.ts';
import { style } from '../../../src/api/page/assets.ts';
import { phases, reasons, reasonWeight } from '../../../src/core/failure.ts';
import { mirrorStates } from '../../../src/core/standing.ts';
import { registry } from '../../../src/ecosystems/registry.ts';
import { ownFindingKinds } from '../../../src/export/catalog/values.ts';
import { catalog, metricNames, metricOf } from '../../../src/export/catalog.ts';
import { levels } from '../../../src/features/rules/rule.ts';
import { annotationQueries, panelQueries } from '../../real/boards-grafana.ts';
import { alertRules, recordingRules } from '../../rules/alert-rules.ts';
import { labelsOf, metricBehind, scrapeLabels } from '../../rules/queries.ts';
import { connections } from './lists.ts';

// Labels and their values stand in the catalogue, and once more in rules, boards and the page.

/** Labels whose values are closed, though the configuration says which of them there are. */
const written = new Map<string, readonly string[]>([
  ['connection', connections],
  ['step', registry.steps],
  ['ecosystem', registry.ids],
]);

/** The values that a label of a metric can have; `null` where they are open. */
function valuesOf(name: string, label: string): readonly string[] | null {
  const metric = metricBehind(name);
  if (metric === null) return null;
  const counted = Object.values(metricOf(metric).per).flatMap((each) => Object.entries(each));
  const values = counted.flatMap(([one, list]) => (one === label ? list : []));
  return values.length > 0 ? values : (written.get(label) ?? null);
}

/** Matchers of closed labels, one for each word of a pattern. Boards' variables are no words. */
function matched(query: string): readonly (readonly [name: string, label: string, value: string])[] {
  return [...query.matchAll(/\b([a-z_]+)\{([^}]*)\}/g)].flatMap(([, name = '', matchers = '']) =>
    [...matchers.matchAll(/(\w+)(?:=~|!~|!=|=)(?:"([^"]*)"|'([^']*)')/g)].flatMap(([, label = '', one, other]) =>
      (one ?? other ?? '')
        .split('|')
        .filter((value) => value !== '' && !/[$%]/.test(value))
        .map((value) => [name, label, value] as const),
    ),
  );
}

const texts = [
  ...alertRules.flatMap(({ alert, expr, annotations }) =>
    [expr, ...Object.values(annotations)].map((query) => ({ key: alert, query })),
  ),
  ...recordingRules.map(({ record, expr }) => ({ key: record, query: expr })),
  ...[...panelQueries, ...annotationQueries].map(({ key, expr }) => ({ key, query: expr })),
];
const matchers = texts.flatMap(({ key, query }) => matched(query).map((found) => [key, ...found] as const));

describe('values of closed labels in rules and boards', () => {
  it.each(matchers.filter(([, name, label]) => valuesOf(name, label) !== null))(
    '%s: %s{%s="%s"}',
    (_key, name, label, value) => {
      expect(valuesOf(name, label)).toContain(value);
    },
  );
  it('the reader finds them, and words that are none', () => {
    expect(new Set(matchers.map(([, , label]) => label))).toEqual(
      new Set([
        'because',
        'bound',
        'cause',
        'connection',
        'job',
        'kind',
        'outcome',
        'phase',
        'reason',
        'result',
        'state',
        'step',
        'what',
      ]),
    );
    expect(matched(`a{state=~"up|so",x="$y"} b{reason!='z'}`)).toEqual([
      ['a', 'state', 'up'],
      ['a', 'state', 'so'],
      ['b', 'reason', 'z'],
    ]);
    expect(valuesOf('mirror_state', 'state')).toEqual(mirrorStates);
  });
});

describe('lists that rules write out', () => {
  const reasonsIn = (alert: string): readonly string[] => {
    const rule = alertRules.find((one) => one.alert === alert);
    const all = [rule?.expr ?? '', rule?.annotations.description ?? ''].flatMap(matched);
    return [...new Set(all.filter(([, label]) => label === 'reason').map(([, , value]) => value))];
  };
  it('MirrorRefuses names what counts as a refusal', () => {
    const refused = reasons.filter((reason) => reasonWeight[reason] === 'refusal');
    expect(reasonsIn('MirrorRefuses').toSorted()).toEqual(refused.toSorted());
  });
  it('findings about us are the kinds without a registry', () => {
    const ours = matchers.filter(([, , label, value]) => label === 'kind' && /^(self|vantage)$/.test(value));
    expect([...new Set(ours.map(([, , , value]) => value))].toSorted()).toEqual([...ownFindingKinds].toSorted());
  });
});

describe('labels of levels and variables', () => {
  it.each(recordingRules)('$record has the labels of its level from what it reads', ({ record, expr }) => {
    const level = levels[record.split(':')[0] as keyof typeof levels];
    const names = [...expr.matchAll(/[a-z_:]*mirror(?:watch)?_[a-z_:0-9]+/g)].map(([name]) => name);
    const available = new Set(names.flatMap((name) => labelsOf(name) ?? []));
    expect(level.filter((label) => !available.has(label))).toEqual([]);
  });
  it('boards narrow down by labels that there are', () => {
    const all = new Set([...metricNames.flatMap((name) => metricOf(name).labels), ...scrapeLabels]);
    expect(narrowing.filter((label) => !all.has(label))).toEqual([]);
  });
  it('what a metric is counted per is among its labels, and closed values stand in one list each', () => {
    for (const name of metricNames) {
      const { labels, per } = metricOf(name);
      for (const each of Object.values(per)) for (const label of Object.keys(each)) expect(labels).toContain(label);
    }
    expect(Object.keys(catalog)).toEqual(metricNames);
  });
});

describe('words and colours of boards and page', () => {
  it('the coded state has every state', () => {
    expect(stateCodes.toSorted()).toEqual(mirrorStates.toSorted());
  });
  it('the words of the coded state stand at their codes', () => {
    const { options } = stateWords as unknown as {
      readonly options: Readonly<Record<string, { readonly text: string }>>;
    };
    expect(Object.values(options).map(({ text }) => text)).toEqual(stateCodes);
    expect(Object.keys(options)).toEqual(Object.keys(stateCodes));
  });
  it('each reason has a colour of its own', () => {
    expect(Object.keys(reasonColour)).toEqual(reasons);
    expect(new Set(Object.values(reasonColour)).size).toBe(reasons.length);
  });
  it('the phases have the colours of the status page', () => {
    const light = style.slice(0, style.indexOf('@media'));
    expect(Object.keys(phaseColour)).toEqual(phases);
    for (const phase of phases) expect(light).toContain(`--${phase}: ${phaseColour[phase]};`);
  });
  it('the page has a look for each state and each phase', () => {
    for (const state of mirrorStates) expect(style).toMatch(new RegExp(`\\.${state}\\b`));
    for (const phase of phases) expect(style).toContain(`.p-${phase} {`);
  });
});
