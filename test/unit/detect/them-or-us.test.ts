import { describe, expect, it } from 'vitest';
import type { Mirror, Target } from '../../../src/core/mirror.ts';
import { seeded } from './seeded.ts';
import { type Behaviour, type Script, Simulation } from './simulate.ts';
import { aConfig, aMirror, aTarget, failedWith, refused, timedOut } from './world.ts';

const minute = 60_000;
const warm = 12 * minute;
const fine: Behaviour = { rttMs: 100 };
const dead: Behaviour = { fails: refused, afterMs: 5 };
const page: Behaviour = {
  fails: { tag: 'failed', failure: { kind: 'wrong_content', expected: 'go.mod' } },
  afterMs: 30,
};

function world(
  upstreams: Readonly<Record<string, readonly string[]>>,
  script: Script,
  controls: readonly string[] = [],
) {
  const mirrors: Mirror[] = Object.entries(upstreams).flatMap(([upstream, names]) =>
    names.map((name) => aMirror(name, { upstream })),
  );
  const targets: Target[] = mirrors.map(({ name, upstream }) => ({ ...aTarget(name), upstream }));
  return new Simulation({ config: aConfig({ mirrors, controls }), targets, script });
}

const opened = (sim: Simulation) =>
  sim
    .changes('outage')
    .map(({ what }) => what)
    .sort();

describe('an HTTP answer proves our line', () => {
  it('all mirrors answer 503, no controls: outage everywhere, and the vantage is ok', () => {
    const sim = world({ go: ['a', 'b', 'c'] }, (_, t) =>
      t >= warm ? { fails: failedWith('server', 503), afterMs: 40 } : fine,
    );
    sim.runTo(warm + 2 * minute);
    expect(opened(sim)).toEqual(['a opened', 'b opened', 'c opened']);
    expect(sim.findings.map(({ finding }) => finding.vantage)).toEqual(['ok', 'ok', 'ok']);
    expect(['a', 'b', 'c'].map((name) => sim.state(name))).toEqual(['down', 'down', 'down']);
    expect(sim.detector.vantage().suspect).toBe(false);
  });

  it('one mirror alone that answers 500 is not unverified', () => {
    const sim = world({ go: ['a'] }, (_, t) => (t >= warm ? { fails: failedWith('server', 500), afterMs: 40 } : fine));
    sim.runTo(warm + minute);
    expect(sim.findings.map(({ finding }) => [finding.kind, finding.vantage])).toEqual([['outage', 'ok']]);
  });

  it('a reset of all is no answer: us', () => {
    const sim = world({ go: ['a', 'b'] }, (_, t) =>
      t >= warm ? { fails: { tag: 'failed', failure: { kind: 'reset', code: 'ECONNRESET' } }, afterMs: 5 } : fine,
    );
    sim.runTo(warm + 2 * minute);
    expect(opened(sim)).toEqual([]);
    expect(sim.detector.vantage().suspect).toBe(true);
  });

  it('a portal in front of all is us, and a bare TCP control does not clear it', () => {
    const config = aConfig({ mirrors: ['a', 'b'].map((name) => aMirror(name)) });
    const script: Script = (_, t) => (t >= warm ? page : fine);
    const targets = ['a', 'b'].map((name) => aTarget(name));
    const tcp = { name: 'dns', url: 'tcp://192.0.2.1:53' };
    const https = { name: 'web', url: 'https://web.example.com/' };
    for (const [control, suspect] of [
      [tcp, true],
      [https, false],
    ] as const) {
      const sim = new Simulation({ config: { ...config, controls: [control] }, targets, script });
      sim.runTo(warm + minute);
      expect([control.name, sim.detector.vantage().suspect]).toEqual([control.name, suspect]);
    }
  });
});

describe('witnesses', () => {
  it('two mirrors of one upstream dead, three of another well, no control: not suspect, both down', () => {
    const sim = world({ npm: ['a', 'b'], go: ['x', 'y', 'z'] }, ({ registry }, t) =>
      t >= warm && 'ab'.includes(registry) ? dead : fine,
    );
    sim.runTo(warm + 30 * minute);
    expect(opened(sim)).toEqual(['a opened', 'b opened']);
    expect(sim.detector.vantage().suspect).toBe(false);
    const thrown = sim.settled.filter((s) => s.outcome.tag === 'unknown' && s.outcome.because === 'vantage');
    expect(thrown).toEqual([]);
    expect(['x', 'y', 'z'].map((name) => sim.state(name))).toEqual(['up', 'up', 'up']);
  });

  it('of other upstreams that fail along speak for us', () => {
    const sim = world({ npm: ['a'], go: ['x', 'y'] }, (_, t) => (t >= warm ? dead : fine));
    sim.runTo(warm + 3 * minute);
    expect(opened(sim)).toEqual([]);
    expect(sim.detector.vantage().suspect).toBe(true);
  });

  it('are probed only if none has responded since the first failure', () => {
    const sim = world({ npm: ['a', 'b'], go: ['x', 'y', 'z'] }, ({ registry }, t) =>
      t >= warm && registry === 'a' ? dead : fine,
    );
    sim.runTo(warm + minute);
    const asks = sim.asked
      .filter(({ registries }) => registries.includes('a'))
      .map(({ registries }) => registries.join(''));
    expect(asks.length).toBeGreaterThan(3);
    for (const one of asks) expect(['ab', 'abxy']).toContain(one);
    expect(asks).toContain('ab');
  });
});

describe('a lossy line', () => {
  it.each([1, 2, 3, 4, 5])('of 45 % is ours, though a control answers now and then (seed %i)', (seed) => {
    const random = seeded(seed);
    const loses = (t: number) => t >= warm && t < warm + 60 * minute && random() < 0.45;
    const sim = world(
      { go: ['a', 'b', 'c', 'd'] },
      (_, t) => (loses(t) ? { fails: timedOut(5_000), afterMs: 5_000 } : fine),
      ['control'],
    );
    sim.controlUp = (_, t) => !loses(t);
    sim.runTo(warm + 60 * minute);
    const during = sim.changes('outage').filter(({ what }) => what.endsWith('opened'));
    expect(during.length).toBeLessThanOrEqual(3);
    expect(sim.detector.vantage().suspect).toBe(true);
    sim.runTo(warm + 75 * minute);
    expect(sim.detector.vantage().suspect).toBe(false);
    expect(['a', 'b', 'c', 'd'].map((name) => sim.state(name))).toEqual(['up', 'up', 'up', 'up']);
    expect(sim.findings.length).toBeLessThanOrEqual(12);
  });

  it.each([2, 3, 4, 5, 6])('ends a wrong outage once its mirror responds again (seed %i)', (seed) => {
    const random = seeded(seed);
    const sim = world({ go: ['a', 'b', 'c'] }, (_, t) =>
      t >= warm && random() < 0.45 ? { fails: timedOut(2_000), afterMs: 2_000 } : fine,
    );
    sim.runTo(warm + 15 * minute);
    expect(sim.detector.vantage().suspect).toBe(true);
    expect(opened(sim).length).toBeGreaterThan(0);
    expect(sim.detector.findings().filter(({ kind }) => kind === 'outage')).toEqual([]);
  });

  it.each([1, 2, 3, 4, 5])('makes an address family look broken at most before it is known (seed %i)', (seed) => {
    const random = seeded(seed);
    const names = ['a', 'b', 'c', 'd'];
    const lost: Behaviour = {
      fails: { tag: 'failed', failure: { kind: 'timeout_connect', limitMs: 5_000 } },
      afterMs: 5_000,
    };
    const sim = new Simulation({
      config: aConfig({ mirrors: names.map((name) => aMirror(name)) }),
      targets: names.map((name) => aTarget(name)),
      script: (_, t) => (t >= warm && random() < 0.45 ? lost : fine),
      bothFamilies: names,
    });
    sim.runTo(warm + 60 * minute);
    expect(sim.detector.vantage().suspect).toBe(true);
    const ofFamily = sim.findings.filter(({ finding }) => finding.scope.some(({ family }) => family !== undefined));
    expect(ofFamily.length).toBeLessThanOrEqual(1);
  });

  it('is not what one flaky mirror makes of it', () => {
    const random = seeded(7);
    const sim = world({ go: ['a', 'b', 'c'] }, ({ registry }, t) =>
      registry === 'a' && t >= warm && random() < 0.5 ? dead : fine,
    );
    sim.runTo(warm + 30 * minute);
    const thrown = sim.settled.filter((s) => s.outcome.tag === 'unknown' && s.outcome.because === 'vantage');
    expect(thrown).toEqual([]);
  });
});

it('a suspicion: 7 of 10 dead and one flaky: after two minutes it was them', () => {
  const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j'];
  const random = seeded(3);
  const sim = world({ go: names }, ({ registry }, t) => {
    if (t < warm) return fine;
    if (registry === 'h') return random() < 0.5 ? dead : fine;
    return registry < 'h' ? dead : fine;
  });
  sim.runTo(warm + 6 * minute);
  const downs = opened(sim).filter((what) => what.endsWith('opened'));
  for (const name of 'abcdefg') expect(downs).toContain(`${name} opened`);
  expect(['i', 'j'].map((name) => sim.state(name))).toEqual(['up', 'up']);
});
