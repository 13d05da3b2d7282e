import fc from 'fast-check';
import { expect, test } from 'vitest';
import { quantileOf } from '../../../src/core/statistics.ts';
import { Sketch } from '../../../src/state/open-cell.ts';

test('a quantile is exact to 2 %, from a tenth of a millisecond to two minutes', () => {
  const rtt = fc.double({ min: 0.1, max: 120_000, noNaN: true });
  fc.assert(
    fc.property(fc.array(rtt, { minLength: 1 }), fc.constantFrom(0.5, 0.95), (all, q) => {
      const sketch = new Sketch();
      for (const ms of all) sketch.add(ms);
      const exact = quantileOf(all, q) ?? Number.NaN;
      expect(Math.abs((sketch.quantile(q) ?? 0) / exact - 1)).toBeLessThanOrEqual(0.02);
    }),
  );
});

test('nothing has no quantile, and what is shorter than a tenth of a millisecond counts as that', () => {
  expect(new Sketch().quantile(0.5)).toBeNull();
  const sketch = new Sketch();
  sketch.add(0);
  expect(sketch.quantile(0.5)).toBeCloseTo(0.1, 2);
});

test('it goes on from its bins', () => {
  const [whole, first] = [new Sketch(), new Sketch()];
  for (const ms of [10, 20, 30]) {
    whole.add(ms);
    first.add(ms);
  }
  const again = new Sketch(first.bins());
  for (const ms of [400, 500]) {
    whole.add(ms);
    again.add(ms);
  }
  expect(again.bins()).toEqual(whole.bins());
});
