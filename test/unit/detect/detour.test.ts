import { describe, expect, it } from 'vitest';
import { phrase } from '../../../src/words/tell.ts';
import { type Behaviour, type Script, Simulation } from './simulate.ts';
import { aConfig, aMirror, aTarget, at, refused } from './world.ts';

const minute = 60_000;
const warm = 12 * minute;
const gone: Behaviour = { fails: refused, afterMs: 5 };
const names = ['a', 'b', 'c'];

function world(script: Script, over: { both?: readonly string[]; family?: 4 | 6 } = {}) {
  const { both = ['a', 'b'], family } = over;
  const mirrors = names.map((name) => {
    const mirror = aMirror(name);
    const resolve = { ...mirror.access.resolve, family: family ?? null };
    return { ...mirror, access: { ...mirror.access, resolve } };
  });
  return new Simulation({
    config: aConfig({ mirrors }),
    targets: names.flatMap((name) => [aTarget(name), aTarget(name, 'list')]),
    script,
    everyMsOf: ({ canary }) => (canary ? 30_000 : 5 * minute),
    bothFamilies: both,
  });
}

/** `a` refuses over IPv6 from `warm` on, until `toMs`. */
const sixGone =
  (toMs = Number.POSITIVE_INFINITY): Script =>
  ({ registry }, t, { family }) =>
    registry === 'a' && family === 6 && t >= warm && t < toMs ? gone : { rttMs: 100 };

const outages = (sim: Simulation) => sim.changes('outage').map(({ what }) => what);
const failures = (sim: Simulation) =>
  sim.settled.filter(({ due, outcome }) => due.purpose === 'scheduled' && outcome.tag === 'failed');

describe('one address family does not answer', () => {
  it('is no outage: asked over the other within the round, every due probe of it is ok', () => {
    const sim = world(sixGone());
    sim.runTo(warm + 20 * minute);
    expect(failures(sim)).toEqual([]);
    expect(sim.state('a')).toBe('degraded');
    const [finding, ...others] = sim.detector.findings();
    expect(others).toEqual([]);
    expect(finding).toMatchObject({
      kind: 'outage',
      cause: 'refused',
      actionable: false,
      registry: 'a',
      scope: [{ step: 'mod', module: 'example.com/a', family: 6 }],
      text: 'a does not respond over IPv6 (refused); it works over IPv4.',
    });
    expect(sim.detector.standings().find(({ registry }) => registry === 'a')?.why).toEqual(
      phrase('why.family', { family: 6 }),
    );
  });

  it('the probe that failed first keeps its name, and is what its client got: the answer over IPv4', () => {
    const sim = world(sixGone());
    sim.runTo(warm + 2 * minute);
    const confirms = sim.settled.filter(({ due }) => due.target.registry === 'a' && due.purpose === 'confirm');
    expect(confirms[0]).toMatchObject({ family: 4, outcome: { tag: 'ok' } });
    const first = sim.settled.find(
      ({ due, startedMonotonicMs }) =>
        due.target.registry === 'a' && due.purpose === 'scheduled' && startedMonotonicMs >= warm,
    );
    expect(first).toMatchObject({ outcome: { tag: 'ok' }, family: 4, rttMs: 100, due: { family: 4 } });
    expect(first?.requests).toBe(2);
    // One moment was enough.
    expect(sim.doubts.filter(({ registry }) => registry === 'a').map(({ on }) => on)).toEqual([true, false]);
  });

  it('is back when it has been connected to twice, tried at the pace of the canary', () => {
    const backMs = warm + 10 * minute;
    const sim = world(sixGone(backMs));
    sim.runTo(backMs + 2 * minute);
    expect(outages(sim)).toEqual(['a opened', 'a closed']);
    expect(sim.changes('outage')[1]?.atMs).toBeLessThanOrEqual(backMs + 2 * 30_000 + 1_000);
    expect(sim.state('a')).toBe('up');
    sim.runTo(backMs + 4 * minute);
    expect(sim.settled.at(-1)?.due.family).toBeUndefined();
    const tries = sim.settled.filter(({ due }) => due.purpose === 'peek').length;
    expect(tries).toBeGreaterThanOrEqual(20);
    expect(tries).toBeLessThanOrEqual(25);
  });

  it('ends where the name has no address of the family any more', () => {
    const sim = world(sixGone());
    sim.runTo(warm + 10 * minute);
    sim.bothFamilies.delete('a');
    sim.runTo(warm + 12 * minute);
    expect(outages(sim)).toEqual(['a opened', 'a closed']);
    expect(sim.state('a')).toBe('up');
  });

  it('a blip over one family says nothing', () => {
    const sim = world(({ registry }, t, { family }) =>
      registry === 'a' && family === 6 && t >= warm && t < warm + 30_000 && t % 7 < 3.5 ? gone : { rttMs: 100 },
    );
    const once = world(sixGone(warm + 16_000));
    once.runTo(warm + 10 * minute);
    expect(outages(once)).toEqual([]);
    expect(once.state('a')).toBe('up');
    sim.runTo(warm + 10 * minute);
    expect(sim.state('a')).toBe('up');
  });

  it('after one failed connection the family is tried at once: a look at it is not over the other one for long', () => {
    const sim = world(sixGone(warm + 15_500));
    sim.runTo(warm + 16_000);
    const ask = { target: aTarget('a'), registries: ['b'], forMs: 15_000, stepMs: 1_000, isUrgent: true };
    sim.apply(sim.detector.recheck({ registry: 'a', ...ask, isPeek: false }, at(sim.nowMs)));
    sim.runTo(warm + 29_000);
    const over = sim.settled
      .filter(({ due }) => due.target.registry === 'a' && due.purpose === 'confirm')
      .map(({ due }) => due.family ?? null);
    expect(over.length).toBeGreaterThanOrEqual(10);
    expect(over.filter((family) => family === 4).length).toBeLessThanOrEqual(3);
    expect(over.at(-1)).toBeNull();
  });

  it('if no response shows that the family works from here, no mirror is blamed', () => {
    const sim = world(sixGone(), { both: ['a'] });
    sim.runTo(warm + 10 * minute);
    expect(outages(sim)).toEqual([]);
    expect(sim.state('a')).toBe('degraded');
    const ours = world(({ registry: _ }, t, { family }) => (family === 6 && t >= warm ? gone : { rttMs: 100 }), {
      both: names,
    });
    ours.runTo(warm + 30 * minute);
    expect(outages(ours)).toEqual([]);
    expect(ours.detector.vantage().suspect).toBe(false);
    expect(failures(ours)).toEqual([]);
  });

  it('dead over both is an outage as quickly as over one, and over again when either is back', () => {
    const dead: Script = ({ registry }, t) => (registry === 'a' && t >= warm ? gone : { rttMs: 100 });
    const opened = [['a', 'b'], []].map((both) => {
      const sim = world(dead, { both });
      sim.runTo(warm + 2 * minute);
      expect(sim.state('a')).toBe('down');
      return sim.changes('outage')[0]?.atMs;
    });
    expect(opened[0]).toBe(opened[1]);
    const fourBackMs = warm + 5 * minute;
    const half = world(({ registry }, t, { family }) =>
      registry === 'a' && t >= warm && (family === 6 || t < fourBackMs) ? gone : { rttMs: 100 },
    );
    half.runTo(fourBackMs + 3 * minute);
    expect(half.state('a')).toBe('degraded');
    expect(half.detector.findings().map(({ actionable }) => actionable)).toEqual([false]);
  });

  it('a pinned family is the only one there is', () => {
    const sim = world(sixGone(), { family: 6 });
    sim.runTo(warm + 2 * minute);
    expect(sim.state('a')).toBe('down');
  });

  it('is known after a restart, and reported once', () => {
    const sim = world(sixGone());
    sim.runTo(warm + 10 * minute);
    sim.restart(20_000);
    sim.runTo(warm + 20 * minute);
    expect(outages(sim)).toEqual(['a opened']);
    expect(sim.state('a')).toBe('degraded');
    expect(failures(sim)).toEqual([]);
  });
});
