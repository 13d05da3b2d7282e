import { describe, expect, it } from 'vitest';
import { faults } from '../../../bench/how-soon/faults.ts';
import { cellOf, pageOf } from '../../../bench/how-soon/page.ts';
import { playSoon, type Soon } from '../../../bench/how-soon/play.ts';
import { configOf } from '../../../bench/scenarios/daemon/config.ts';
import { worldStepOf } from '../../../bench/scenarios/daemon/sample.ts';
import { families } from '../../../bench/scenarios/worlds/families.ts';
import { registry } from '../../../src/ecosystems/registry.ts';
import { expandTargets } from '../../../src/schedule/targets.ts';

describe('how soon', () => {
  it('faults are families of worlds', () => {
    const names = families.map(({ name }) => name);
    expect(faults.filter(({ family }) => !names.includes(family))).toEqual([]);
    expect(new Set(faults.map(({ family }) => family)).size).toBe(faults.length);
  });

  it.each(registry.ids)(
    '%s: a dead mirror leads to a finding, to advice and, after them, to an action',
    (ecosystem) => {
      const { finding, advice, action } = playSoon({ ecosystem, family: 'refused', seed: 1 });
      expect(finding).toBeGreaterThan(0);
      expect(finding).toBeLessThan(120);
      expect(advice).toBeGreaterThan(0);
      expect(advice).toBeLessThan(120);
      expect(action).toBeGreaterThanOrEqual(advice ?? Number.NaN);
    },
  );

  it.each([
    ['every download fails', { ecosystem: 'http', family: 'zip-errors', seed: 1 }],
    ['the advised mirror is corrected', { ecosystem: 'go', family: 'zip-errors', seed: 13 }],
    ['downloads are slow', { ecosystem: 'go', family: 'zip-crawls', seed: 7 }],
    ['the other mirrors fail now and then', { ecosystem: 'oci', family: 'fails-20-to-35', seed: 11 }],
  ])('advice is soon sure enough for an action: %s', (_, task) => {
    const { advice, action } = playSoon(task);
    expect(advice).toBeLessThan(60);
    expect((action ?? Infinity) - (advice ?? 0)).toBeLessThan(100);
  });

  it('a fault below every threshold leads to none of them', () => {
    expect(playSoon({ ecosystem: 'go', family: 'list-only', seed: 1 })).toMatchObject({ advice: null, action: null });
  });

  it.each(registry.all)('$id: is watched with its own steps, each with a part in the world', (ecosystem) => {
    const made = families[0]?.make(1);
    if (made === undefined) throw new Error('no family');
    const upstream = ecosystem.publicUpstream ?? 'docker.io';
    const setup = {
      ...made.setup,
      ecosystem: ecosystem.id,
      mirrors: made.setup.mirrors.map((mirror) => ({ ...mirror, upstream })),
      modules: made.setup.modules.map((module) => ({ ...module, upstream })),
    };
    const parts = new Map(expandTargets(configOf(setup)).map(({ step }) => [step, worldStepOf(ecosystem.id, step)]));
    expect(parts.get(ecosystem.canary)).toBe('mod');
    expect([...parts].filter(([step]) => ecosystem.steps[step]?.weight === 'heavy').map(([, part]) => part)).toContain(
      'zip',
    );
    expect([...parts.values()].filter((part) => part === 'mod')).toHaveLength(1);
  });

  it('cells are quantiles in which what never came is last', () => {
    expect(cellOf([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])).toBe('5 / 9');
    expect(cellOf([5, null, 4])).toBe('5 / –');
    expect(cellOf([null, null, 4])).toBe('– / –');
  });

  it('the page has a table for each ecosystem', () => {
    const one: Soon = { ecosystem: 'go', family: 'refused', seed: 1, finding: 4.6, advice: 5, action: null };
    const page = pageOf(
      [one, { ...one, ecosystem: 'npm' }],
      new Map([
        ['go', 'Go'],
        ['npm', 'npm'],
      ]),
      'npm run how-soon',
    );
    expect(page.match(/^\| refuses connections \| 5 \/ 5 \| 5 \/ 5 \| – \/ – \|$/gm)).toHaveLength(2);
    expect(page.match(/^## .*$/gm)).toEqual(['## Go', '## npm']);
  });
});
