import { describe, expect, test } from 'vitest';
import type { Config } from '../../../src/core/config.ts';
import { isUpstreamOwner, ownedBy } from '../../../src/schedule/shard.ts';
import { expandTargets } from '../../../src/schedule/targets.ts';
import { sampleConfig, sampleMirror } from '../../support/sample-config.ts';

// One place that outgrows one process: its targets are spread over daemons, each target once.

const modules = Array.from({ length: 3_000 }, (_, at) => ({
  ecosystem: 'go',
  upstream: 'go',
  module: `example.com/m${at}`,
  version: 'v1.0.0',
}));
const of = (more: Partial<Config> = {}): Config =>
  sampleConfig({ mirrors: [sampleMirror('a'), sampleMirror('b')], modules, ...more });
const idsOf = (config: Config): readonly string[] => expandTargets(config).map(({ id }) => id);
const shards = new Map<number, readonly (readonly string[])[]>();

/** The targets of each of so many shards, made once. */
function shardsOf(count: number): readonly (readonly string[])[] {
  const made = shards.get(count) ?? Array.from({ length: count }, (_, index) => idsOf(of({ shard: { index, count } })));
  shards.set(count, made);
  return made;
}

describe('targets of shards', () => {
  const all = idsOf(of());

  test('are enough to measure shares of', () => expect(all.length).toBeGreaterThan(10_000));

  test.each([2, 3, 8])(
    'of %i shards each target has exactly one, and no shard has much more than its share',
    (count) => {
      expect(shardsOf(count).flat().toSorted()).toEqual(all.toSorted());
      for (const own of shardsOf(count)) {
        expect(own.length).toBeGreaterThan((all.length / count) * 0.8);
        expect(own.length).toBeLessThan((all.length / count) * 1.2);
      }
    },
  );

  test.each([1, 2, 3, 7])('from %i shards to one more, 1/(n + 1) of the targets move, all to the new one', (count) => {
    const ownerIn = (shards: readonly (readonly string[])[]) =>
      new Map(shards.flatMap((own, index) => own.map((id) => [id, index] as const)));
    const [before, after] = [ownerIn(count === 1 ? [all] : shardsOf(count)), ownerIn(shardsOf(count + 1))];
    const moved = all.filter((id) => before.get(id) !== after.get(id));
    expect(moved.filter((id) => after.get(id) !== count)).toEqual([]);
    expect(moved.length / all.length).toBeGreaterThan(0.85 / (count + 1));
    expect(moved.length / all.length).toBeLessThan(1.15 / (count + 1));
  });

  test('all targets of a module are together, at every mirror', () => {
    for (const own of shardsOf(3)) {
      const perModule = Map.groupBy(own, (id) => id.split('|')[1]);
      const sizes = new Set(
        [...perModule].filter(([name]) => name?.startsWith('example.com/m')).map(([, ids]) => ids.length),
      );
      expect(sizes.size).toBe(1);
    }
  });

  test('canaries are with the owner of their upstream, who alone advises on it', () => {
    for (let index = 0; index < 3; index++) {
      const config = of({ shard: { index, count: 3 } });
      const isOwner = isUpstreamOwner(config, { ecosystem: 'go', upstream: 'go' });
      expect(expandTargets(config).filter(({ canary }) => canary).length).toBe(isOwner ? 2 : 0);
      expect(ownedBy(config).mirrors.map(({ name }) => name)).toEqual(isOwner ? ['a', 'b'] : []);
    }
    expect(
      [0, 1, 2].filter((index) =>
        isUpstreamOwner(of({ shard: { index, count: 3 } }), { ecosystem: 'go', upstream: 'go' }),
      ),
    ).toHaveLength(1);
  });

  test('without shards one daemon has all, and owns all', () => {
    expect(isUpstreamOwner(of(), { ecosystem: 'go', upstream: 'go' })).toBe(true);
    expect(ownedBy(of())).toEqual(of());
  });
});
