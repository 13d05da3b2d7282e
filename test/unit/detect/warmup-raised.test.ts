import { expect, it } from 'vitest';
import { createDetector } from '../../../src/detect/detector.ts';
import { fine, minute, warm, world } from './story-world.ts';
import { aConfig, aDue, aMirror, aSample, aTarget, at, countingRandom } from './world.ts';

it('a spike ends where a longer warm-up than its baseline has is wanted: nothing else could end it', () => {
  const sim = world(['a', 'b'], (registry, t) => (registry === 'a' && t >= warm ? { rttMs: 2_000 } : fine));
  sim.runTo(warm + 3 * minute);
  expect(sim.changes('spike').map(({ what }) => what)).toEqual(['a opened']);
  const mirrors = ['a', 'b'].map((name) => aMirror(name));
  const targets = mirrors.map(({ name }) => aTarget(name));
  const config = aConfig({ mirrors, spike: { warmup: 60 } });
  const restored = [...sim.store.values()];
  const after = createDetector({ config, targets, restored, random: countingRandom('again'), now: at(sim.nowMs) });
  expect(after.findings()).toEqual([]);
  sim.apply(sim.detector.reconfigure(config, targets, at(sim.nowMs)));
  for (let n = 1; n <= 100; n += 1) {
    const startMs = sim.nowMs + n * 30_000;
    sim.apply(sim.detector.take(aSample(aDue(aTarget('a')), startMs, 100), at(startMs + 100)));
  }
  expect(sim.changes('spike').map(({ what }) => what)).toEqual(['a opened', 'a closed']);
  expect([...sim.detector.baselines()].find(({ target }) => target.registry === 'a')?.baselineMs).toBe(100);
});
