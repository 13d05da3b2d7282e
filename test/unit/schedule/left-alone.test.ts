import { describe, expect, it } from 'vitest';
import { limits } from '../../../src/core/limits.ts';
import {
  awayReasonOf,
  clearWaits,
  isInMaintenance,
  presentThrottle,
  type Throttle,
  type Throttles,
  throttledBy,
  throttleStep,
  unthrottled,
  waitEnd,
} from '../../../src/schedule/throttle.ts';
import { at, plainCalendar } from './sample-config.ts';

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

const minute = 60_000;
const hour = 60 * minute;
const hourly = { cron: 'hourly', timeZone: null, forMs: 10 * minute };

describe('isInMaintenance', () => {
  const rows: readonly (readonly [
    name: string,
    windows: Parameters<typeof presentThrottle>[0],
    afterMs: number,
    want: boolean,
  ])[] = [
    ['no window', [], 0, false],
    ['at the named time', [hourly], hour, true],
    ['a millisecond before it', [hourly], hour - 1, false],
    ['at the last millisecond', [hourly], hour + 10 * minute - 1, true],
    ['at its end', [hourly], hour + 10 * minute, false],
    ['a window longer than its interval never ends', [{ ...hourly, forMs: 3 * hour }], 30 * minute, true],
    ['one of two', [{ ...hourly, cron: 'never' }, hourly], hour + minute, true],
    ['an expression that names nothing', [{ ...hourly, cron: 'never' }], hour, false],
  ];
  it.each(rows)('%s', (_name, windows, afterMs, want) =>
    expect(isInMaintenance(presentThrottle(windows), plainCalendar, at(afterMs))).toBe(want),
  );

  it('follows time with one state, also when the wall clock is set back', () => {
    const absence = presentThrottle([hourly]);
    const seen = [50, 60, 69, 70, 119, 120, 65, 55].map((after) =>
      isInMaintenance(absence, plainCalendar, at(after * minute)),
    );
    expect(seen).toEqual([false, true, true, false, false, true, true, false]);
  });

  it('asks the calendar only when the answer can change', () => {
    let asked = 0;
    const counting = {
      nextAfter: (...args: Parameters<typeof plainCalendar.nextAfter>) =>
        plainCalendar.nextAfter(...args) + 0 * asked++,
    };
    const absence = presentThrottle([hourly]);
    for (let second = 0; second < 3_000; second += 1)
      isInMaintenance(absence, counting, at(10 * minute + second * 1_000));
    expect(asked).toBe(1);
  });
});

it('awayBecause: names maintenance before pause and doubt, and lets a pause end by itself', () => {
  const absence = presentThrottle([hourly]);
  expect(awayReasonOf(absence, plainCalendar, at(20 * minute))).toBeNull();
  absence.pausedUntilMs = at(30 * minute).wallMs;
  expect(awayReasonOf(absence, plainCalendar, at(30 * minute - 1))).toBe('paused');
  expect(awayReasonOf(absence, plainCalendar, at(30 * minute))).toBeNull();
  absence.inDoubt = true;
  expect(awayReasonOf(absence, plainCalendar, at(31 * minute))).toBe('paused');
  expect(awayReasonOf(absence, plainCalendar, at(hour))).toBe('maintenance');
  absence.inDoubt = false;
  expect(awayReasonOf(absence, plainCalendar, at(hour + 10 * minute))).toBeNull();
});
