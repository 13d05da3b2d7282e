import { describe, expect, it } from 'vitest';
import type { Script } from './simulate.ts';
import { dead, expectEachSettledOnce, fine, firstFailure, minute, warm, world, worldOfTargets } from './story-world.ts';
import { aDue, aMirror, aSample, aTarget, at, failedWith, refused } from './world.ts';

describe('outage', () => {
  it.each([
    { name: 'refuses', behaviour: dead },
    { name: 'swallows everything', behaviour: 'black hole' as const },
    { name: 'answers 500', behaviour: { fails: failedWith('server', 500), afterMs: 90 } },
  ])('a mirror that $name is down 4 to 5 s after its first failed probe', ({ behaviour }) => {
    const sim = world(['a', 'b', 'c'], (registry, t) => (registry === 'a' && t >= warm ? behaviour : fine));
    sim.runTo(warm + minute);
    const [opened, ...rest] = sim.changes('outage');
    expect(rest).toEqual([]);
    expect(opened?.what).toBe('a opened');
    const tookMs = (opened?.atMs ?? 0) - firstFailure(sim, 'a');
    expect(tookMs).toBeGreaterThanOrEqual(4_000);
    expect(tookMs).toBeLessThanOrEqual(5_000);
    expect(sim.state('a')).toBe('down');
    expect(sim.findings[0]?.finding).toMatchObject({ actionable: true, vantage: 'ok', confidence: 'medium' });
    // Half a minute after it opened.
    sim.runTo(warm + 2 * minute);
    expect(sim.detector.findings()[0]?.confidence).toBe('high');
    expect(sim.detector.vantage().suspect).toBe(false);
    expectEachSettledOnce(sim);
  });

  it('asks every other mirror in the same moments, a second or more apart, and pauses only the one in doubt', () => {
    const sim = world(['a', 'b', 'c'], (registry, t) => (registry === 'a' && t >= warm ? dead : fine));
    sim.runTo(warm + minute);
    expect(sim.asked.length).toBeGreaterThan(3);
    for (const { registries } of sim.asked.slice(-3)) expect([...registries].sort()).toEqual(['a', 'b', 'c']);
    const gaps = sim.asked.slice(1).map((one, i) => one.atMs - (sim.asked[i]?.atMs ?? 0));
    for (const gap of gaps.filter((ms) => ms < minute)) expect(gap).toBeGreaterThanOrEqual(1_000);
    const own = sim.doubts.filter(({ atMs }) => atMs >= warm);
    expect(own.map(({ registry, on }) => `${registry} ${on}`)).toEqual(['a true', 'a false']);
  });

  it('closes after two ok samples', () => {
    const until = warm + 5 * minute;
    const sim = world(['a', 'b'], (registry, t) => (registry === 'a' && t >= warm && t < until ? dead : fine));
    sim.runTo(until + 3 * minute);
    const oks = sim.settled.filter((s) => s.due.target.registry === 'a' && s.startedMonotonicMs >= until);
    expect(sim.changes('outage')[1]).toEqual({ what: 'a closed', atMs: oks[1]?.settledAtMs });
    expect(sim.state('a')).toBe('up');
  });

  it('a failure that is over at the next look is none, and holds the sample no longer than that', () => {
    const sim = world(['a', 'b', 'c'], (registry, t) =>
      registry === 'a' && t >= warm && t < warm + 30_000 ? dead : fine,
    );
    let failures = 0;
    sim.script = (target, t, due) => {
      const fails = target.registry === 'a' && t >= warm && due.purpose === 'scheduled' && failures < 1;
      if (fails) failures += 1;
      return fails ? dead : fine;
    };
    sim.runTo(warm + 2 * minute);
    expect(sim.findings).toEqual([]);
    const failed = sim.settled.filter((s) => s.outcome.tag === 'failed');
    expect(failed).toHaveLength(1);
    const heldMs = (failed[0]?.settledAtMs ?? 0) - (failed[0]?.endedMonotonicMs ?? 0);
    expect(heldMs).toBeGreaterThanOrEqual(1_000);
    expect(heldMs).toBeLessThanOrEqual(2_500);
    expectEachSettledOnce(sim);
  });

  it('an outage of one target ends with a sentence about the targets, because the mirror responded throughout', () => {
    const bad = aTarget('a', 'info', 'example.com/b');
    const sim = worldOfTargets([bad], ({ id }, t) =>
      id === bad.id && t >= warm && t < warm + 4 * minute ? { fails: failedWith('server', 500), afterMs: 20 } : fine,
    );
    sim.runTo(warm + 20 * minute);
    expect(sim.changes('outage').map(({ what }) => what)).toEqual(['a opened', 'a closed']);
    expect(sim.findings.at(-1)?.finding.text).toBe('a responds again for the targets that failed.');
  });

  it('one target that fails while the canary probes succeed degrades the mirror with its scope, 4 to 6 s after', () => {
    const bad = aTarget('a', 'info', 'example.com/b');
    const sim = worldOfTargets([aTarget('a', 'info'), bad], ({ id }, t) =>
      id === bad.id && t >= warm ? { fails: failedWith('server', 500), afterMs: 20 } : fine,
    );
    sim.runTo(warm + 4 * minute);
    const failed = sim.settled.filter((s) => s.due.target.id === bad.id && s.outcome.tag === 'failed');
    const [opened, ...rest] = sim.changes('outage');
    expect([opened?.what, rest]).toEqual(['a opened', []]);
    const tookMs = (opened?.atMs ?? 0) - (failed[0]?.endedMonotonicMs ?? 0);
    expect(tookMs).toBeGreaterThanOrEqual(4_000);
    expect(tookMs).toBeLessThanOrEqual(6_000);
    expect(sim.findings[0]?.finding).toMatchObject({
      actionable: false,
      scope: [{ module: 'example.com/b', version: 'v1.0.0', step: 'info' }],
    });
    expect(sim.state('a')).toBe('degraded');
    expect(sim.doubts.filter(({ on }) => on)).toHaveLength(1);
  });

  it('a target that goes out before its canary does not say that the canary answers while it fails', () => {
    const bad = aTarget('a', 'info', 'example.com/b');
    let since = Number.POSITIVE_INFINITY;
    const script: Script = ({ id, registry }, t) => {
      if (id === bad.id && t >= warm) since = Math.min(since, t);
      const from = id === bad.id ? warm : since + 2_000;
      return registry === 'a' && t >= from ? { fails: failedWith('server', 503), afterMs: 20 } : fine;
    };
    const sim = worldOfTargets([bad], script, { everyMs: 1_000 });
    sim.runTo(warm + 4 * minute);
    const texts = sim.findings.map(({ finding }) => finding.text);
    expect(texts[0]).toMatch(/^a fails for 1 of its targets/);
    expect(texts[0]).not.toContain('its canary probe works');
    expect(texts.at(-1)).toMatch(/^a is down/);
  });

  it('half of the modules, and at least two, take the mirror down', () => {
    const modules = ['example.com/b', 'example.com/c', 'example.com/d'].map((name) => aTarget('a', 'mod', name));
    let bad = ['example.com/b'];
    const sim = worldOfTargets(modules, ({ module }, t) =>
      t >= warm && bad.includes(module ?? '') ? { fails: failedWith('server', 500), afterMs: 20 } : fine,
    );
    sim.runTo(warm + 4 * minute);
    expect(sim.state('a')).toBe('degraded');
    bad = ['example.com/b', 'example.com/c'];
    sim.runTo(warm + 8 * minute);
    expect(sim.state('a')).toBe('down');
    expect(sim.changes('outage').map(({ what }) => what)).toEqual(['a opened', 'a changed']);
    expect(sim.detector.findings()[0]).toMatchObject({ actionable: true });
  });

  it('a flapping mirror goes out by its share of the last ten, and stays out until at most one of them failed', () => {
    const sim = world(['a', 'b', 'c'], () => fine);
    let turn = 0;
    sim.script = (target, t) => {
      if (target.registry !== 'a' || t < warm) return fine;
      turn += 1;
      return turn % 4 === 0 ? fine : dead;
    };
    sim.runTo(warm + 30 * minute);
    expect(sim.changes('outage').map(({ what }) => what)).toEqual(['a opened']);
    sim.script = () => fine;
    sim.runTo(sim.nowMs + 6 * minute);
    expect(sim.changes('outage').map(({ what }) => what)).toEqual(['a opened', 'a closed']);
  });

  it('warm connections are never judged for outage', () => {
    const sim = world([aMirror('a', { connections: ['warm'] }), 'b'], () => fine);
    sim.runTo(minute);
    for (let i = 0; i < 10; i++) {
      const due = aDue(aTarget('a'), { connection: 'warm' });
      const startMs = minute + i * 5_000;
      sim.apply(sim.detector.take(aSample(due, startMs, 5, refused), at(startMs + 5)));
    }
    expect(sim.changes('outage')).toEqual([]);
    expect(sim.doubts).toEqual([]);
  });
});
