import { describe, expect, it } from 'vitest';
import type { Finding } from '../../../src/core/finding.ts';
import type { Row } from '../../../src/core/ports.ts';
import { createDetector } from '../../../src/detect/detector.ts';
import { Absence, canBeProbed } from '../../../src/detect/memory/absence.ts';
import { type Behaviour, Simulation } from './simulate.ts';
import { aConfig, aMirror, aTarget, at, countingRandom, epochMs, refused } from './world.ts';

const minute = 60_000;
const warm = 12 * minute;
const fine: Behaviour = { rttMs: 100 };
const names = ['a', 'b', 'c'];
const mirrors = names.map((name) => aMirror(name));
const targets = names.map((name) => aTarget(name));

const world = (script: (registry: string, atMs: number) => Behaviour, relearnMs = 120 * minute): Simulation =>
  new Simulation({
    config: aConfig({ mirrors, spike: { relearnMs } }),
    targets,
    script: (target, atMs) => script(target.registry, atMs),
  });

const told = (sim: Simulation) => sim.findings.map(({ change, finding }) => `${finding.kind} ${change}`);

describe('a level shift', () => {
  const until = warm + 60 * minute;
  const shifted = () => {
    const sim = world((name, t) => ({ rttMs: name === 'a' && t >= warm && t < until ? 2_000 : 100 }), 20 * minute);
    sim.runTo(warm + 25 * minute);
    expect(told(sim)).toEqual(['spike opened', 'spike closed', 'level_shift opened']);
    return sim;
  };

  it('survives a restart, and ends when the old level is back and not before', () => {
    const sim = shifted();
    sim.restart(5_000);
    sim.runTo(until);
    expect(told(sim).slice(3)).toEqual([]);
    expect(sim.detector.findings().map(({ kind }) => kind)).toEqual(['level_shift']);
    sim.runTo(until + 15 * minute);
    expect(told(sim).slice(3)).toEqual(['level_shift closed']);
  });

  it('ends with an acknowledgement: the new level is the one to judge by, over a restart too', () => {
    const sim = shifted();
    const turn = sim.detector.acknowledge(sim.detector.findings()[0]?.id ?? '', 'they moved', at(sim.nowMs));
    if (turn === null) throw new Error('no such finding');
    sim.apply(turn);
    expect(told(sim).slice(3)).toEqual(['level_shift acknowledged']);
    const known = [...sim.store.values()].filter(({ key }) => key.startsWith('series|a|'));
    expect(known.map(({ value }) => (value as { shift: unknown }).shift)).toEqual([null]);
    sim.restart(5_000);
    expect(sim.detector.standings().find(({ registry }) => registry === 'a')?.findings).toEqual([]);
    sim.runTo(until + 15 * minute);
    expect(told(sim).slice(4)).toEqual([]);
  });
});

it('an outage: ends with the evidence of before the restart: it is one story', () => {
  const until = warm + 10 * minute;
  const dead: Behaviour = { fails: refused, afterMs: 5 };
  const sim = world((name, t) => (name === 'a' && t >= warm && t < until ? dead : fine));
  sim.runTo(warm + 5 * minute);
  const shown = sim.detector.findings()[0];
  const before = [...sim.store.values()].flatMap(({ table, value }) =>
    table === 'finding' ? (value as Finding) : [],
  )[0]?.evidence;
  if (before === undefined) throw new Error('no finding was written');
  expect(before.failures).toBeGreaterThan(3);
  // It is written every ten seconds, and its canary is asked every thirty.
  expect(shown?.evidence.probeIds.slice(0, before.probeIds.length)).toEqual(before.probeIds);
  expect((shown?.evidence.failures ?? 0) - before.failures).toBeLessThanOrEqual(1);
  sim.restart(5_000);
  expect(sim.detector.findings()[0]?.evidence).toEqual(before);
  sim.runTo(until + 2 * minute);
  const closed = sim.findings.find(({ change }) => change === 'closed')?.finding.evidence;
  expect(closed?.failures).toBeGreaterThanOrEqual(before.failures);
  expect(closed?.probeIds.slice(0, 3)).toEqual(before.probeIds.slice(0, 3));
});

describe('what has just been found', () => {
  it('is stored in the same turn: after a crash a second later it is not reported again', () => {
    const sim = world((name, t) => ({ rttMs: name === 'a' && t >= warm && t < warm + 10 * minute ? 2_000 : 100 }));
    while (sim.findings.length === 0) sim.runTo(sim.nowMs + 100);
    const id = sim.detector.findings()[0]?.id;
    sim.restart(1_000);
    expect(sim.detector.findings().map((finding) => finding.id)).toEqual([id]);
    sim.runTo(warm + 10 * minute);
    expect(told(sim)).toEqual(['spike opened']);
    sim.runTo(warm + 15 * minute);
    expect(told(sim)).toEqual(['spike opened', 'spike closed']);
  });

  it('no longer holds the mirror back: its probes run at their pace again', () => {
    const sim = world((name, t) => (name === 'a' && t >= warm ? { fails: refused, afterMs: 5 } : fine));
    const inDoubt = () => sim.detector.standings().flatMap((one) => (one.inDoubt ? [one.registry] : []));
    while (sim.doubts.length === 0) sim.runTo(sim.nowMs + 100);
    expect(inDoubt()).toEqual(['a']);
    sim.runTo(warm + 2 * minute);
    expect(inDoubt()).toEqual([]);
    const opened = sim.findings.find(({ finding }) => finding.kind === 'outage');
    expect(sim.doubts.map(({ registry, on }) => `${registry} ${on}`)).toEqual(['a true', 'a false']);
    expect(sim.doubts[1]?.atMs).toBe(opened?.atMs);
  });

  it('evidence that is not enough yet is kept too', () => {
    const sim = world(() => fine);
    const once = (t: number) => t >= warm && t < warm + minute / 2;
    sim.script = ({ registry }, t, { purpose }) =>
      registry === 'a' && purpose === 'scheduled' && once(t) ? { fails: refused, afterMs: 5 } : fine;
    sim.runTo(warm + 4 * minute);
    const value = sim.store.get('detector mirror|a')?.value as {
      readonly rates?: { readonly light?: readonly [number, boolean] };
    };
    expect(sim.findings).toEqual([]);
    expect(value.rates?.light?.[0]).toBeGreaterThan(0);
    expect(value.rates?.light?.[1]).toBe(false);
    expect(sim.store.get('detector mirror|b')?.value).not.toHaveProperty('rates');
  });
});

describe('a suspicion of our own line', () => {
  it('is reported after ten minutes of probing: time in which the machine was suspended does not count', () => {
    const sim = world((_, t) => (t >= warm ? { fails: refused, afterMs: 5 } : fine));
    sim.runTo(warm + 9 * minute);
    expect(sim.detector.vantage().suspect).toBe(true);
    const fromMs = sim.nowMs;
    sim.runTo(fromMs + 1_000);
    sim.apply(sim.detector.suspended(fromMs, sim.nowMs, at(sim.nowMs)));
    sim.runTo(warm + 18 * minute);
    expect(sim.changes('vantage')).toEqual([]);
    sim.runTo(warm + 20 * minute);
    expect(sim.changes('vantage').map(({ what }) => what)).toEqual(['us opened']);
  });
});

describe('who can be compared with a mirror', () => {
  const info = aTarget('a', 'info');
  it.each<[string, Behaviour, string]>([
    ['answers', fine, 'ok'],
    ['has never answered', { fails: refused, afterMs: 5 }, 'unverified'],
  ])('another one that %s', (_name, other, want) => {
    const two = mirrors.slice(0, 2);
    const sim = new Simulation({
      config: aConfig({ mirrors: two }),
      targets: [aTarget('a'), info, aTarget('b')],
      script: ({ registry, step }, t) =>
        registry === 'b' ? other : step === 'info' && t >= warm ? { fails: refused, afterMs: 5 } : fine,
    });
    sim.runTo(warm + 5 * minute);
    const outage = sim.findings.find(({ finding }) => finding.kind === 'outage' && finding.registry === 'a')?.finding;
    expect(outage?.scope.map(({ step }) => step)).toEqual(['info']);
    expect(outage?.vantage).toBe(want);
  });
});

describe('what is stored', () => {
  const finding = (kind: Finding['kind'], registry: string | null): Finding => ({
    id: `f-${kind}`,
    kind,
    state: 'open',
    ecosystem: registry === null ? null : 'go',
    upstream: registry === null ? null : 'go',
    registry,
    scope: [],
    openedAtMs: epochMs,
    closedAtMs: null,
    cause: 'slow',
    vantage: 'ok',
    confidence: 'low',
    evidence: {
      samples: 1,
      failures: 0,
      observedSeconds: null,
      baselineSeconds: null,
      thresholdSeconds: null,
      probeIds: [],
    },
    actionable: false,
    text: '',
    acknowledged: null,
  });
  const take = (rows: readonly Row[]) =>
    createDetector({
      config: aConfig({ mirrors }),
      targets: [...targets, aTarget('a', 'zip')],
      restored: rows,
      random: countingRandom(),
      now: at(warm),
    });
  const row = (one: Finding): Row => ({ table: 'finding', key: one.id, atMs: epochMs, value: one });

  it.each<[string, Finding, boolean]>([
    ['of our own place begins anew with us', finding('vantage', null), false],
    ['of the daemon itself too', finding('self', null), false],
    ['of a mirror that is not watched any more ends', finding('mismatch', 'gone'), false],
    ['that nothing supports any more ends: a spike', finding('spike', 'a'), false],
    ['an unreliable mirror without its sums', finding('unreliable', 'a'), false],
    ['stays where it is all the evidence there is: wrong bytes', finding('mismatch', 'a'), true],
    ['slow downloads', finding('throughput', 'a'), true],
  ])('a finding %s', (_name, one, stays) => {
    const detector = take([row(one)]);
    const changes = detector.tick(at(warm)).findings.map(({ change }) => change);
    expect([detector.findings().length, changes]).toEqual(stays ? [1, []] : [0, ['closed']]);
  });

  it.each<[string, readonly unknown[]]>([
    ['a word', [100, 'x']],
    ['nothing', [100, null]],
    ['below zero', [100, -1]],
  ])('a window with %s in it is no window', (_name, window) => {
    const key = 'series|a|example.com/a|v1.0.0|mod|cold';
    const detector = take([{ table: 'detector', key, atMs: epochMs, value: { v: 1, window } }]);
    expect(detector.tick(at(warm)).deletes).toContainEqual({ table: 'detector', key });
    expect([...detector.baselines()].flatMap(({ baselineMs }) => baselineMs ?? [])).toEqual([]);
  });
});

describe('a mirror may be asked in a round', () => {
  const ask = (over: Partial<Absence>, canary: { step: string } | null = { step: 'mod' }) =>
    canBeProbed({ now: at(1_000) }, { canary, absence: { ...new Absence(), ...over } });
  it.each<[string, boolean, boolean]>([
    ['where nothing is against it', ask({}), true],
    ['not without a canary', ask({}, null), false],
    ['not while a person paused it', ask({ paused: { untilMs: epochMs + 2_000, reason: '' } }), false],
    ['not in maintenance', ask({ inMaintenance: true }), false],
    ['not before the time that it named', ask({ throttled: new Map([['mod', 1_001]]) }), false],
    ['from then on', ask({ throttled: new Map([['mod', 1_000]]) }), true],
    ['where another step than the canary is throttled', ask({ throttled: new Map([['zip', 1_001]]) }), true],
  ])('%s', (_name, can, want) => expect(can).toBe(want));
});

it('a reload in the middle of a round: goes on without who is gone, and the others are judged as ever', () => {
  const dead: Behaviour = { fails: refused, afterMs: 400 };
  const sim = world((name, t) => (name !== 'c' && t >= warm ? dead : fine));
  while (sim.asked.length === 0) sim.runTo(sim.nowMs + 100);
  const kept = mirrors.filter(({ name }) => name !== 'a');
  sim.apply(
    sim.detector.reconfigure(
      aConfig({ mirrors: kept }),
      targets.filter(({ registry }) => registry !== 'a'),
      at(sim.nowMs),
    ),
  );
  sim.runTo(sim.nowMs + 2 * minute);
  expect(sim.findings.map(({ change, finding }) => `${finding.kind} ${finding.registry} ${change}`)).toEqual([
    'outage b opened',
  ]);
  expect(sim.state('b')).toBe('down');
  expect(sim.state('c')).toBe('up');
});

it('the first fetch of a pull-through cache: is known by what the step takes there for other modules', () => {
  const other = aTarget('a', 'mod', 'example.com/b');
  const sim = new Simulation({
    config: aConfig({ mirrors: mirrors.slice(0, 1) }),
    targets: [aTarget('a'), other],
    script: () => fine,
  });
  let fetched = 0;
  sim.script = ({ id }, t) => {
    if (id !== other.id) return fine;
    if (t < warm) return { fails: refused, afterMs: 5 };
    fetched += 1;
    return { rttMs: fetched === 1 ? 1_000 : 100 };
  };
  sim.runTo(warm + 5 * minute);
  const answered = sim.settled.filter(({ due, outcome }) => due.target.id === other.id && outcome.tag === 'ok');
  expect(answered.slice(0, 3).map(({ rttMs, cold }) => [rttMs, cold])).toEqual([
    [1_000, true],
    [100, false],
    [100, false],
  ]);
});
