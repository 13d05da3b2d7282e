import { describe, expect, it } from 'vitest';
import { dead, fine, minute, warm, world } from './story-world.ts';
import { aDue, aSample, aTarget, at } from './world.ts';

describe('silence', () => {
  it('a paused mirror is unknown until it is resumed, and leaves its round', () => {
    const sim = world(['a', 'b', 'c'], (registry, t) => (registry === 'a' && t >= warm ? dead : fine));
    sim.runTo(warm + 31_000);
    sim.apply(sim.detector.pause('a', { untilMs: at(warm + minute).wallMs, reason: 'moving it' }, at(sim.nowMs)));
    expect(sim.state('a')).toBe('unknown');
    sim.runTo(warm + minute - 1);
    expect(sim.state('a')).toBe('unknown');
    sim.runTo(warm + minute + 2_000);
    expect(sim.state('a')).not.toBe('unknown');
  });

  it('a mirror without a judged canary sample for three paces is unknown, just before it is not', () => {
    const sim = world(['a', 'b'], () => fine);
    sim.runTo(5 * minute);
    const lastMs = Math.max(...sim.settled.filter((s) => s.due.target.registry === 'a').map((s) => s.settledAtMs));
    sim.apply(sim.detector.tick(at(lastMs + 89_999)));
    expect(sim.state('a')).toBe('up');
    sim.apply(sim.detector.tick(at(lastMs + 90_000)));
    expect(sim.state('a')).toBe('unknown');
  });

  it('what a sleep touched is unknown, and a doubt of before is forgotten', () => {
    const sim = world(['a', 'b', 'c'], (registry, t) => (registry === 'a' && t >= warm ? dead : fine));
    sim.runTo(warm + 6_000);
    const before = sim.doubts.length;
    expect(before).toBe(1);
    sim.apply(sim.detector.suspended(warm - 60_000, sim.nowMs, at(sim.nowMs)));
    expect(sim.doubts.at(-1)).toMatchObject({ registry: 'a', on: false });
    const touched = sim.settled.filter((s) => s.settledAtMs === sim.nowMs);
    expect(touched.length).toBeGreaterThan(0);
    for (const sample of touched) expect(sample.outcome).toEqual({ tag: 'unknown', because: 'local' });
    expect(sim.changes('self').map(({ what }) => what)).toEqual(['us opened']);
    expect(sim.changes('outage')).toEqual([]);
    sim.runTo(sim.nowMs + 6 * minute);
    expect(sim.changes('self').map(({ what }) => what)).toEqual(['us opened', 'us closed']);
    expect(sim.changes('outage').map(({ what }) => what)).toEqual(['a opened']);
  });

  it('a result that ended before a suspend counts, though it arrives after it', () => {
    const sim = world(['a', 'b'], () => fine);
    sim.runTo(warm);
    sim.apply(sim.detector.suspended(warm - 60_000, warm, at(warm)));
    const tell = (startMs: number) => {
      sim.apply(sim.detector.take(aSample(aDue(aTarget('a')), startMs, 100), at(warm)));
      return sim.settled.at(-1)?.outcome;
    };
    expect(tell(warm - 60_101)).toEqual({ tag: 'ok' });
    expect(tell(warm - 60_050)).toEqual({ tag: 'unknown', because: 'local' });
  });

  it('what began after a sleep is as good as ever', () => {
    const sim = world(['a', 'b'], () => fine);
    sim.runTo(warm);
    sim.apply(sim.detector.suspended(warm - 60_000, warm, at(warm)));
    const before = sim.settled.length;
    sim.runTo(warm + 5 * minute);
    const after = sim.settled.slice(before).filter(({ startedMonotonicMs }) => startedMonotonicMs > warm);
    expect(after.length).toBeGreaterThan(10);
    expect(new Set(after.map(({ outcome }) => outcome.tag))).toEqual(new Set(['ok']));
  });

  it('a wall clock that is set back does not lengthen the wait', () => {
    const sim = world(['a', 'b', 'c'], () => fine);
    sim.runTo(warm);
    sim.detector.throttled('b', 'mod', sim.nowMs + 30_000);
    const hourBack = (ms: number) => ({ ...at(ms), wallMs: at(ms).wallMs - 3_600_000 });
    const untilMs = (): number | null => sim.detector.standings()[1]?.throttledUntilMs ?? null;
    sim.detector.tick(hourBack(sim.nowMs + 10_000));
    expect(untilMs()).toBe(hourBack(sim.nowMs + 30_000).wallMs);
    sim.detector.tick(hourBack(sim.nowMs + 30_000));
    expect(untilMs()).toBeNull();
  });

  it('a standing that was read before shows what came since, without a turn between', () => {
    const sim = world(['a', 'b'], () => fine);
    sim.runTo(warm);
    const [canary] = sim.settled.filter(({ due }) => due.target.registry === 'a' && due.target.canary);
    sim.detector.tick(at(warm + 10 * minute));
    const shown = () => sim.detector.standings().map(({ why, throttledUntilMs }) => [why, throttledUntilMs]);
    const [before] = shown();
    sim.detector.throttled('a', 'mod', at(warm + 20 * minute).monotonicMs);
    expect(shown()[0]).toEqual([before?.[0], at(warm + 20 * minute).wallMs]);
    if (canary !== undefined)
      sim.detector.skipped({ target: canary.due.target, connection: 'cold', because: 'over_budget', count: 1 });
    expect(shown()[0]?.[0]).not.toBe(before?.[0]);
  });

  it('a mirror that asked us to stay away is left out of rounds', () => {
    const sim = world(['a', 'b', 'c'], (registry, t) => (registry === 'a' && t >= warm ? dead : fine));
    sim.runTo(warm - 1);
    sim.detector.throttled('b', 'mod', at(warm + 10 * minute).monotonicMs);
    sim.runTo(warm + minute);
    expect(sim.asked.some(({ registries }) => registries.includes('b'))).toBe(false);
    expect(sim.changes('outage').map(({ what }) => what)).toEqual(['a opened']);
  });
});
