import { describe, expect, it } from 'vitest';
import {
  countResponse,
  explainUnreliable,
  noRate,
  type RateClass,
  undoFailures,
} from '../../../src/detect/findings/unreliable.ts';
import { seeded } from './seeded.ts';
import { type Behaviour, Simulation } from './simulate.ts';
import { aConfig, aMirror, aTarget, failedWith } from './world.ts';

const minute = 60_000;
const target = aTarget('a');
const hear = (state: typeof noRate, kind: RateClass, failed: boolean) =>
  countResponse(state, kind, { reason: failed ? 'server' : null, target, probeId: 'x' });

/** Four modules at the default paces: light answers a minute, heavy ones a minute. */
const perMinute = { light: 4.4, heavy: 4 / 60 };

/** False alarms in so many years of a mirror that fails `share` of its answers. */
function alarms(kind: RateClass, share: number, years: number, seed: number): number {
  const random = seeded(seed);
  const samples = years * 365 * 24 * 60 * perMinute[kind];
  let state = noRate;
  let opened = 0;
  for (let i = 0; i < samples; i++) {
    const wasOpen = state.isOpen;
    state = hear(state, kind, random() < share);
    if (!wasOpen && state.isOpen) opened += 1;
  }
  return opened;
}

/** Minutes until it opens after `share` of the answers begin to fail, 400 times, sorted; 0.3 % failed before. */
function delays(kind: RateClass, share: number, seed: number): readonly number[] {
  const random = seeded(seed);
  const taken = Array.from({ length: 400 }, () => {
    let state = noRate;
    for (let i = 0; i < 200; i++) {
      state = hear(state, kind, random() < 0.003);
      if (state.isOpen) state = noRate;
    }
    let count = 0;
    while (!state.isOpen) {
      state = hear(state, kind, random() < share);
      count += 1;
    }
    return count / perMinute[kind];
  });
  return taken.sort((a, b) => a - b);
}

const median = (sorted: readonly number[]) => sorted[sorted.length >> 1] ?? Number.NaN;

describe('a share of failures', () => {
  it('of 1 % raises less than one false alarm a mirror-year', () => {
    expect(alarms('light', 0.01, 8, 1)).toBeLessThan(8);
    expect(alarms('heavy', 0.01, 60, 2)).toBeLessThan(60);
  });

  it.each([
    { share: 0.1, withinMinutes: 30 },
    { share: 0.2, withinMinutes: 10 },
  ])('of $share is found within $withinMinutes min in the median', ({ share, withinMinutes }) =>
    expect(median(delays('light', share, 3))).toBeLessThanOrEqual(withinMinutes),
  );

  it('of half of the heavy answers is found with the third or so', () => {
    expect(median(delays('heavy', 0.5, 4)) * perMinute.heavy).toBeLessThanOrEqual(6);
    let state = noRate;
    for (let i = 0; i < 3; i++) state = hear(state, 'heavy', true);
    expect(state.isOpen).toBe(true);
  });

  it('closes by the reverse test, and one success proves nothing', () => {
    let state = noRate;
    for (let i = 0; i < 7; i++) state = hear(state, 'light', true);
    expect(state).toMatchObject({ isOpen: true, samples: 7, failures: 7 });
    state = hear(state, 'light', false);
    expect(state.isOpen).toBe(true);
    let oks = 1;
    while (state.isOpen) {
      state = hear(state, 'light', false);
      oks += 1;
    }
    expect(oks).toBe(69);
  });

  it('takes back what has a finding of its own', () => {
    let state = noRate;
    for (let i = 0; i < 3; i++) state = hear(state, 'light', true);
    expect(undoFailures(state, 'light', () => true)).toEqual(noRate);
    expect(undoFailures(state, 'light', () => false)).toBe(state);
  });

  it('says how often, of what, and why most of all', () => {
    let state = noRate;
    for (let i = 0; i < 7; i++) state = hear(state, 'light', true);
    expect(explainUnreliable('a', { light: state, heavy: noRate })).toMatchObject({
      tag: 'trouble',
      cause: 'server',
      scope: [{ module: 'example.com/a', version: 'v1.0.0', step: 'mod' }],
      evidence: { samples: 7, failures: 7 },
      actionable: false,
      text: 'a is unreliable: 7 of 7 light probes failed.',
    });
    expect(explainUnreliable('a', { light: noRate, heavy: noRate })?.tag).toBe('well');
    const recent = (['reset', 'cut', 'server', 'cut'] as const).map((reason) => ({ reason, target, probeId: reason }));
    expect(explainUnreliable('a', { light: { ...state, recent }, heavy: noRate })).toMatchObject({ cause: 'cut' });
  });
});

describe('a mirror that is unreliable', () => {
  const names = ['a', 'b', 'c'];
  const modules = ['example.com/b', 'example.com/c', 'example.com/d'];
  const targets = names.flatMap((name) => [
    aTarget(name),
    ...modules.flatMap((module) => [aTarget(name, 'info', module), aTarget(name, 'list', module)]),
  ]);
  const broken: Behaviour = { fails: failedWith('server', 502), afterMs: 20 };
  const fine: Behaviour = { rttMs: 100 };

  it('is a finding, survives a restart, and ends when it does; confirming answers do not count', () => {
    const random = seeded(11);
    const from = 20 * minute;
    const until = 100 * minute;
    const sim = new Simulation({
      config: aConfig({ mirrors: names.map((name) => aMirror(name)) }),
      targets,
      // Whatever is asked because something failed is well.
      script: ({ registry }, t, due) =>
        registry === 'a' && t >= from && t < until && due.purpose === 'scheduled' && random() < 0.15 ? broken : fine,
    });
    sim.runTo(90 * minute);
    expect(sim.changes('unreliable').map(({ what }) => what)).toEqual(['a opened']);
    expect(sim.state('a')).toBe('degraded');
    sim.restart(1_000);
    sim.runTo(180 * minute);
    expect(sim.changes('unreliable').map(({ what }) => what)).toEqual(['a opened', 'a closed']);
    expect(sim.findings.filter(({ finding }) => finding.registry !== 'a')).toEqual([]);
  });

  it('is another story than an outage, a refusal, or what is nowhere: none of them is unreliable too', () => {
    const gone = 'example.com/d';
    const sim = new Simulation({
      config: aConfig({ mirrors: names.map((name) => aMirror(name)) }),
      targets,
      script: ({ registry, module }, t) => {
        if (module === gone) return { fails: failedWith('absent', 404), afterMs: 20 };
        if (t < 20 * minute || registry === 'c') return fine;
        return registry === 'a' ? broken : { fails: failedWith('denied', 403), afterMs: 20 };
      },
    });
    sim.runTo(80 * minute);
    expect(new Set(sim.findings.map(({ finding }) => `${finding.kind} ${finding.registry}`))).toEqual(
      new Set(['outage a', 'refusal b']),
    );
  });
});
