import { describe, expect, it } from 'vitest';
import { limits } from '../../../src/core/limits.ts';
import {
  clearWaits,
  type Throttle,
  type Throttles,
  throttledBy,
  throttleStep,
  unthrottled,
  waitEnd,
} from '../../../src/schedule/throttle.ts';
import { at } from './sample-config.ts';

describe('throttledBy', () => {
  const held: Throttle = { until: at(60_000), level: 2 };
  const rows: readonly (readonly [
    name: string,
    before: Throttle,
    retryAfterMs: number | null,
    chance: number,
    want: Throttle,
  ])[] = [
    ['not throttled', unthrottled, null, 0.5, unthrottled],
    ['a time asked for holds', unthrottled, 5_000, 0.5, { until: at(5_000), level: 0 }],
    ['a shorter one does not cut a longer one off', held, 5_000, 0.5, held],
    ['a longer one stretches it', held, 90_000, 0.5, { until: at(90_000), level: 2 }],
    ['some minutes at most', unthrottled, 1e12, 0.5, { until: at(limits.throttleMsMax), level: 0 }],
    ['without a time: the least back-off', unthrottled, 0, 0.5, { until: at(5_000), level: 1 }],
    ['a quarter shorter at most', unthrottled, 0, 0, { until: at(3_750), level: 1 }],
    ['twice as long the next time', { until: null, level: 1 }, 0, 0.5, { until: at(10_000), level: 2 }],
    ['up to a bound', { until: null, level: 40 }, 0, 0.5, { until: at(limits.throttleMsMax), level: 41 }],
    ['a second 429 of the same moment is not a second time', held, 0, 0.5, held],
    ['an answer that was under way does not end it', held, null, 0.5, held],
    ['a good answer afterwards does', { until: null, level: 3 }, null, 0.5, unthrottled],
  ];
  it.each(rows)('%s', (_name, before, retryAfterMs, chance, want) =>
    expect(throttledBy(before, retryAfterMs, chance, at(0))).toEqual(want),
  );
});

it('holds up to the very millisecond', () => {
  const throttles: Throttles = new Map([['mod', { until: at(1_000), level: 0 }]]);
  const ends = [at(0), at(999), at(1_000)].map((now) => waitEnd(throttles, 'mod', now));
  expect(ends).toEqual([at(1_000), at(1_000), null]);
  expect(waitEnd(throttles, 'list', at(0))).toBeNull();
});

describe('the throttles of a mirror', () => {
  const heard = (retryAfterMs: number | null) => ({ retryAfterMs, chance: 0.5 });

  it('keep one wait for each step, and nothing of a step that answers', () => {
    const throttles: Throttles = new Map();
    throttleStep(throttles, 'mod', heard(60_000), at(0));
    throttleStep(throttles, 'list', heard(null), at(0));
    expect([...throttles.keys()]).toEqual(['mod']);
    throttleStep(throttles, 'mod', heard(null), at(60_000));
    expect(throttles.size).toBe(0);
  });

  it('end all waits at once, and the back-off goes on where it was', () => {
    const throttles: Throttles = new Map();
    throttleStep(throttles, 'mod', heard(60_000), at(0));
    throttleStep(throttles, 'list', heard(0), at(0));
    clearWaits(throttles);
    expect([...throttles]).toEqual([['list', { until: null, level: 1 }]]);
  });
});
