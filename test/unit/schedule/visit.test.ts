import { describe, expect, it } from 'vitest';
import type { Config } from '../../../src/core/config.ts';
import type { Scheduler } from '../../../src/schedule/scheduling.ts';
import { at, every, mirror } from './sample-config.ts';
import { canaryOnly, schedulerOf } from './story.ts';

const mib = 2 ** 20;

const configOf = (over: Partial<Config['schedule']> = {}, a: Parameters<typeof mirror>[1] = {}): Config =>
  canaryOnly({
    mirrors: [
      mirror('a', { url: 'https://one.example.com/a', ...a }),
      mirror('b', { url: 'https://one.example.com/b' }),
    ],
    schedule: { pace: every(30_000), perHost: 2, bytesPerHour: null, ...over },
  });

/** A visit that began. */
function begun(scheduler: Scheduler, registry: string, bytes: number, ms: number) {
  const visit = scheduler.visit(registry, bytes, at(ms));
  if (typeof visit === 'string') throw new Error(visit);
  return visit;
}

describe('a visit', () => {
  it('takes a slot of its host as a download does, and leaves the last one to light steps', () => {
    const scheduler = schedulerOf(configOf());
    const visit = begun(scheduler, 'a', mib, 0);
    expect(scheduler.visit('b', mib, at(0))).toBe('busy');
    visit.end({ wireBytes: mib, throttled: null }, at(1_000));
    expect(scheduler.visit('b', mib, at(1_000))).not.toBe('busy');
  });

  it('keeps to the byte budget of heavy steps, with what others moved', () => {
    const scheduler = schedulerOf(configOf({ bytesPerHour: 10 * mib }));
    begun(scheduler, 'a', mib, 0).end({ wireBytes: 7 * mib, throttled: null }, at(1_000));
    expect(scheduler.visit('b', 2 * mib, at(2_000))).toBe('over_budget');
    begun(scheduler, 'b', 1 * mib, 2_000).end({ wireBytes: 0, throttled: null }, at(3_000));
    // An hour later the budget is a new one.
    expect(typeof scheduler.visit('b', 2 * mib, at(3_700_000))).not.toBe('string');
  });

  it('is none where the mirror is to be left alone', () => {
    const scheduler = schedulerOf(configOf());
    scheduler.pause('a', at(60_000).wallMs);
    expect(scheduler.visit('a', mib, at(0))).toBe('paused');
    scheduler.pause('a', null);
    scheduler.doubt('a', true);
    expect(scheduler.visit('a', mib, at(0))).toBe('paused');
    scheduler.doubt('a', false);
    expect(typeof scheduler.visit('a', mib, at(0))).not.toBe('string');
    expect(scheduler.visit('nobody', mib, at(0))).toBe('paused');
  });

  it('is throttled with any step of its mirror, and throttles no other mirror of the host', () => {
    const scheduler = schedulerOf(configOf());
    const throttled = { step: 'zip', retryAfterMs: 60_000 };
    begun(scheduler, 'a', mib, 0).end({ wireBytes: 0, throttled }, at(1_000));
    expect(scheduler.visit('a', mib, at(60_999))).toBe('throttled');
    expect(scheduler.throttledUntil('a', 'zip', at(60_999))).toBe(at(61_000).monotonicMs);
    expect([
      scheduler.throttledUntil('a', 'mod', at(60_999)),
      scheduler.throttledUntil('b', 'zip', at(60_999)),
    ]).toEqual([null, null]);
    begun(scheduler, 'b', mib, 60_999).end({ wireBytes: 0, throttled: null }, at(60_999));
    expect(typeof scheduler.visit('a', mib, at(61_000))).not.toBe('string');
  });
});
