import { describe, expect, it } from 'vitest';
import { awayReasonOf, isInMaintenance, presentThrottle } from '../../../src/schedule/throttle.ts';
import { at, plainCalendar } from './sample-config.ts';

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
