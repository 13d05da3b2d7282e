import { describe, expect, it } from 'vitest';
import type { Mirror } from '../../../src/core/mirror.ts';
import { createDetector } from '../../../src/detect/detector.ts';
import { renderIn } from '../../../src/words/tell.ts';
import { type Behaviour, Simulation } from './simulate.ts';
import {
  aConfig,
  aDue,
  aMirror,
  aSample,
  aTarget,
  at,
  countingRandom,
  failedWith,
  mismatch,
  refused,
} from './world.ts';

const minute = 60_000;
const warm = 12 * minute;
const fine: Behaviour = { rttMs: 100 };
const dead: Behaviour = { fails: refused, afterMs: 5 };
const broken: Behaviour = { fails: failedWith('server', 500), afterMs: 20 };

function world(
  names: readonly string[],
  over: Partial<Parameters<typeof aConfig>[0]> = {},
  more: readonly string[] = [],
) {
  const mirrors: readonly Mirror[] = names.map((name) => aMirror(name));
  return new Simulation({
    config: aConfig({ mirrors, ...over }),
    targets: [...names.map((name) => aTarget(name)), ...more.map((module) => aTarget('a', 'info', module))],
    script: () => fine,
  });
}

const what = (sim: Simulation, kind: string) => sim.changes(kind).map((change) => change.what);

describe('a slow mirror is not a dead one', () => {
  it('asked beside another in doubt, its short confirming deadline says nothing about it', () => {
    const sim = world(['a', 'b', 'c']);
    // b slows just when a dies, before any due probe of b has shown it: 1.5 s are not enough for it any more.
    sim.script = ({ registry }, t) => {
      if (t < warm) return fine;
      return registry === 'a' ? dead : { rttMs: registry === 'b' ? 3_600 : 100 };
    };
    sim.runTo(warm + 5 * minute);
    expect(what(sim, 'outage')).toEqual(['a opened']);
    expect(what(sim, 'spike')).toEqual(['b opened']);
    expect(sim.doubts.filter(({ registry }) => registry === 'b')).toEqual([]);
  });

  it('in doubt for another target, its canary is given three times what it last took', () => {
    const sim = world(['a', 'b', 'c'], {}, ['example.com/b']);
    sim.script = ({ registry, module }, t) => {
      if (registry !== 'a' || t < warm) return fine;
      return module === 'example.com/b' && t >= warm + minute ? broken : { rttMs: 3_600 };
    };
    sim.runTo(warm + 2 * minute - 1);
    expect(sim.doubts.map(({ registry, on }) => `${registry} ${on}`)).toEqual(['a true', 'a false']);
    expect(sim.findings.filter(({ finding }) => finding.kind === 'outage').map(({ finding }) => finding.scope)).toEqual(
      [[{ module: 'example.com/b', version: 'v1.0.0', step: 'info' }]],
    );
    expect(sim.state('a')).toBe('degraded');
  });
});

describe('who is judged', () => {
  it('a mirror in outage already says nothing new: the other one alone is unverified and still alerts', () => {
    const sim = world(['a', 'b']);
    sim.script = ({ registry }, t) => (t >= warm + (registry === 'a' ? 0 : 5 * minute) ? dead : fine);
    sim.runTo(warm + 6 * minute);
    expect(sim.findings.map(({ finding }) => `${finding.registry} ${finding.vantage}`)).toEqual([
      'a ok',
      'b unverified',
    ]);
    expect(sim.detector.vantage().suspect).toBe(false);
  });

  it('one that never answered does not make us suspect', () => {
    const detector = createDetector({
      config: aConfig({ mirrors: [aMirror('a'), aMirror('origin')] }),
      targets: [aTarget('a'), aTarget('origin')],
      restored: [],
      random: countingRandom(),
      now: at(0),
    });
    detector.take(aSample(aDue(aTarget('a')), 0, 100), at(100));
    const [round] = detector.take(aSample(aDue(aTarget('origin')), 0, 2_000, refused), at(2_000)).rounds;
    expect(round?.dues.map((due) => due.target.registry).sort()).toEqual(['a', 'origin']);
    const place = { id: round?.id ?? '', moment: 0 };
    for (const name of ['origin', 'a']) {
      const due = aDue(aTarget(name), { purpose: 'confirm', round: place });
      detector.take(aSample(due, 2_000, 5, refused), at(2_005));
    }
    expect(detector.vantage().suspect).toBe(false);
  });

  it('what answered before a restart is judged after it', () => {
    const sim = world(['a', 'b', 'c']);
    let isDead = false;
    sim.script = ({ registry }) => {
      // c answers, and refuses: it never had an ok sample.
      if (registry === 'c') return { fails: failedWith('denied', 403), afterMs: 20 };
      return isDead ? dead : fine;
    };
    sim.runTo(warm);
    isDead = true;
    sim.restart(1_000);
    sim.runTo(sim.nowMs + minute);
    expect(sim.detector.vantage().suspect).toBe(true);
    expect(what(sim, 'outage')).toEqual([]);
  });
});

describe('while suspect', () => {
  it('answers that say nothing leave one alone, which does not end it', () => {
    const sim = world(['a', 'b']);
    sim.script = ({ registry }, t) => {
      if (t < warm) return fine;
      const isLost = registry === 'b' && t >= warm + minute && t < warm + 3 * minute;
      return isLost ? { fails: { tag: 'unknown', because: 'resolver' }, afterMs: 5 } : dead;
    };
    sim.runTo(warm + minute);
    const { sinceMs } = sim.detector.vantage();
    expect(sinceMs).not.toBeNull();
    sim.runTo(warm + 5 * minute);
    expect(sim.detector.vantage().sinceMs).toBe(sinceMs);
    expect(what(sim, 'outage')).toEqual([]);
  });

  it('the reason of a state that is kept says so, and no longer once probes succeed', () => {
    const sim = world(['a', 'b']);
    sim.script = (_, t) => (t < warm || t >= warm + minute ? fine : dead);
    const stands = () =>
      sim.detector.standings().map(({ state, why }) => `${state}: ${renderIn('en', { text: '', sentence: why })}`);
    sim.runTo(warm + 30_000);
    expect(sim.detector.vantage().suspect).toBe(true);
    const kept = 'up: last known: the canary probes succeed; the problem may be the network of this host';
    expect(stands()).toEqual([kept, kept]);
    sim.runTo(warm + 2 * minute);
    expect(stands()).toEqual(['up: the canary probes succeed', 'up: the canary probes succeed']);
  });

  it('it looks every second for 15 s, then every five', () => {
    const sim = world(['a', 'b']);
    sim.script = (_, t) => (t < warm ? fine : dead);
    sim.runTo(warm + 2 * minute);
    const sinceMs = (sim.detector.vantage().sinceMs ?? 0) - at(0).wallMs;
    const gaps = sim.asked.slice(1).map(({ atMs }, i) => ({ atMs, gapMs: atMs - (sim.asked[i]?.atMs ?? 0) }));
    const early = gaps.filter(({ atMs }) => atMs > sinceMs && atMs < sinceMs + 15_000);
    const late = gaps.filter(({ atMs }) => atMs > sinceMs + 21_000);
    expect(early.length).toBeGreaterThan(10);
    expect(late.length).toBeGreaterThan(10);
    for (const { gapMs } of early) expect(gapMs).toBe(1_000);
    for (const { gapMs } of late) expect(gapMs).toBe(5_000);
  });

  it('it ends when no mirror is left that could be probed', () => {
    const sim = world(['a', 'b']);
    sim.script = (_, t) => (t < warm ? fine : dead);
    sim.runTo(warm + minute);
    expect(sim.detector.vantage().suspect).toBe(true);
    const pause = { untilMs: at(sim.nowMs + 10 * minute).wallMs, reason: 'test' };
    for (const name of ['a', 'b']) sim.apply(sim.detector.pause(name, pause, at(sim.nowMs)));
    expect(sim.detector.vantage().suspect).toBe(false);
  });
});

describe('doubt', () => {
  it('that begins because a row at its own pace is an outage by now needs the canary to fail in that moment', () => {
    const sim = world(['a', 'b'], { outage: { overMs: 40_000 } });
    sim.script = ({ registry }, t, due) => {
      if (registry !== 'a' || t < warm) return fine;
      const isDead = due.purpose === 'confirm' ? t < warm + 65_000 : t < warm + 100_000;
      return isDead ? dead : { rttMs: 500 };
    };
    sim.runTo(warm + 75_000);
    const due = sim.settled.filter((s) => s.due.purpose === 'scheduled' && s.outcome.tag === 'failed');
    expect(due.length).toBeGreaterThanOrEqual(2);
    expect(what(sim, 'outage')).toEqual([]);
  });

  it('the same row is an outage where the canary fails in that moment', () => {
    const sim = world(['a', 'b'], { outage: { overMs: 40_000 } });
    sim.script = ({ registry }, t) => (registry === 'a' && t >= warm ? dead : fine);
    sim.runTo(warm + 75_000);
    expect(what(sim, 'outage')).toEqual(['a opened']);
    expect((sim.changes('outage')[0]?.atMs ?? 0) - warm).toBeGreaterThanOrEqual(40_000);
  });
});

describe('standing still', () => {
  it('a baseline learns nothing while its spike is open', () => {
    const sim = world(['a']);
    sim.script = (_, t) => {
      if (t < warm) return fine;
      return { rttMs: t < warm + 2 * minute ? 1_000 : 700 };
    };
    sim.runTo(warm + 40 * minute);
    expect(what(sim, 'spike')).toEqual(['a opened']);
    expect([...sim.detector.baselines()][0]?.baselineMs).toBe(100);
  });

  it('a paused mirror is judged by no rule', () => {
    const sim = world(['a', 'b']);
    sim.apply(sim.detector.pause('a', { untilMs: at(minute).wallMs, reason: 'test' }, at(0)));
    for (let i = 1; i <= 5; i++) {
      const sample = aSample(aDue(aTarget('a')), i * 1_000, 5, i % 2 === 0 ? refused : mismatch('x'));
      const turn = sim.detector.take(sample, at(i * 1_000 + 5));
      expect(turn.settled).toHaveLength(1);
      expect([turn.findings, turn.rechecks, turn.doubt]).toEqual([[], [], []]);
    }
  });
});

it('the pace of the canary: is the schedule’s, whatever its step’s is: silent after three of them', () => {
  const base = aConfig({ mirrors: [aMirror('a')] });
  const hourly = { cadence: { kind: 'every', everyMs: 3_600_000 }, timeoutMs: 60_000 } as const;
  const config = { ...base, steps: { ...base.steps, mod: hourly } };
  const detector = createDetector({
    config,
    targets: [aTarget('a')],
    restored: [],
    random: countingRandom(),
    now: at(0),
  });
  detector.take(aSample(aDue(aTarget('a')), 0, 100), at(100));
  const stateAt = (ms: number) => {
    detector.tick(at(ms));
    return detector.standings()[0]?.state;
  };
  expect([stateAt(90_099), stateAt(90_100)]).toEqual(['up', 'unknown']);
});
