import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cronCalendar } from '../../../src/io/calendar.ts';

const iso = (wallMs: number): string => new Date(wallMs).toISOString();

describe('cronCalendar', () => {
  const rows: readonly (readonly [name: string, expression: string, zone: string, from: string, want: string])[] = [
    ['the next five minutes', '*/5 * * * *', 'UTC', '2026-03-01T00:01:00Z', '2026-03-01T00:05:00.000Z'],
    [
      'strictly after: a match itself does not count',
      '*/5 * * * *',
      'UTC',
      '2026-03-01T00:05:00Z',
      '2026-03-01T00:10:00.000Z',
    ],
    [
      'a millisecond before a match counts',
      '*/5 * * * *',
      'UTC',
      '2026-03-01T00:04:59.999Z',
      '2026-03-01T00:05:00.000Z',
    ],
    ['six fields begin with seconds', '*/20 * * * * *', 'UTC', '2026-03-01T00:00:05Z', '2026-03-01T00:00:20.000Z'],
    ['the end of a year', '0 0 1 1 *', 'UTC', '2026-12-31T23:59:59Z', '2027-01-01T00:00:00.000Z'],
    ['a nickname', '@daily', 'UTC', '2026-03-01T00:00:00Z', '2026-03-02T00:00:00.000Z'],
    ['a week day by name', '0 2 * * sat', 'UTC', '2026-03-01T00:00:00Z', '2026-03-07T02:00:00.000Z'],
    [
      'day of month and day of week must both hold',
      '0 0 13 * 5',
      'UTC',
      '2026-03-14T00:00:00Z',
      '2026-11-13T00:00:00.000Z',
    ],
    ['the last day of a month', '0 0 L * *', 'UTC', '2026-02-01T00:00:00Z', '2026-02-28T00:00:00.000Z'],
    ['29 February, years ahead', '0 0 29 2 *', 'UTC', '2026-03-01T00:00:00Z', '2028-02-29T00:00:00.000Z'],
    ['a zone east of Greenwich', '0 2 * * *', 'Asia/Shanghai', '2026-03-01T00:00:00Z', '2026-03-01T18:00:00.000Z'],
    [
      'a zone with a quarter of an hour',
      '0 0 * * *',
      'Asia/Kathmandu',
      '2026-03-01T00:00:00Z',
      '2026-03-01T18:15:00.000Z',
    ],
    ['before summer time', '30 2 * * *', 'Europe/Berlin', '2026-03-27T12:00:00Z', '2026-03-28T01:30:00.000Z'],
    [
      'a time that the clocks skip is skipped',
      '30 2 * * *',
      'Europe/Berlin',
      '2026-03-28T12:00:00Z',
      '2026-03-30T00:30:00.000Z',
    ],
    [
      'a named hour that comes twice: the first',
      '30 2 * * *',
      'Europe/Berlin',
      '2026-10-24T12:00:00Z',
      '2026-10-25T00:30:00.000Z',
    ],
    [
      'a named hour that comes twice: not the second',
      '30 2 * * *',
      'Europe/Berlin',
      '2026-10-25T00:30:00Z',
      '2026-10-26T01:30:00.000Z',
    ],
    [
      'every half hour goes on through the repeated hour',
      '*/30 * * * *',
      'Europe/Berlin',
      '2026-10-25T00:30:00Z',
      '2026-10-25T01:00:00.000Z',
    ],
    [
      'the hour behind the change in New York',
      '0 3 * * *',
      'America/New_York',
      '2026-03-07T12:00:00Z',
      '2026-03-08T07:00:00.000Z',
    ],
    [
      'half an hour of summer time on Lord Howe',
      '45 1 * * *',
      'Australia/Lord_Howe',
      '2026-04-04T14:45:00Z',
      '2026-04-05T15:15:00.000Z',
    ],
  ];
  it.each(rows)('%s', (_name, expression, zone, from, want) => {
    expect(iso(cronCalendar.nextAfter(expression, zone, Date.parse(from)))).toBe(want);
  });

  it('gives Infinity for a date that never comes', () => {
    expect(cronCalendar.nextAfter('0 0 L 2 0#1', 'UTC', Date.parse('2026-03-01T00:00:00Z'))).toBe(
      Number.POSITIVE_INFINITY,
    );
  });

  it('throws on what node-cron refuses', () => {
    expect(() => cronCalendar.nextAfter('61 * * * *', 'UTC', 0)).toThrow();
    expect(() => cronCalendar.nextAfter('0 0 * * *', 'Nowhere/Town', 0)).toThrow(RangeError);
  });

  it('agrees with plain counting on every step of minutes, in any zone of whole quarters', () => {
    const zones = ['UTC', 'Asia/Kolkata', 'Asia/Kathmandu', 'America/St_Johns', 'Europe/London', 'Australia/Lord_Howe'];
    fc.assert(
      fc.property(
        fc.constantFrom(...zones),
        fc.constantFrom(1, 5, 15),
        fc.integer({ min: Date.UTC(2024, 0), max: Date.UTC(2030, 0) }),
        (zone, every, from) => {
          const unit = every * 60_000;
          expect(cronCalendar.nextAfter(`*/${every} * * * *`, zone, from)).toBe((Math.floor(from / unit) + 1) * unit);
        },
      ),
      { numRuns: 200 },
    );
  });
});
