import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cronCalendar } from '../../../src/io/calendar.ts';
import { table } from '../../support/table.ts';

const iso = (wallMs: number): string => new Date(wallMs).toISOString();

describe('cronCalendar', () => {
  const rows: readonly (readonly [name: string, expression: string, zone: string, from: string, want: string])[] =
    table('unit/io/calendar', 'rows');
  it.each(rows)('%s', (_name, expression, zone, from, want) =>
    expect(iso(cronCalendar.nextAfter(expression, zone, Date.parse(from)))).toBe(want),
  );

  it('gives Infinity for a date that never comes', () =>
    expect(cronCalendar.nextAfter('0 0 L 2 0#1', 'UTC', Date.parse('2026-03-01T00:00:00Z'))).toBe(
      Number.POSITIVE_INFINITY,
    ));

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
