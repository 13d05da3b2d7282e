import { describe, expect, it } from 'vitest';
import { table } from '../../support/table.ts';
import { type Behaviour, Simulation } from './simulate.ts';
import { dead, expectEachSettledOnce, fine, minute, warm, world } from './story-world.ts';
import { aConfig, aDue, aMirror, aSample, aTarget, at, failedWith, refused } from './world.ts';

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

  it.each<[string, number, readonly string[], string]>(table('unit/detect/spike-stories', '%s of failures'))(
    '%s of failures',
    (_name, relearnMin, want, text) => {
      const slowMs = 120 * minute;
      const mirrors = ['a', 'b'].map((name) => aMirror(name));
      const absent: Behaviour = { fails: failedWith('absent', 404), afterMs: 20 };
      const sim = new Simulation({
        config: aConfig({ mirrors, everyMs: 5 * minute, spike: { relearnMs: relearnMin * minute } }),
        targets: mirrors.flatMap(({ name }) => [aTarget(name), aTarget(name, 'info')]),
        script: ({ registry, step }, t) => {
          if (step !== 'info' || t < slowMs) return fine;
          return t > slowMs + 40 * minute ? absent : { rttMs: registry === 'a' ? 1_000 : 100 };
        },
      });
      sim.runTo(slowMs + 23 * 60 * minute);
      expect(sim.findings.map(({ change, finding }) => `${finding.kind} ${change}`)).toEqual(want.slice(0, -1));
      sim.runTo(slowMs + 26 * 60 * minute);
      expect(sim.findings.map(({ change, finding }) => `${finding.kind} ${change}`)).toEqual(want);
      expect(sim.findings.at(-1)?.finding.text).toBe(text);
    },
  );

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
