import { expect, test } from 'vitest';
import { abc, all, chain, chance, Rounds, type World } from './rounds.ts';

/** All mirrors take 600 ms in the median, and a quarter of the responses less than half or more than twice that. */
function scattered(seed: number): World {
  const normal = (...words: readonly (string | number)[]): number =>
    Math.sqrt(-2 * Math.log(chance(seed, 'u', ...words))) * Math.cos(2 * Math.PI * chance(seed, 'v', ...words));
  return (name, step, at) => Math.min(9_000, 600 * Math.exp(normal(name, step, at)));
}

/** A process that starts without stored state, and what it says in its first nine minutes. */
function start(world: World): Rounds {
  const stage = new Rounds(chain, abc, world);
  stage.live(540);
  return stage;
}

test('mirrors that scatter alike: a fresh start moves nobody before it knows how much they scatter', () => {
  const stories = Array.from({ length: 60 }, (_, seed) => start(scattered(seed)).story());
  // An hour later one in sixty moves in nine minutes.
  expect(stories.filter((story) => story.length > 0).length).toBeLessThanOrEqual(3);
});

test('a head that is much slower from the start is left as soon as another one is measured', () => {
  const stage = start(all(200, { a: 1_500 }));
  expect(stage.story()).toEqual(['proposed slower b']);
  expect(stage.changes[0]?.atSeconds).toBeLessThanOrEqual(180);
});

test('a head that takes twice as long from the start is left within nine minutes', () =>
  expect(start(all(400, { a: 800 })).story()).toEqual(['proposed slower b']));

/** While a baseline has too few samples, no sample counts as slow. */
class Warming extends Rounds {
  override sample(...[registry, said, more]: Parameters<Rounds['sample']>): boolean {
    return super.sample(registry, said, { ...more, thresholdMs: null });
  }
}

test('a head that becomes slow while it is new: the expected p95 is not that of the fast responses before', () => {
  const slowFrom = (fromSeconds: number) => {
    const stage = new Warming(chain, abc, (registry, _, at) =>
      registry === 'a' ? (at < fromSeconds ? 44 : 1_500) : registry === 'b' ? 16 : 30,
    );
    stage.live(540);
    const [advice] = stage.advice;
    return { causes: stage.story(), availability: advice?.expected.availability, p95: advice?.expected.p95Seconds };
  };
  // From 301 s on, another target than the canary is slow first, and the decision comes before the next canary.
  expect(slowFrom(301)).toEqual({
    causes: ['proposed slower b'],
    availability: { before: 1, after: 1 },
    p95: { before: 1.5, after: 0.016 },
  });
  // Five canary responses are slow.
  expect(slowFrom(30)).toMatchObject({ p95: { before: 1.5, after: 0.016 } });
});
