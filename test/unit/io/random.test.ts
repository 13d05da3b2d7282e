import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Random } from '../../../src/core/ports.ts';
import { createRandom, systemRandom } from '../../../src/io/random.ts';

const sources: readonly (readonly [name: string, make: () => Random])[] = [
  ['systemRandom', () => systemRandom],
  ['seededRandom', () => createRandom(7)],
];

describe.each(sources)('%s', (_name, make) => {
  it('stays within [0, 1) and fills it evenly', () => {
    const random = make();
    const tenths = new Array<number>(10).fill(0);
    for (let n = 0; n < 10_000; n += 1) {
      const tenth = Math.floor(random.next() * 10);
      expect(tenths[tenth]).toBeDefined();
      tenths[tenth] = (tenths[tenth] ?? 0) + 1;
    }
    // 1000 each; six standard deviations are 180.
    for (const hits of tenths) expect(Math.abs(hits - 1_000)).toBeLessThan(180);
  });

  it('gives ids of 20 characters that sort by time and do not repeat', () => {
    const random = make();
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4e12 }), fc.integer({ min: 1, max: 1e11 }), (at, later) => {
        const [first, same, second] = [random.id(at), random.id(at), random.id(at + later)];
        for (const id of [first, same, second]) expect(id).toMatch(/^[0-9a-z]{20}$/);
        expect(first).not.toBe(same);
        expect(first < second).toBe(true);
      }),
    );
  });
});

describe('seededRandom', () => {
  const rows: readonly (readonly [name: string, seed: number, other: number, same: boolean])[] = [
    ['the same seed gives the same sequence', 42, 42, true],
    ['another seed gives another', 42, 43, false],
    ['only the low 32 bits of a seed count', 42, 42 + 2 ** 32, true],
  ];
  it.each(rows)('%s', (_name, seed, other, same) => {
    const draw = (random: Random) => Array.from({ length: 8 }, () => random.next());
    const [one, two] = [draw(createRandom(seed)), draw(createRandom(other))];
    if (same) expect(one).toEqual(two);
    else expect(one).not.toEqual(two);
  });
});
