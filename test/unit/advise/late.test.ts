import { describe, expect, it } from 'vitest';
import { abc, chain, only, warm } from './outage.ts';
import { Stage } from './stage.ts';

const level = { a: 200, b: 200, c: 200 };

describe('a preferred mirror that is behind', () => {
  it('is left for one that is not, and gone back to once it has caught up and proven itself', () => {
    const stage = warm();
    const finding = stage.open('a', 'lag', { cause: 'behind', text: 'a is behind the origin o, by 2.0 h to 2.1 h.' });
    stage.open('b', 'lag', { cause: 'stale' });
    stage.paces(4, level);
    expect(stage.story()).toEqual(['proposed lag c']);
    expect(only(stage)).toMatchObject({ from: 'a', to: 'c', evidence: { findings: [finding.id] } });
    expect(only(stage).reason).toMatch(/^a is behind the origin o, by 2\.0 h to 2\.1 h; c answered/);
    stage.paces(60, level);
    expect(stage.story()).toEqual(['proposed lag c']);
    stage.shut('a', 'lag');
    stage.paces(60, level);
    expect(stage.story()).toEqual(['proposed lag c', 'withdrawn lag c']);
  });

  it.each<[string, Readonly<Record<string, number>>, readonly string[]]>([
    ['costs clients more than minGain beyond it', { a: 200, b: 300, c: 300 }, []],
    ['is behind too', level, ['b', 'c']],
    ['was never measured', { a: 200 }, []],
  ])('is not left for one that %s, and nothing is refused for it', (_name, times, late) => {
    const stage = new Stage(chain, abc);
    stage.paces(6, times);
    for (const name of ['a', ...late]) stage.open(name, 'lag', { cause: 'behind' });
    stage.paces(30, times);
    expect(stage.story()).toEqual([]);
  });

  it('is not left again within hold of the last move', () => {
    const stage = warm();
    stage.open('a', 'lag', { cause: 'behind' });
    stage.paces(4, level);
    stage.open('b', 'lag', { cause: 'behind' });
    stage.paces(10, level);
    expect(stage.story()).toEqual(['proposed lag b']);
    stage.paces(12, level);
    expect(stage.story()).toEqual(['proposed lag b', 'superseded lag b', 'proposed lag c']);
  });
});
