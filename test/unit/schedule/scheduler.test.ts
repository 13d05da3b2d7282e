import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Config } from '../../../src/core/config.ts';
import type { Due } from '../../../src/core/due.ts';
import { limits } from '../../../src/core/limits.ts';
import { createRandom } from '../../../src/io/random.ts';
import { at, config, every, mirror, someModules } from './sample-config.ts';

import { canaryOnly, ends, live, minute, schedulerOf, steps } from './story.ts';

/** The starts of one question, by the round they belong to: milliseconds, in order. */
function roundsOf(starts: readonly { readonly afterMs: number }[]): readonly (readonly number[])[] {
  const rounds: number[][] = [];
  for (const { afterMs } of starts) {
    const round = rounds.at(-1);
    if (round !== undefined && afterMs - (round.at(-1) ?? 0) < minute) round.push(afterMs);
    else rounds.push([afterMs]);
  }
  return rounds;
}

describe('starts', () => {
  it('gives a whole Due', () => {
    const story = live(schedulerOf(canaryOnly()), { fromMs: 0, toMs: 31_500 });
    const [first] = steps(story, 'mod');
    expect(first?.due).toEqual({
      probeId: expect.stringMatching(/^[0-9a-z]{20}$/),
      target: expect.objectContaining({ id: 'a|example.com/m|v1.0.0|mod', canary: true }),
      connection: 'cold',
      purpose: 'scheduled',
      timeoutMs: 10_000,
      plannedAtMs: at(first?.afterMs ?? 0).monotonicMs,
      round: null,
    });
  });

  it('starts nothing at once, everything once an interval, each step at its own pace', () => {
    const story = live(schedulerOf(config()), { fromMs: 0, toMs: 60 * minute });
    expect(story.started.filter(({ afterMs }) => afterMs === 0)).toEqual([]);
    const counts = ['mod', 'info', 'list', 'latest', 'zip'].map((step) => steps(story, step).length);
    expect(counts).toEqual([120, 12, 12, 12, 1]);
    expect(story.skipped).toEqual([]);
  });

  it('runs each kind of connection as a series of its own', () => {
    const one = canaryOnly({ mirrors: [mirror('a', { connections: ['cold', 'warm'] })] });
    const story = live(schedulerOf(one), { fromMs: 0, toMs: 5 * minute });
    const kinds = steps(story, 'mod').map(({ due }) => due.connection);
    expect([kinds.filter((kind) => kind === 'cold').length, kinds.filter((kind) => kind === 'warm').length]).toEqual([
      10, 10,
    ]);
  });

  it('has no drift over 10 000 slots', () => {
    const story = live(schedulerOf(canaryOnly()), { fromMs: 0, toMs: 10_000 * 30_000 });
    const canaries = steps(story, 'mod');
    expect(canaries.length).toBe(10_000);
    const lived = (canaries.at(-1)?.afterMs ?? 0) - (canaries[0]?.afterMs ?? 0);
    expect(Math.abs(lived - 9_999 * 30_000)).toBeLessThanOrEqual(3_001);
  });

  it('keeps its phases over a restart, and another vantage has others', () => {
    const mirrors = Array.from({ length: 20 }, (_, n) => mirror(`m${n}`));
    const wallPhases = (one: Config, afterMs: number) =>
      new Map(
        live(schedulerOf(one, afterMs), { fromMs: afterMs, toMs: afterMs + minute })
          .started.filter(({ due, afterMs: started }) => due.target.canary && started >= 10 * minute + 1_500)
          .map(({ due, afterMs: started }) => [due.target.id, Math.round(started)] as const)
          .reverse(),
      );
    const before = wallPhases(canaryOnly({ mirrors }), 10 * minute);
    expect(before.size).toBe(20);
    expect(wallPhases(canaryOnly({ mirrors }), 10 * minute + 1)).toEqual(before);
    const other = wallPhases(canaryOnly({ mirrors, vantage: 'other' }), 10 * minute);
    expect([...before].filter(([id, phase]) => other.get(id) === phase)).toEqual([]);
  });

  it('keeps its phases where the monotonic clock begins anew, as after a restart of the machine', () => {
    const plannedFrom = (startMs: number) => {
      const clock: typeof at = (afterMs) => ({ ...at(afterMs), monotonicMs: startMs + afterMs });
      const span = { fromMs: 0, toMs: 10 * minute };
      const { started } = live(schedulerOf(config(), 0, undefined, clock), span, undefined, undefined, clock);
      return started.map(({ due, afterMs }) => `${due.target.id} ${Math.round(afterMs)}`);
    };
    expect(plannedFrom(1_234_567)).toEqual(plannedFrom(0));
  });

  it('asks all mirrors one question within two seconds, and spreads the questions of 10 000 series over their interval', () => {
    const modules = someModules(100);
    const mirrors = Array.from({ length: 20 }, (_, n) => mirror(`m${n}`));
    const one = config({ mirrors, modules, schedule: { pace: every(30_000), perHost: 10_000, bytesPerHour: null } });
    const story = live(schedulerOf(one), { fromMs: 0, toMs: 10 * minute });
    const lists = steps(story, 'list');
    expect(lists.length).toBeGreaterThan(3_900);
    const rounds = modules.flatMap(({ module }) => roundsOf(lists.filter(({ due }) => due.target.module === module)));
    // The first and the last of a question may have begun before, or end after, what we look at.
    const whole = rounds.filter(({ length }) => length === 20);
    expect(whole.length).toBeGreaterThan(190);
    expect(Math.max(...whole.map((times) => (times.at(-1) ?? 0) - (times[0] ?? 0)))).toBeLessThanOrEqual(2_000);
    // Not all at one instant either: a mirror is later by its own name.
    expect(Math.min(...whole.map((times) => new Set(times).size))).toBeGreaterThan(15);
    const perSecond = new Map<number, number>();
    for (const [first = 0] of rounds) {
      const second = Math.floor(first / 1_000);
      perSecond.set(second, (perSecond.get(second) ?? 0) + 1);
    }
    // A third of a round each second on average; a Poisson draw of 6 or more in any of 600 seconds is a bunch.
    expect(Math.max(...perSecond.values())).toBeLessThan(6);
  });

  it('asks to be called at the next start, never more than a minute away', () => {
    const scheduler = schedulerOf(canaryOnly({ schedule: { pace: every(1e12), perHost: 1, bytesPerHour: null } }));
    expect(scheduler.advance(at(0)).wakeAtMs).toBe(at(minute).monotonicMs);
  });

  it('runs at the times of a cron expression, and follows a wall clock that was set', () => {
    const pace = {
      cadence: { kind: 'cron', expression: 'hourly', timeZone: null, spreadMs: 0 },
      timeoutMs: 1_000,
    } as const;
    const scheduler = schedulerOf(canaryOnly({ schedule: { pace, perHost: 1, bytesPerHour: null } }), 1);
    const story = live(scheduler, { fromMs: 1, toMs: 150 * minute });
    expect(steps(story, 'mod').map(({ afterMs }) => Math.round(afterMs / minute))).toEqual([60, 120]);
    const set = { wallMs: at(175 * minute).wallMs, monotonicMs: at(150 * minute + 10).monotonicMs };
    expect(scheduler.advance(set).wakeAtMs - set.monotonicMs).toBe(minute);
    const later = { wallMs: set.wallMs + 5 * minute, monotonicMs: set.monotonicMs + 5 * minute };
    for (let n = 1; n < 5; n += 1)
      scheduler.advance({ wallMs: set.wallMs + n * minute, monotonicMs: set.monotonicMs + n * minute });
    expect(scheduler.advance(later).start.map(({ target }) => target.step)).toEqual(['mod']);
  });

  it('counts a cron time that the wall clock jumped over as local', () => {
    const pace = {
      cadence: { kind: 'cron', expression: 'hourly', timeZone: null, spreadMs: 0 },
      timeoutMs: 1_000,
    } as const;
    const scheduler = schedulerOf(canaryOnly({ schedule: { pace, perHost: 1, bytesPerHour: null } }), 1);
    scheduler.advance(at(1));
    const turn = scheduler.advance({ wallMs: at(61 * minute).wallMs, monotonicMs: at(2).monotonicMs });
    expect(turn.start).toEqual([]);
    expect(turn.skipped).toEqual([
      { target: expect.objectContaining({ step: 'mod' }), connection: 'cold', because: 'local', count: 1 },
    ]);
  });
});

describe('slots', () => {
  it('counts an overrun and never doubles', () => {
    const story = live(schedulerOf(canaryOnly()), { fromMs: 0, toMs: 10 * minute }, () => 70_000);
    expect(steps(story, 'mod').length).toBe(7);
    const counts = story.skipped.reduce((sum, { because, count }) => sum + (because === 'overrun' ? count : 0), 0);
    expect(counts).toBe(13);
    expect(story.skipped.every(({ because }) => because === 'overrun')).toBe(true);
  });

  it('never has more than perHost in flight per host, and at most one of a series', () => {
    const urls = [
      'https://one.example.com/a',
      'https://one.example.com/b',
      'https://one.example.com:8443',
      'https://two.example.com',
    ];
    const hostOf = (registry: string) => new URL(urls[Number(registry)] ?? '').host;
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 1, max: 30_000 }),
        fc.nat(),
        (perHost, lastsMs, seed) => {
          const one = config(
            {
              mirrors: urls.map((url, n) => mirror(String(n), { url })),
              schedule: { pace: every(5_000), perHost, bytesPerHour: null },
            },
            { info: every(7_000), list: every(9_000), latest: every(9_000), zip: every(20_000) },
          );
          const draw = createRandom(seed);
          const story = live(schedulerOf(one), { fromMs: 0, toMs: 2 * minute }, () => draw.next() * lastsMs);
          const spans = story.started.map(({ due, afterMs }) => ({ due, afterMs, endsMs: ends.get(due.probeId) ?? 0 }));
          expect(spans.length).toBeGreaterThan(10);
          for (const span of spans) {
            const together = spans.filter((other) => other.afterMs <= span.afterMs && other.endsMs > span.afterMs);
            const sameHost = together.filter(
              ({ due }) => hostOf(due.target.registry) === hostOf(span.due.target.registry),
            );
            expect(sameHost.length).toBeLessThanOrEqual(perHost);
            expect(together.filter(({ due }) => due.target.id === span.due.target.id).length).toBeLessThanOrEqual(1);
          }
        },
      ),
      { numRuns: 30 },
    );
  });

  it('lets heavy probes take all slots but one, and the canary first in line', () => {
    const modules = someModules(10);
    const one = config(
      { modules, schedule: { pace: every(10_000), perHost: 3, bytesPerHour: null } },
      { zip: every(10_000), mod: every(1e12), info: every(1e12), list: every(1e12), latest: every(1e12) },
    );
    const story = live(schedulerOf(one), { fromMs: 0, toMs: 5 * minute }, ({ target }) =>
      target.step === 'zip' ? 100_000 : 100,
    );
    const canaries = story.started.filter(({ due }) => due.target.canary);
    expect(canaries.length).toBe(30);
    for (const { due, afterMs } of canaries) expect(at(afterMs).monotonicMs - due.plannedAtMs).toBeLessThan(0.01);
    const zips = steps(story, 'zip');
    for (const zip of zips)
      expect(
        zips.filter(({ due, afterMs }) => afterMs <= zip.afterMs && (ends.get(due.probeId) ?? 0) > zip.afterMs).length,
      ).toBeLessThanOrEqual(2);
    expect(zips.length).toBe(6);
  });

  it('light probes of a mirror are spread: a fault waits little longer than if all had the same distance', () => {
    const modules = ['a', 'b', 'c'].map((module) => ({
      ecosystem: 'go' as const,
      upstream: 'go',
      module: `example.com/${module}`,
      version: 'v1.0.0',
    }));
    const one = config(
      { modules, schedule: { pace: every(30_000), perHost: 2, bytesPerHour: null } },
      { mod: every(30_000), info: every(5 * minute), list: every(5 * minute), latest: every(5 * minute) },
    );
    const story = live(schedulerOf(one), { fromMs: 0, toMs: 60 * minute }, () => 100);
    const starts = story.started
      .filter(({ due }) => due.target.registry === one.mirrors[0]?.name && due.target.step !== 'zip')
      .map(({ afterMs }) => afterMs);
    // The reserved time of the first bytes, in the middle of the longest gap between the canaries, stays free.
    const gaps = starts.slice(1).map((startMs, n) => startMs - (starts[n] ?? startMs));
    const spanMs = gaps.reduce((sum, gap) => sum + gap, 0);
    const waitMs = gaps.reduce((sum, gap) => sum + gap * gap, 0) / (2 * spanMs);
    expect(waitMs).toBeLessThan((1.35 * spanMs) / gaps.length / 2);
    expect(Math.max(...gaps)).toBeLessThan(17_000);
  });

  it('a download that waits for another of its upstream delays no other upstream of its host', () => {
    const mirrors = [
      mirror('a', { url: 'https://one.example.com/a' }),
      mirror('b', { upstream: 'corp', url: 'https://one.example.com/b' }),
      mirror('c', { url: 'https://two.example.com/' }),
    ];
    const modules = ['go', 'corp'].map((upstream) => ({
      ecosystem: 'go' as const,
      upstream,
      module: 'example.com/m',
      version: 'v1.0.0',
    }));
    const one = config({ mirrors, modules }, { zip: every(minute) });
    const story = live(schedulerOf(one), { fromMs: 0, toMs: 20 * minute }, ({ target }) =>
      target.step === 'zip' && target.registry === 'c' ? 115_000 : 100,
    );
    const longestOf = (registry: string) =>
      Math.max(
        ...steps(story, 'zip')
          .filter(({ due }) => due.target.registry === registry)
          .map(({ due, afterMs }) => at(afterMs).monotonicMs - due.plannedAtMs),
      );
    expect(longestOf('a')).toBeGreaterThan(5_000);
    expect(longestOf('b')).toBeLessThan(1_000);
  });

  it('has the canary overtake what waited before it', () => {
    const modules = someModules(20);
    const one = config(
      { modules, schedule: { pace: every(10_000), perHost: 1, bytesPerHour: null } },
      { info: every(5_000), mod: every(1e12), zip: every(1e12), list: every(1e12), latest: every(1e12) },
    );
    // Two seconds more, because the last canary may wait for a slot.
    const story = live(schedulerOf(one), { fromMs: 0, toMs: 2 * minute + 2_000 }, () => 1_000);
    const late = story.started
      .filter(({ due }) => due.target.canary && due.plannedAtMs < at(2 * minute).monotonicMs)
      .map(({ due, afterMs }) => at(afterMs).monotonicMs - due.plannedAtMs);
    expect(late.length).toBe(12);
    expect(Math.max(...late)).toBeLessThanOrEqual(1_000.1);
    expect(story.skipped.some(({ because }) => because === 'overrun')).toBe(true);
  });

  it.each([
    ['what workers take', undefined, limits.workerInFlight * limits.workers],
    ['the descriptors, less a quarter for rounds', 224, 168],
  ])('holds all starts back at the bound of %s', (_, probesAtOnce, most) => {
    const mirrors = Array.from({ length: 1_000 }, (_, n) => mirror(`m${n}`));
    const one = canaryOnly({ mirrors, schedule: { pace: every(10_000), perHost: 2, bytesPerHour: null } });
    const scheduler = schedulerOf(one, 0, probesAtOnce);
    const story = live(scheduler, { fromMs: 0, toMs: 11_000 }, () => 1e6);
    expect(story.started.length).toBe(most);
    expect(scheduler.inFlight()).toBe(0);
  });

  it('ignores a probe that it did not give out', () => {
    const scheduler = schedulerOf(canaryOnly());
    const { started } = live(scheduler, { fromMs: 0, toMs: minute });
    const stranger = { ...(started[0]?.due as Due), probeId: 'stranger' };
    scheduler.finished(stranger, { wireBytes: 1e12, retryAfterMs: 5_000 }, at(minute));
    expect([scheduler.inFlight(), scheduler.throttledUntil('a', 'mod', at(minute))]).toEqual([0, null]);
  });
});
