import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { limits } from '../../../src/core/limits.ts';
import { createRememberingCalendar, hash32, makeCronPlan, makeEveryPlan } from '../../../src/schedule/plan.ts';
import { at, plainCalendar, startWallMs } from './sample-config.ts';

const offsetMs = at(0).monotonicMs - at(0).wallMs;
const hour = 3_600_000;

it('hash32: spreads names evenly', () => {
  const tenths = new Array<number>(10).fill(0);
  for (let n = 0; n < 10_000; n += 1) {
    const tenth = Math.floor((hash32(`series ${n}`) / 2 ** 32) * 10);
    tenths[tenth] = (tenths[tenth] ?? 0) + 1;
  }
  for (const hits of tenths) expect(Math.abs(hits - 1_000)).toBeLessThan(180);
});

describe('everyPlan', () => {
  it('has no drift over 10 000 slots: each is its interval from the last, give or take the jitter', () =>
    fc.assert(
      fc.property(fc.integer({ min: 100, max: hour }), fc.nat(2 ** 32 - 1), (everyMs, hash) => {
        const plan = makeEveryPlan(everyMs, hash, offsetMs);
        let slot = plan.first(at(0));
        const base = slot.atMs;
        const reach = limits.jitterShare * everyMs;
        for (let n = 1; n <= 10_000; n += 1) {
          const next = plan.next(slot, at(0));
          expect(next.atMs).toBeGreaterThan(slot.atMs);
          slot = next;
        }
        expect(Math.abs(slot.atMs - base - 10_000 * everyMs)).toBeLessThanOrEqual(2 * reach + 0.01);
      }),
      { numRuns: 5 },
    ));

  it('jitters: intervals differ from slot to slot, within twice the share', () => {
    const plan = makeEveryPlan(10_000, hash32('x'), offsetMs);
    const gaps: number[] = [];
    let slot = plan.first(at(0));
    for (let n = 0; n < 200; n += 1) {
      const next = plan.next(slot, at(0));
      gaps.push(next.atMs - slot.atMs);
      slot = next;
    }
    expect(Math.max(...gaps)).toBeGreaterThan(10_300);
    expect(Math.min(...gaps)).toBeLessThan(9_700);
    for (const gap of gaps) expect(Math.abs(gap - 10_000)).toBeLessThanOrEqual(1_000);
  });

  it('plans the first slot at or ahead of now, at most an interval and its jitter away', () =>
    fc.assert(
      fc.property(fc.nat(2 ** 32 - 1), fc.nat(1e9), (hash, afterMs) => {
        const ahead = makeEveryPlan(1_000, hash, offsetMs).first(at(afterMs)).atMs - at(afterMs).monotonicMs;
        expect(ahead).toBeGreaterThanOrEqual(0);
        expect(ahead).toBeLessThanOrEqual(1_100);
      }),
    ));

  it('finds the latest slot and how many were passed over', () =>
    fc.assert(
      fc.property(fc.nat(2 ** 32 - 1), fc.nat(100), fc.integer({ min: 0, max: 999 }), (hash, count, restMs) => {
        const plan = makeEveryPlan(1_000, hash, offsetMs);
        const first = plan.first(at(0));
        const now = at(first.atMs - at(0).monotonicMs + count * 1_000 + restMs);
        const { slot, passed } = plan.latest(first, now);
        expect(slot.atMs).toBeLessThanOrEqual(now.monotonicMs);
        expect(plan.next(slot, now).atMs).toBeGreaterThan(now.monotonicMs);
        expect(slot.index - first.index).toBe(passed);
      }),
    ));
});

describe('cronPlan', () => {
  const hourly = (spreadMs: number) => ({ kind: 'cron', expression: 'hourly', timeZone: null, spreadMs }) as const;
  const wallOf = (slot: { readonly atMs: number }) => slot.atMs - offsetMs;

  it('without a spread starts at the very time', () => {
    const plan = makeCronPlan(hourly(0), hash32('x'), plainCalendar);
    const first = plan.first(at(1));
    expect([wallOf(first), wallOf(plan.next(first, at(1)))]).toEqual([startWallMs + hour, startWallMs + 2 * hour]);
  });

  it('spreads by series, within the spread, jittered from time to time', () => {
    const starts = Array.from({ length: 500 }, (_, n) => {
      const plan = makeCronPlan(hourly(600_000), hash32(`series ${n}`), plainCalendar);
      const first = plan.first(at(1));
      const offsets = [first, plan.next(first, at(1))].map((slot) => wallOf(slot) - slot.index);
      for (const late of offsets) {
        expect(late).toBeGreaterThanOrEqual(0);
        expect(late).toBeLessThanOrEqual(600_000);
      }
      return offsets;
    });
    const minutes = new Set(starts.map(([late = 0]) => Math.floor(late / 60_000)));
    expect(minutes.size).toBeGreaterThanOrEqual(10);
    expect(starts.filter(([one, two]) => one !== two).length).toBeGreaterThan(450);
  });

  it('still runs the slot of a time that was named just before the start', () => {
    const plan = makeCronPlan(hourly(1_800_000), 2 ** 31, plainCalendar);
    const first = plan.first(at(hour + 1_000));
    expect(first.index).toBe(startWallMs + hour);
  });

  it('moves with a wall clock that was set', () => {
    const plan = makeCronPlan(hourly(0), 0, plainCalendar);
    const slot = plan.first(at(1));
    const set = { wallMs: at(0).wallMs + 60_000, monotonicMs: at(0).monotonicMs };
    expect(plan.placed(slot, set).atMs).toBe(slot.atMs - 60_000);
  });

  it('passes over what a long silence covered', () => {
    const plan = makeCronPlan(hourly(0), 0, plainCalendar);
    const first = plan.first(at(1));
    expect(plan.latest(first, at(5.5 * hour))).toEqual({
      slot: expect.objectContaining({ index: startWallMs + 5 * hour }),
      passed: 4,
    });
    const ages = plan.latest(first, at(1_000.5 * hour));
    expect(ages.passed).toBe(100);
    expect(wallOf(plan.next(ages.slot, at(1_000.5 * hour)))).toBe(startWallMs + 1_001 * hour);
  });

  it('never comes where the expression names nothing', () => {
    const plan = makeCronPlan(
      { kind: 'cron', expression: 'never', timeZone: null, spreadMs: 60_000 },
      5,
      plainCalendar,
    );
    expect(plan.first(at(0)).atMs).toBe(Number.POSITIVE_INFINITY);
  });
});

it('rememberingCalendar asks once for the same question', () => {
  let asked = 0;
  const calendar = createRememberingCalendar({
    nextAfter: (_expression, _zone, wallMs) => {
      asked += 1;
      return wallMs + 1;
    },
  });
  expect([
    calendar.nextAfter('x', null, 5),
    calendar.nextAfter('x', null, 5),
    calendar.nextAfter('x', 'UTC', 5),
  ]).toEqual([6, 6, 6]);
  expect(asked).toBe(2);
});
