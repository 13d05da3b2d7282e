import { describe, expect, it } from 'vitest';
import type { Mirror } from '../../../src/core/mirror.ts';
import { type Behaviour, Simulation } from './simulate.ts';
import { aConfig, aDue, aMirror, aSample, aTarget, at, failedWith, refused, throttled } from './world.ts';

const minute = 60_000;
/** Long enough for 20 samples at 30 s: every baseline is warm. */
const warm = 12 * minute;
const fine: Behaviour = { rttMs: 100 };
const dead: Behaviour = { fails: refused, afterMs: 5 };

function world(
  names: readonly (string | Mirror)[],
  script: (registry: string, atMs: number) => Behaviour,
  over: Partial<Parameters<typeof aConfig>[0]> = {},
) {
  const mirrors = names.map((name) => (typeof name === 'string' ? aMirror(name) : name));
  return new Simulation({
    config: aConfig({ mirrors, ...over }),
    targets: mirrors.map((mirror) => aTarget(mirror.name)),
    script: (target, atMs) => script(target.registry, atMs),
  });
}

function firstFailure(sim: Simulation, registry: string): number {
  const failed = sim.settled.filter((s) => s.due.target.registry === registry && s.outcome.tag === 'failed');
  return Math.min(...failed.map((s) => s.endedMonotonicMs));
}

function expectEachSettledOnce(sim: Simulation, inFlight = 0): void {
  const ids = sim.settled.map((sample) => sample.due.probeId);
  expect(new Set(ids).size).toBe(ids.length);
  expect(sim.taken.length - ids.length).toBe(inFlight);
}

describe('spike', () => {
  it('opens with the third slow sample of the preferred mirror, and closes after three fast ones', () => {
    const sim = world(['a', 'b', 'c'], (registry, t) => ({
      rttMs: registry === 'a' && t >= warm && t < 20 * minute ? 1_000 : 100,
    }));
    sim.runTo(30 * minute);
    const own = sim.settled.filter((s) => s.due.target.registry === 'a' && s.due.purpose === 'scheduled');
    const slow = own.filter((s) => (s.rttMs ?? 0) > 900);
    const fast = own.filter((s) => s.startedMonotonicMs >= 20 * minute);
    expect(sim.changes('spike')).toEqual([
      { what: 'a opened', atMs: slow[2]?.settledAtMs },
      { what: 'a closed', atMs: fast[2]?.settledAtMs },
    ]);
    const finding = sim.findings[0]?.finding;
    expect(finding).toMatchObject({
      actionable: true,
      cause: 'slow',
      vantage: 'ok',
      evidence: { samples: 3, failures: 3, observedSeconds: 1, baselineSeconds: 0.1, thresholdSeconds: 0.8 },
    });
    expect(finding?.evidence.probeIds).toEqual(slow.slice(0, 3).map((s) => s.due.probeId));
    expect(sim.findings.every(({ finding }) => finding.kind === 'spike')).toBe(true);
    expectEachSettledOnce(sim);
  });

  it('says nothing of one slow answer, nor of two', () => {
    const sim = world(['a', 'b'], (registry, t) => ({
      rttMs: registry === 'a' && t >= warm && t < warm + 59_000 ? 1_000 : 100,
    }));
    sim.runTo(20 * minute);
    const slow = sim.settled.filter((s) => (s.rttMs ?? 0) > 900 && s.due.purpose === 'scheduled');
    expect(slow).toHaveLength(2);
    expect(sim.findings).toEqual([]);
  });

  it('becomes a level shift after relearn, which ends when the old level is back', () => {
    const sim = world(
      ['a', 'b'],
      (registry, t) => ({ rttMs: registry === 'a' && t >= warm && t < 60 * minute ? 1_000 : 100 }),
      { spike: { relearnMs: 20 * minute } },
    );
    sim.runTo(59 * minute);
    expect(sim.findings.map(({ change, finding }) => `${finding.kind} ${change}`)).toEqual([
      'spike opened',
      'spike closed',
      'level_shift opened',
    ]);
    const [opened, , shifted] = sim.findings;
    expect((shifted?.atMs ?? 0) - (opened?.atMs ?? 0)).toBe(20 * minute);
    expect(shifted?.finding).toMatchObject({
      actionable: true,
      evidence: { observedSeconds: 1, baselineSeconds: 0.1 },
    });
    const learned = [...sim.detector.baselines()].find((one) => one.target.registry === 'a');
    expect(learned?.baselineMs).toBe(1_000);
    sim.runTo(65 * minute);
    expect(sim.changes('level_shift').map(({ what }) => what)).toEqual(['a opened', 'a closed']);
  });

  it.each<[string, number, readonly string[]]>([
    ['a dead mirror that hangs is an outage, and no spike beside it or after it', 100, []],
    ['one that comes back slow is an outage, and then a spike', 1_000, ['a opened']],
  ])('%s', (_name, rttMs, want) => {
    const sim = world(['a', 'b', 'c'], (registry, t) => {
      if (registry !== 'a' || t < warm) return fine;
      return t < 20 * minute ? 'black hole' : { rttMs };
    });
    sim.runTo(19 * minute);
    expect(sim.changes('outage').map(({ what }) => what)).toEqual(['a opened']);
    expect(sim.changes('spike')).toEqual([]);
    sim.runTo(30 * minute);
    expect(sim.changes('outage').map(({ what }) => what)).toEqual(['a opened', 'a closed']);
    expect(sim.changes('spike').map(({ what }) => what)).toEqual(want);
    if (want.length > 0) expect(sim.changes('spike')[0]?.atMs).toBeGreaterThan(20 * minute);
  });

  it('a download that was asked in an outage and failed after its end opens none of its own', () => {
    const names = ['a', 'b', 'c'];
    const zip = aTarget('a', 'zip');
    const sim = new Simulation({
      config: aConfig({ mirrors: names.map((name) => aMirror(name)) }),
      targets: [...names.map((name) => aTarget(name)), zip],
      script: (target, t) => (target.registry === 'a' && t >= warm && t < 20 * minute ? dead : fine),
      everyMsOf: (target) => (target.step === 'zip' ? 2 * minute : 30_000),
    });
    sim.runTo(21 * minute);
    expect(sim.changes('outage').map(({ what }) => what)).toEqual(['a opened', 'a closed']);
    const late = (startedMs: number) => aSample(aDue(zip), startedMs, 21 * minute - startedMs, refused);
    sim.apply(sim.detector.take(late(19 * minute), at(sim.nowMs)));
    expect(sim.changes('outage')).toHaveLength(2);
    // Asked after it was back, failures count.
    for (let i = 1; i <= 3; i += 1) {
      sim.nowMs += 5_000;
      sim.apply(sim.detector.take(aSample(aDue(zip), sim.nowMs - 100, 100, refused), at(sim.nowMs)));
    }
    expect(sim.changes('outage').map(({ what }) => what)).toEqual(['a opened', 'a closed', 'a opened']);
  });

  it('an outage of timeouts is no new level, however long', () => {
    const sim = world(['a', 'b'], (registry, t) => (registry === 'a' && t >= warm ? 'black hole' : fine), {
      spike: { relearnMs: 10 * minute },
    });
    sim.runTo(60 * minute);
    expect(sim.changes('level_shift')).toEqual([]);
    expect(sim.state('a')).toBe('down');
  });
});

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
    expect(sim.findings[0]?.finding).toMatchObject({ actionable: true, vantage: 'ok', confidence: 'low' });
    expect(sim.detector.findings()[0]?.confidence).toBe('medium');
    sim.runTo(warm + 3 * minute);
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

  it('one target that fails while its canary works degrades the mirror with its scope, 4 to 6 s after', () => {
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
    expect(texts[0]).not.toContain('its canary works');
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

describe('refusal', () => {
  it('is asked again with its siblings, opens within seconds, degrades, and closes after two ok ones', () => {
    const until = warm + 5 * minute;
    const sim = world(['a', 'b'], (registry, t) =>
      registry === 'a' && t >= warm && t < until ? { fails: failedWith('denied', 403), afterMs: 50 } : fine,
    );
    sim.runTo(warm + 3 * minute);
    const denied = sim.settled.filter((s) => s.outcome.tag === 'failed');
    const [opened, ...rest] = sim.changes('refusal');
    expect([opened?.what, rest]).toEqual(['a opened', []]);
    const tookMs = (opened?.atMs ?? 0) - (denied[0]?.endedMonotonicMs ?? 0);
    expect(tookMs).toBeGreaterThanOrEqual(4_000);
    expect(tookMs).toBeLessThanOrEqual(6_000);
    expect(sim.state('a')).toBe('degraded');
    expect(sim.doubts).toEqual([]);
    for (const { registries } of sim.asked) expect(registries).toEqual(['a', 'b']);
    sim.runTo(until + 2 * minute);
    expect(sim.changes('refusal').map(({ what }) => what)).toEqual(['a opened', 'a closed']);
  });

  describe('a wish to be left alone', () => {
    /** The canary of `a` wishes so the first few times. */
    const asking = (wishMs: number | null, times: number) => {
      let left = times;
      return world(['a', 'b'], (registry, t) => {
        if (registry !== 'a' || t < warm || left === 0) return fine;
        left -= 1;
        return { fails: throttled(wishMs), afterMs: 50 };
      });
    };
    const refusedAtMs = (sim: Simulation) =>
      sim.settled.filter((s) => s.outcome.tag === 'failed').map((s) => s.endedMonotonicMs);

    it.each([20_000, 45_000])('of %i ms is heeded, and what was refused asked once more when it is over', (wishMs) => {
      const sim = asking(wishMs, 1);
      sim.runTo(warm + 5 * minute);
      const [firstMs = 0] = refusedAtMs(sim);
      const [asked, ...rest] = sim.asked.filter(({ atMs }) => atMs > firstMs);
      expect(asked?.registries).toEqual(['a', 'b']);
      expect((asked?.atMs ?? 0) - firstMs).toBeGreaterThanOrEqual(wishMs);
      expect((asked?.atMs ?? 0) - firstMs).toBeLessThanOrEqual(wishMs + 1_000);
      expect(rest).toEqual([]);
      expect(sim.changes('refusal')).toEqual([]);
    });

    it('that is renewed each time is a refusal after three, and no probe is sent sooner', () => {
      const sim = asking(20_000, 1_000);
      sim.runTo(warm + 5 * minute);
      const times = refusedAtMs(sim);
      for (const [i, atMs] of times.slice(1).entries()) expect(atMs - (times[i] ?? 0)).toBeGreaterThanOrEqual(20_000);
      const [opened, ...rest] = sim.changes('refusal');
      expect([opened?.what, rest]).toEqual(['a opened', []]);
      expect((opened?.atMs ?? 0) - (times[0] ?? 0)).toBeLessThanOrEqual(2 * 21_000);
      // Once it is one, its own pace tells.
      expect(sim.asked.filter(({ atMs }) => atMs > (opened?.atMs ?? 0))).toEqual([]);
    });

    it('of more than a minute is one at once, and nothing is asked', () => {
      const sim = asking(61_000, 1);
      sim.runTo(warm + 2 * minute);
      expect(sim.changes('refusal')[0]?.what).toBe('a opened');
      expect(sim.asked).toEqual([]);
    });
  });

  it('of one target beside the canary is one too: degraded with its scope, and no reason to leave', () => {
    const mirrors = [aMirror('a'), aMirror('b')];
    const zip = aTarget('a', 'zip', 'example.com/b');
    const sim = new Simulation({
      config: aConfig({ mirrors }),
      targets: [...mirrors.map((m) => aTarget(m.name)), zip],
      script: (target, t) =>
        target.id === zip.id && t >= warm ? { fails: failedWith('denied', 403), afterMs: 50 } : fine,
    });
    sim.runTo(warm + 5 * minute);
    expect(sim.detector.findings()).toMatchObject([
      { kind: 'refusal', cause: 'denied', actionable: false, scope: [{ module: 'example.com/b', step: 'zip' }] },
    ]);
    expect(sim.state('a')).toBe('degraded');
  });

  it('a Retry-After of an hour is one at once; the mirror is degraded, unknown without a sample for three intervals, and not probed', () => {
    const hour: Behaviour = {
      fails: { tag: 'failed', failure: { kind: 'throttled', status: 429, retryAfterMs: 3_600_000 } },
      afterMs: 30,
    };
    const sim = world(['a', 'b'], (registry, t) => (registry === 'a' && t >= warm ? hour : fine));
    sim.runTo(warm + 31_000);
    expect(sim.changes('refusal').map(({ what }) => what)).toEqual(['a opened']);
    expect(sim.findings[0]?.finding).toMatchObject({ cause: 'throttled', actionable: true });
    expect(sim.state('a')).toBe('degraded');
    sim.runTo(warm + 4 * minute);
    expect(sim.state('a')).toBe('unknown');
    expect(sim.asked).toEqual([]);
  });

  it('survives a restart', () => {
    const sim = world(['a', 'b'], (registry, t) =>
      registry === 'a' && t >= warm && t < warm + 5 * minute ? { fails: failedWith('denied', 403), afterMs: 50 } : fine,
    );
    sim.runTo(warm + minute);
    sim.restart(1_000);
    expect(sim.state('a')).toBe('degraded');
    sim.runTo(warm + 7 * minute);
    expect(sim.changes('refusal').map(({ what }) => what)).toEqual(['a opened', 'a closed']);
  });

  it.each([
    { name: 'a sibling serves it: a refusal', others: fine, want: ['a opened'] },
    {
      name: 'nobody serves it: no refusal',
      others: { fails: failedWith('absent', 404), afterMs: 50 },
      want: [],
    },
  ])('absent while $name', ({ others, want }) => {
    const sim = world(['a', 'b'], (registry) =>
      registry === 'a' ? { fails: failedWith('absent', 404), afterMs: 50 } : others,
    );
    sim.runTo(5 * minute);
    expect(sim.changes('refusal').map(({ what }) => what)).toEqual(want);
  });
});

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

  it('a mirror that asked us to stay away is left out of rounds', () => {
    const sim = world(['a', 'b', 'c'], (registry, t) => (registry === 'a' && t >= warm ? dead : fine));
    sim.runTo(warm - 1);
    sim.detector.throttled('b', 'mod', at(warm + 10 * minute).wallMs);
    sim.runTo(warm + minute);
    expect(sim.asked.some(({ registries }) => registries.includes('b'))).toBe(false);
    expect(sim.changes('outage').map(({ what }) => what)).toEqual(['a opened']);
  });
});

describe('restart', () => {
  it('in mid-outage keeps the finding under its id, opens it no second time, and closes it when the mirror is back', () => {
    const until = warm + 10 * minute;
    const sim = world(['a', 'b', 'c'], (registry, t) => (registry === 'a' && t >= warm && t < until ? dead : fine));
    sim.runTo(warm + 2 * minute);
    const id = sim.detector.findings()[0]?.id;
    sim.restart(20_000);
    expect(sim.detector.findings().map((finding) => finding.id)).toEqual([id]);
    expect(sim.state('a')).toBe('down');
    sim.runTo(until + 2 * minute);
    expect(sim.findings.map(({ change, finding }) => `${finding.kind} ${change} ${finding.id === id}`)).toEqual([
      'outage opened true',
      'outage closed true',
    ]);
  });

  it.each([
    { name: 'a minute', downMs: minute, want: 100 },
    { name: 'just under a day', downMs: 86_400_000 - 2 * minute, want: 100 },
    { name: 'more than a day', downMs: 86_400_000 + minute, want: null },
  ])('baselines survive $name: $want', ({ downMs, want }) => {
    const sim = world(['a', 'b'], () => fine);
    sim.runTo(warm);
    sim.restart(downMs);
    const known = [...sim.detector.baselines()].find((one) => one.target.registry === 'a');
    expect(known?.baselineMs ?? null).toBe(want);
  });

  it('in mid-spike keeps the spike and closes it after three fast samples', () => {
    const until = warm + 5 * minute;
    const sim = world(['a', 'b'], (registry, t) => ({
      rttMs: registry === 'a' && t >= warm && t < until ? 2_000 : 100,
    }));
    sim.runTo(warm + 3 * minute);
    sim.restart(5_000);
    sim.runTo(until);
    expect(sim.changes('spike').map(({ what }) => what)).toEqual(['a opened']);
    sim.runTo(until + 3 * minute);
    expect(sim.changes('spike').map(({ what }) => what)).toEqual(['a opened', 'a closed']);
  });

  it('rows that cannot be read, or speak of nothing configured, are deleted', () => {
    const sim = world(['a', 'b'], () => fine);
    sim.runTo(warm);
    for (const [key, row] of sim.store) {
      if (key.includes('series|a')) sim.store.set(key, { ...row, value: { v: 1, window: ['no number'] } });
    }
    const stray = { table: 'detector', key: 'series|gone||v1|mod|cold', atMs: 0, value: null } as const;
    sim.store.set('detector stray', stray);
    sim.restart(1_000);
    const turn = sim.detector.tick(at(sim.nowMs));
    expect(turn.deletes.map(({ key }) => key).sort()).toEqual(
      ['series|a|example.com/a|v1.0.0|mod|cold', 'series|gone||v1|mod|cold'].sort(),
    );
  });
});

describe('reload', () => {
  it('keeps unchanged mirrors, closes the findings of removed ones and drops their rows', () => {
    const sim = world(['a', 'b', 'c'], (registry, t) => (registry === 'a' && t >= warm ? dead : fine));
    sim.runTo(warm + 2 * minute);
    const kept = ['b', 'c'].map((name) => aMirror(name));
    const turn = sim.detector.reconfigure(
      aConfig({ mirrors: kept }),
      kept.map((mirror) => aTarget(mirror.name)),
      at(sim.nowMs),
    );
    expect(turn.findings.map(({ change, finding }) => `${finding.kind} ${finding.registry} ${change}`)).toEqual([
      'outage a closed',
    ]);
    expect(turn.deletes).toEqual([
      { table: 'detector', key: 'series|a|example.com/a|v1.0.0|mod|cold' },
      { table: 'detector', key: 'mirror|a' },
    ]);
    expect(sim.detector.standings().map((one) => `${one.registry} ${one.state}`)).toEqual(['b up', 'c up']);
    expect([...sim.detector.baselines()].map((one) => one.baselineMs)).toEqual([100, 100]);
  });

  it('a mirror that moved to another URL starts anew', () => {
    const sim = world(['a', 'b'], () => fine);
    sim.runTo(warm);
    const moved = [aMirror('a', { url: 'https://elsewhere.example.com' }), aMirror('b', { weight: 5 })];
    sim.detector.reconfigure(
      aConfig({ mirrors: moved }),
      moved.map((mirror) => aTarget(mirror.name)),
      at(sim.nowMs),
    );
    expect(
      sim.detector
        .standings()
        .map((one) => `${one.registry} ${one.state}`)
        .sort(),
    ).toEqual(['a unknown', 'b up']);
  });
});
