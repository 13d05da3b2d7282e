import { describe, expect, test } from 'vitest';
import { otherFamilies } from '../../../../bench/scenarios/worlds/families/others.ts';

const worldBy = (name: string, seed = 1) => {
  const family = otherFamilies.find((one) => one.name === name);
  if (family === undefined) throw new Error(name);
  return family.make(seed);
};
const alone = (name: string) => ({ members: [name], separators: [] });

describe('worlds of npm and pip', () => {
  test('clients use one mirror; pip requests the metadata of a file too', () => {
    const [npm, pip] = [worldBy('npm-metadata-fails'), worldBy('pip-metadata-fails')];
    expect([npm, pip].map(({ setup }) => setup.ecosystem)).toEqual(['npm', 'pypi']);
    expect([npm, pip].map(({ setup }) => setup.chains)).toEqual([{ go: 'a' }, { go: 'a' }]);
    for (const world of [npm, pip]) {
      const [incident] = world.incidents;
      const [wellMs, badMs] = [(incident?.fromMs ?? 0) - 1, (incident?.fromMs ?? 0) + 1];
      // Every build fails: 300 s each, and no other mirror is tried.
      expect(world.buildCost('go', alone('a'), badMs)).toBeGreaterThan(300);
      expect(world.buildCost('go', alone('a'), wellMs)).toBeLessThan(100);
      expect(world.buildCost('go', alone('b'), badMs)).toBeLessThan(100);
    }
  });
});
