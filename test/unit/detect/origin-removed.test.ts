import { expect, it } from 'vitest';
import { Shelves, versions } from './freshness-world.ts';
import { minute } from './story-world.ts';
import { aTarget, at } from './world.ts';

it('a lag behind an origin ends with the origin: without one, nothing else could end it', () => {
  const lists = new Shelves({ mirrors: ['o', 'a', 'b'], origin: 'o', limitMs: 10 * minute });
  const see = (registry: string, atMs: number, ...newest: readonly string[]) =>
    lists.see({ registry, fromMs: atMs, toMs: atMs + 100, contents: versions(...newest) });
  for (let n = 0; n < 6; n += 1) {
    see('o', n * 5 * minute, 'v1.0.0', ...(n > 0 ? ['v1.1.0'] : []));
    see('a', n * 5 * minute + 1_000, 'v1.0.0');
    see('b', n * 5 * minute + 2_000, 'v1.0.0', ...(n > 0 ? ['v1.1.0'] : []));
  }
  expect(lists.story()).toEqual(['a opened behind']);
  const mirrors = lists.config.mirrors.filter(({ name }) => name !== 'o');
  const targets = mirrors.map(({ name }) => aTarget(name, 'list'));
  lists.keep(lists.detector.reconfigure({ ...lists.config, mirrors }, targets, at(30 * minute)));
  see('a', 31 * minute, 'v1.0.0');
  expect(lists.story()).toEqual(['a opened behind', 'a closed behind']);
});
