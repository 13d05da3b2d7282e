import { describe, expect, it } from 'vitest';
import { dead, expectEachSettledOnce, fine, firstFailure, minute, warm, world } from './story-world.ts';
import { aMirror, at } from './world.ts';

/** What outages did, sorted by mirror. */
const outagesOf = (sim: ReturnType<typeof world>): readonly string[] =>
  sim
    .changes('outage')
    .map(({ what }) => what)
    .sort();

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
    expect(outagesOf(sim)).toEqual(['a opened', 'b opened']);
    expect(sim.detector.vantage()).toMatchObject({ suspect: false, controls: [{ up: true }] });
  });

  it('two mirrors on one host are one: their outage is unverified, and still alerts', () => {
    const mirrors = ['a', 'b'].map((name) => aMirror(name, { url: `https://one.example.com/${name}` }));
    const sim = world(mirrors, (_, t) => (t >= warm ? dead : fine));
    sim.runTo(warm + minute);
    expect(outagesOf(sim)).toEqual(['a opened', 'b opened']);
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
