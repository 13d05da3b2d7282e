import { describe, expect, it } from 'vitest';
import { Simulation } from './simulate.ts';
import { dead, expectEachSettledOnce, fine, firstFailure, minute, warm, world } from './story-world.ts';
import { aConfig, aDue, aMirror, aSample, aTarget, at, failedWith, refused } from './world.ts';

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

  it('one target that fails while the canary probes succeed degrades the mirror with its scope, 4 to 6 s after', () => {
    const mirrors = [aMirror('a'), aMirror('b')];
    const bad = aTarget('a', 'info', 'example.com/b');
    const targets = [...mirrors.map((m) => aTarget(m.name)), aTarget('a', 'info'), bad];
    const sim = new Simulation({
      config: aConfig({ mirrors }),
      targets,
      script: (target, t) =>
        target.id === bad.id && t >= warm ? { fails: failedWith('server', 500), afterMs: 20 } : fine,
    });
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
    const mirrors = [aMirror('a'), aMirror('b')];
    const bad = aTarget('a', 'info', 'example.com/b');
    let since = Number.POSITIVE_INFINITY;
    const sim = new Simulation({
      config: aConfig({ mirrors, everyMs: 1_000 }),
      targets: [...mirrors.map((m) => aTarget(m.name)), bad],
      script: (target, t) => {
        if (target.id === bad.id && t >= warm) since = Math.min(since, t);
        const from = target.id === bad.id ? warm : since + 2_000;
        return target.registry === 'a' && t >= from ? { fails: failedWith('server', 503), afterMs: 20 } : fine;
      },
    });
    sim.runTo(warm + 4 * minute);
    const texts = sim.findings.map(({ finding }) => finding.text);
    expect(texts[0]).toMatch(/^a fails for 1 of its targets/);
    expect(texts[0]).not.toContain('its canary probe works');
    expect(texts.at(-1)).toMatch(/^a is down/);
  });

  it('half of the modules, and at least two, take the mirror down', () => {
    const mirrors = [aMirror('a'), aMirror('b')];
    const modules = ['example.com/b', 'example.com/c', 'example.com/d'];
    const targets = [...mirrors.map((m) => aTarget(m.name)), ...modules.map((name) => aTarget('a', 'mod', name))];
    let bad = ['example.com/b'];
    const sim = new Simulation({
      config: aConfig({ mirrors }),
      targets,
      script: (target, t) =>
        t >= warm && bad.includes(target.module ?? '') ? { fails: failedWith('server', 500), afterMs: 20 } : fine,
    });
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
    const mirrors = [aMirror('a', { connections: ['warm'] }), aMirror('b')];
    const sim = new Simulation({
      config: aConfig({ mirrors }),
      targets: mirrors.map((m) => aTarget(m.name)),
      script: () => fine,
    });
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

describe('them or us', () => {
  it('all dead at once is us: no outage, samples unknown, states unknown after three paces, a finding after ten minutes', () => {
    const until = warm + 15 * minute;
    const sim = world(['a', 'b', 'c'], (_, t) => (t >= warm && t < until ? dead : fine));
    sim.runTo(warm + 9 * minute);
    expect(sim.findings).toEqual([]);
    expect(sim.detector.vantage().suspect).toBe(true);
    expect(['a', 'b', 'c'].map((name) => sim.state(name))).toEqual(['unknown', 'unknown', 'unknown']);
    const after = sim.settled.filter((s) => s.startedMonotonicMs >= warm);
    expect(new Set(after.map((s) => (s.outcome.tag === 'unknown' ? s.outcome.because : s.outcome.tag)))).toEqual(
      new Set(['vantage']),
    );
    sim.runTo(until + minute);
    expect(sim.changes('vantage').map(({ what }) => what)).toEqual(['us opened', 'us closed']);
    expect(sim.changes('outage')).toEqual([]);
    expect(sim.detector.vantage()).toMatchObject({ suspect: false, sinceMs: null });
    expect(['a', 'b', 'c'].map((name) => sim.state(name))).toEqual(['up', 'up', 'up']);
    expectEachSettledOnce(sim);
  });

  it('nothing reachable from the first minute: suspect, and no outage', () => {
    const sim = world(['a', 'b', 'c'], () => 'black hole');
    sim.runTo(5 * minute);
    expect(sim.findings).toEqual([]);
    expect(sim.detector.vantage().suspect).toBe(true);
    expect(sim.state('a')).toBe('unknown');
  });

  it('says nothing of the vantage until every canary has been asked once', () => {
    const sim = world(['a', 'b'], () => fine);
    expect(sim.detector.vantage().suspect).toBeNull();
    sim.runTo(15_000);
    expect(sim.detector.vantage().suspect).toBeNull();
    sim.runTo(30_000);
    expect(sim.detector.vantage().suspect).toBe(false);
  });

  it('an origin dead from the first minute hinders nothing', () => {
    const origin = aMirror('origin', { role: 'origin' });
    const sim = world([origin, 'a', 'b'], (registry, t) => {
      if (registry === 'origin') return 'black hole';
      return registry === 'a' && t >= warm ? dead : fine;
    });
    sim.runTo(warm - 1);
    expect(sim.changes('outage').map(({ what }) => what)).toEqual(['origin opened']);
    expect(sim.detector.vantage().suspect).toBe(false);
    sim.runTo(warm + minute);
    const opened = sim.changes('outage')[1];
    expect(opened?.what).toBe('a opened');
    expect((opened?.atMs ?? 0) - firstFailure(sim, 'a')).toBeLessThanOrEqual(5_000);
    expect(sim.detector.vantage().suspect).toBe(false);
    expect(['origin', 'a', 'b'].map((name) => sim.state(name))).toEqual(['down', 'down', 'up']);
  });

  it('a dead origin does not make us suspect when two of two others answer, nor count when they fail', () => {
    const sim = world([aMirror('origin', { role: 'origin' }), 'a', 'b'], (registry, t) =>
      registry === 'origin' || t >= warm ? dead : fine,
    );
    sim.runTo(warm + minute);
    expect(sim.changes('outage').map(({ what }) => what)).toEqual(['origin opened']);
    expect(sim.detector.vantage().suspect).toBe(true);
  });

  it('a control that answers clears us: then they are down', () => {
    const sim = world(['a', 'b'], (_, t) => (t >= warm ? dead : fine), { controls: ['control.example.com'] });
    sim.runTo(warm + minute);
    expect(
      sim
        .changes('outage')
        .map(({ what }) => what)
        .sort(),
    ).toEqual(['a opened', 'b opened']);
    expect(sim.detector.vantage()).toMatchObject({ suspect: false, controls: [{ up: true }] });
  });

  it('two mirrors on one host are one: their outage is unverified, and still alerts', () => {
    const mirrors = ['a', 'b'].map((name) => aMirror(name, { url: `https://one.example.com/${name}` }));
    const sim = world(mirrors, (_, t) => (t >= warm ? dead : fine));
    sim.runTo(warm + minute);
    expect(
      sim
        .changes('outage')
        .map(({ what }) => what)
        .sort(),
    ).toEqual(['a opened', 'b opened']);
    expect(sim.findings.map(({ finding }) => finding.vantage)).toEqual(['unverified', 'unverified']);
    expect(sim.detector.vantage().suspect).toBe(false);
  });

  it('one alone with a control that fails along with it is us', () => {
    const sim = world(['a'], (_, t) => (t >= warm && t < warm + 5 * minute ? dead : fine), { controls: ['control'] });
    sim.controlUp = (_, t) => t < warm || t >= warm + 5 * minute;
    // The control must have answered once: a first short doubt asks it.
    sim.apply(
      sim.detector.control({ name: 'control', answered: true, latencyMs: 5, code: null, at: at(0) }, null, at(0)),
    );
    sim.runTo(warm + 10 * minute);
    expect(sim.changes('outage')).toEqual([]);
    expect(sim.detector.vantage().suspect).toBe(false);
  });

  it('four of five failing together without exception were them, once no one line explains it', () => {
    const names = ['a', 'b', 'c', 'd', 'e'];
    const sim = world(names, (registry, t) => (registry !== 'e' && t >= warm ? dead : fine));
    while (sim.detector.vantage().suspect !== true && sim.nowMs < warm + minute) sim.runTo(sim.nowMs + 100);
    const sinceMs = sim.nowMs;
    expect(sinceMs).toBeLessThan(warm + minute);
    sim.runTo(warm + 4 * minute);
    const opened = sim.changes('outage');
    expect(opened.map(({ what }) => what).sort()).toEqual(['a opened', 'b opened', 'c opened', 'd opened']);
    for (const { atMs } of opened) {
      // Seven moments: 2.5 each of the 16.8 that five mirrors need.
      expect(atMs - sinceMs).toBeGreaterThanOrEqual(5_000);
      expect(atMs - sinceMs).toBeLessThanOrEqual(minute);
    }
    expect(sim.detector.vantage().suspect).toBe(false);
    expect(sim.state('e')).toBe('up');
  });

  it('a short blip of everything ends with the first good round, and who stays dead is judged from there', () => {
    const sim = world(['a', 'b', 'c'], (registry, t) =>
      t >= warm && (registry === 'a' || t < warm + 40_000) ? dead : fine,
    );
    sim.runTo(warm + 40_000);
    expect(sim.detector.vantage().suspect).toBe(true);
    sim.runTo(warm + 52_000);
    const [opened, ...rest] = sim.changes('outage');
    expect(rest).toEqual([]);
    expect(opened?.what).toBe('a opened');
    expect(opened?.atMs).toBeGreaterThanOrEqual(warm + 44_000);
    expectEachSettledOnce(sim);
  });
});
