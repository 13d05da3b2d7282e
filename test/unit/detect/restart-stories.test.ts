import { describe, expect, it } from 'vitest';
import type { Finding } from '../../../src/core/finding.ts';
import { Simulation } from './simulate.ts';
import { dead, fine, minute, warm, world } from './story-world.ts';
import { aConfig, aDue, aMirror, aSample, aTarget, at, refused } from './world.ts';

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

  it.each([
    ['counts on in a row that is two minutes old', 2 * minute, ['a opened']],
    ['begins anew from a row that is four minutes old', 4 * minute, []],
  ])('after two slow samples, the streak %s', (_name, ageMs, want) => {
    const sim = world(['a', 'b'], () => fine);
    sim.runTo(warm + 4 * minute);
    for (const row of sim.detector.flush(at(sim.nowMs)).rows) sim.store.set(`${row.table} ${row.key}`, row);
    const [key, row] = [...sim.store].find(([, one]) => one.key.startsWith('series|a|')) ?? [];
    if (key === undefined || row === undefined) throw new Error('no row was written');
    const atMs = at(sim.nowMs).wallMs - ageMs;
    sim.store.set(key, { ...row, atMs, value: { ...(row.value as object), slow: 2 } });
    sim.restart(0);
    const turn = sim.detector.take(aSample(aDue(aTarget('a')), sim.nowMs, 2_000), at(sim.nowMs + 2_000));
    expect(turn.findings.map(({ change, finding }) => `${finding.registry} ${change}`)).toEqual(want);
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

  it.each<[string, number | null, string]>([
    ['the stored time', 2, '2.0 s'],
    ['no time where none is stored', null, 'an unknown time'],
  ])('in mid-spike, what follows shows %s', (_name, observedSeconds, shown) => {
    const info = aTarget('a', 'info');
    const sim = new Simulation({
      config: aConfig({ mirrors: [aMirror('a'), aMirror('b')] }),
      targets: [aTarget('a'), info, aTarget('b')],
      script: ({ registry }, t) => ({ rttMs: registry === 'a' && t >= warm ? 2_000 : 100 }),
    });
    sim.runTo(warm + 3 * minute);
    const [key, row] = [...sim.store].find(([, { table }]) => table === 'finding') ?? [];
    if (key === undefined || row === undefined) throw new Error('no finding was written');
    const { evidence, ...finding } = row.value as Finding;
    expect(evidence.observedSeconds).toBe(2);
    sim.store.set(key, { ...row, value: { ...finding, evidence: { ...evidence, observedSeconds } } });
    sim.restart(5_000);
    for (let i = 0; i < 3; i += 1) {
      const startMs = sim.nowMs + i * 30_000;
      sim.detector.take(aSample(aDue(info), startMs, 100), at(startMs + 100));
    }
    const [open, ...others] = sim.detector.findings();
    expect(others).toEqual([]);
    expect(open?.scope.map(({ step }) => step)).toEqual(['mod']);
    expect(open?.evidence.observedSeconds).toBe(observedSeconds);
    expect(open?.text).toBe(`a is slow: mod takes ${shown} (usually 100 ms).`);
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
      { table: 'seen', key: 'a|example.com/a|v1.0.0|mod' },
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

  it('a pause and a maintenance window are of the name: they stay where the mirror moves', () => {
    const sim = world(['a', 'b'], () => fine);
    sim.runTo(warm);
    const pause = { untilMs: at(warm + 3_600_000).wallMs, reason: 'new disks' };
    sim.detector.pause('a', pause, at(sim.nowMs));
    sim.detector.maintenance('b', true, at(sim.nowMs));
    const moved = ['a', 'b'].map((name) => aMirror(name, { url: `https://new-${name}.example.com` }));
    const targets = moved.map((mirror) => aTarget(mirror.name));
    sim.detector.reconfigure(aConfig({ mirrors: moved }), targets, at(sim.nowMs));
    const standings = sim.detector.standings().map(({ paused, inMaintenance }) => ({ paused, inMaintenance }));
    expect(standings).toEqual([
      { paused: pause, inMaintenance: false },
      { paused: null, inMaintenance: true },
    ]);
  });

  it('a response to a request that was sent before is of the mirror before, and is not judged', () => {
    const sim = world(['a', 'b'], () => fine);
    sim.runTo(warm);
    const moved = [aMirror('a', { url: 'https://elsewhere.example.com' }), aMirror('b')];
    const targets = moved.map((mirror) => aTarget(mirror.name));
    sim.detector.reconfigure(aConfig({ mirrors: moved }), targets, at(sim.nowMs));
    const late = ['a', 'b'].flatMap((name) => {
      const sample = aSample(aDue(aTarget(name)), sim.nowMs - 5_000, 6_000, refused);
      return sim.detector.take(sample, at(sim.nowMs + 1_000)).settled;
    });
    expect(late.map(({ isObsolete }) => isObsolete)).toEqual([true]);
    expect(sim.detector.standings().map(({ registry, inDoubt }) => `${registry} ${inDoubt}`)).toEqual([
      'b true',
      'a false',
    ]);
  });
});
