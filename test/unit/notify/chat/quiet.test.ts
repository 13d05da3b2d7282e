import { describe, expect, it } from 'vitest';
import { isQuiet, quietEndMsOf } from '../../../../src/notify/chat/batch.ts';
import { formatLocalTime, formatSpan, formatTook } from '../../../../src/notify/chat/times.ts';
import { wordsOf } from '../../../../src/words/words.ts';

const at = (text: string): number => Date.parse(text);
const rule = (from: string, to: string, timeZone: string) => {
  const minuteOf = (text: string): number => Number(text.slice(0, 2)) * 60 + Number(text.slice(3));
  return { timeZone, quiet: { fromMinute: minuteOf(from), toMinute: minuteOf(to), urgent: 'hold' } } as const;
};

describe('quiet hours', () => {
  const night = rule('22:00', '08:00', 'Asia/Shanghai');
  const noon = rule('12:00', '13:30', 'Asia/Kolkata');
  it.each([
    ['before', night, '2026-03-01T13:59:59.999Z', false],
    ['the first minute', night, '2026-03-01T14:00:00.000Z', true],
    ['past midnight', night, '2026-03-01T16:30:00.000Z', true],
    ['the last', night, '2026-03-01T23:59:59.999Z', true],
    ['after', night, '2026-03-02T00:00:00.000Z', false],
    ['within a day, before', noon, '2026-03-01T06:29:59.000Z', false],
    ['within a day, in them', noon, '2026-03-01T06:30:00.000Z', true],
    ['within a day, after', noon, '2026-03-01T08:00:00.000Z', false],
  ] as const)('%s', (_, hours, when, want) => expect(isQuiet(hours, at(when))).toBe(want));

  it.each([
    ['on an ordinary night', night, '2026-03-01T15:10:20.500Z', '2026-03-02T00:00:00.000Z'],
    ['in the last second', night, '2026-03-01T23:59:59.500Z', '2026-03-02T00:00:00.000Z'],
    [
      'in the night that loses an hour',
      rule('22:00', '08:00', 'Europe/Berlin'),
      '2026-03-28T22:00:00.000Z',
      '2026-03-29T06:00:00.000Z',
    ],
    [
      'in the night that gains one',
      rule('22:00', '08:00', 'Europe/Berlin'),
      '2026-10-24T22:00:00.000Z',
      '2026-10-25T07:00:00.000Z',
    ],
    [
      'where they end in the hour that is left out',
      rule('22:00', '02:30', 'Europe/Berlin'),
      '2026-03-28T22:00:00.000Z',
      '2026-03-29T01:00:00.000Z',
    ],
  ] as const)('end %s', (_, hours, from, want) => {
    const end = quietEndMsOf(hours, at(from));
    expect(new Date(end).toISOString()).toBe(want);
    expect(isQuiet(hours, end)).toBe(false);
  });

  it.each(['Europe/Berlin', 'Asia/Shanghai', 'America/St_Johns', 'Australia/Lord_Howe', 'UTC'])(
    'are over when they end, and not before, on every day of a year in %s',
    (timeZone) => {
      const hours = rule('22:15', '07:45', timeZone);
      for (let day = 0; day < 366; day += 1) {
        const from = at('2026-01-01T00:00:00.000Z') + day * 86_400_000 + ((day * 7_919) % 1_440) * 60_000;
        if (!isQuiet(hours, from)) continue;
        const end = quietEndMsOf(hours, from);
        expect([new Date(end).toISOString(), isQuiet(hours, end), isQuiet(hours, end - 1)]).toEqual([
          new Date(end).toISOString(),
          false,
          true,
        ]);
      }
    },
  );
});

describe('times for people', () => {
  it.each([
    ['UTC', '02-28 23:59'],
    ['Asia/Shanghai', '03-01 07:59'],
    ['America/New_York', '02-28 18:59'],
  ])('%s', (timeZone, want) => expect(formatLocalTime(at('2026-02-28T23:59:30.000Z'), timeZone)).toBe(want));

  it.each([
    [0, '0 s', '0 秒'],
    [59_400, '59 s', '59 秒'],
    [60_000, '1 min', '1 分钟'],
    [3_599_000, '60 min', '60 分钟'],
    [3_600_000, '1 h 0 min', '1 小时 0 分钟'],
    [90_000_000, '1 d 1 h', '1 天 1 小时'],
  ])('%s ms', (ms, english, chinese) =>
    expect([formatSpan(wordsOf('en'), ms), formatSpan(wordsOf('zh'), ms)]).toEqual([english, chinese]),
  );

  it.each([
    [0.0004, '0 ms'],
    [0.32, '320 ms'],
    [1.26, '1.3 s'],
    [41.3, '41 s'],
  ])('%s s', (seconds, want) => expect(formatTook(seconds)).toBe(want));
});
