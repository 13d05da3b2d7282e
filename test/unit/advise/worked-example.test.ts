import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { table } from '../../support/table.ts';
import { rankOf } from './said.ts';
import { mirror, type Said, Stage } from './stage.ts';

// The decisions that docs/detection.md recomputes by hand: the real advisor decides, the arithmetic of the page stands here
// once more without any of its code, and the page holds the figures.

const page = readFileSync(join(import.meta.dirname, '../../../docs/detection.md'), 'utf8');
const fixed = (value: number): string => value.toFixed(3);

const calm = table<[number, number][]>('unit/advise/worked-example', 'calm');

function stage(): Stage {
  const world = new Stage('https://a.example.com,https://b.example.com,direct', [mirror('a'), mirror('b')]);
  world.consider();
  return world;
}

/** Sum and bound of moving to `b` as the advice, or the API, shows them. */
function running(world: Stage): { readonly sum: number | null; readonly bound: number | null } {
  const b = rankOf(world.advisor).find(({ registry }) => registry === 'b');
  return { sum: b?.sum ?? null, bound: b?.bound ?? null };
}

function moment(world: Stage, a: Said, b: Said, afterSeconds: number, round?: string): void {
  world.pass(afterSeconds);
  const more = round === undefined ? {} : { round };
  world.sample('a', a, more);
  world.sample('b', b, more);
}

describe('worked example 1: a mirror that is slow', () => {
  const slow = [
    [1000, 200],
    [900, 210],
    [1100, 190],
    [1000, 200],
  ] as const;

  it('each sum on the page is the one the advisor holds, and the move comes at the moment the page says', () => {
    const world = stage();
    const rows: string[] = [];
    let [sum, slower, mean, variance, seen, level] = [0, 0, 0, 0, 0, 0];
    let proposedAt = 0;
    for (const [at, [a, b]] of [...calm, ...slow].entries()) {
      moment(world, a, b, 30);
      // By hand, as the page has it.
      const sd = Math.max(Math.sqrt(variance), 0.25 * level, 100);
      const x = Math.max(-8, Math.min(8, (a - 1.25 * b) / sd)) - 0.5;
      sum = Math.max(0, sum + x);
      slower = sum === 0 ? 0 : slower + (x > 0 ? 1 : 0);
      seen += 1;
      const weight = Math.max(1 / 300, 1 / seen);
      level += weight * (b - level);
      if (sum <= 0.6 * 14) {
        const apart = a - b - mean;
        const bounded = seen <= 2 ? apart : Math.max(-6 * sd, Math.min(6 * sd, apart));
        mean += weight * bounded;
        variance = (1 - weight) * (variance + weight * bounded * bounded);
      }
      expect(running(world).sum ?? Number.NaN, `moment ${at + 1}`).toBeCloseTo(sum, 5);
      // At 0 no test is nearer than another; the failures' is named first.
      expect(running(world).bound).toBe(sum > 0 ? 14 : 8);
      rows.push(`| ${at + 1} | ${a} | ${b} | ${fixed(sd)} | ${fixed(x)} | ${fixed(sum)} |`);
      world.consider();
      if (world.changes.length === 0) continue;
      proposedAt = at + 1;
      expect([sum >= 14, slower]).toEqual([true, 4]);
      break;
    }
    expect([world.story(), proposedAt]).toEqual([['proposed slower b'], 14]);
    for (const row of rows.slice(9)) expect(page).toContain(row);
  });
});

describe('worked example 2: a mirror that refuses', () => {
  it('five refusals in four seconds: the sum is 20, its cap; G is 6.93; the move comes with the fifth', () => {
    const world = stage();
    for (const [a, b] of calm) {
      moment(world, a, b, 30);
      world.consider();
    }
    const rows: string[] = [];
    let sum = 0;
    for (let failures = 1; failures <= 5; failures += 1) {
      moment(world, 'refused', 200, 1, `round-${failures}`);
      sum = Math.min(2.5 * 8, sum + Math.log(0.9 / 0.005));
      const apart = 2 * failures * Math.log(2);
      expect(running(world).sum ?? Number.NaN).toBeCloseTo(sum, 5);
      expect(running(world).bound).toBe(8);
      world.consider();
      rows.push(`| ${failures} | ${failures - 1} s | ${fixed(sum)} | ${fixed(apart)} |`);
      expect(world.story(), `after ${failures}`).toEqual(failures < 5 ? [] : ['proposed outage b']);
    }
    for (const row of rows) expect(page).toContain(row);
  });
});
