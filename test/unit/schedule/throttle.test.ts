import { describe, expect, it } from 'vitest';
import { limits } from '../../../src/core/limits.ts';
import { isThrottled, type Throttle, throttledBy, unthrottled } from '../../../src/schedule/throttle.ts';
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
    ['a day at most', unthrottled, 1e12, 0.5, { until: at(limits.retryAfterMsMax), level: 0 }],
    ['without a time: the least back-off', unthrottled, 0, 0.5, { until: at(5_000), level: 1 }],
    ['a quarter shorter at most', unthrottled, 0, 0, { until: at(3_750), level: 1 }],
    ['twice as long the next time', { until: null, level: 1 }, 0, 0.5, { until: at(10_000), level: 2 }],
    ['up to a bound', { until: null, level: 40 }, 0, 0.5, { until: at(limits.throttleMsMax), level: 41 }],
    ['a second 429 of the same moment is not a second time', held, 0, 0.5, held],
    ['an answer that was under way does not end it', held, null, 0.5, held],
    ['a good answer afterwards does', { until: null, level: 3 }, null, 0.5, unthrottled],
  ];
  it.each(rows)('%s', (_name, before, retryAfterMs, chance, want) => {
    expect(throttledBy(before, retryAfterMs, chance, at(0))).toEqual(want);
  });
});

it('holds up to the very millisecond', () => {
  const throttle: Throttle = { until: at(1_000), level: 0 };
  expect([at(0), at(999), at(1_000)].map((now) => isThrottled(throttle, now))).toEqual([true, true, false]);
});
