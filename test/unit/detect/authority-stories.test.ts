import { describe, expect, it } from 'vitest';
import { gives, hour, minute, named, told, world } from './bytes-world.ts';
import { type Behaviour, Simulation } from './simulate.ts';
import { aConfig, aMirror, aTarget, at, mismatch } from './world.ts';

describe('bytes that an authority calls wrong', () => {
  it('are shown beside the right ones, where a mirror serves them', () => {
    const right = { algorithm: 'h1', digest: 'h1:right', against: 'pinned' };
    const wrongSeen = { bytes: 4, firstHex: '64656164' };
    const sim = world(named('a', 'b'), (name) =>
      name === 'b'
        ? { fails: mismatch('h1:wrong'), afterMs: 100, facts: { seen: wrongSeen } }
        : { rttMs: 100, facts: { verified: right, seen: { bytes: 5, firstHex: '6c69766573' } } },
    );
    sim.runTo(5 * minute);
    const [finding] = sim.detector.findings();
    expect(finding).toMatchObject({ registry: 'b', cause: 'mismatch', actionable: true });
    expect(finding?.evidence.sides).toMatchObject([
      { registries: ['b'], algorithm: 'h1', digest: 'h1:wrong', seen: wrongSeen },
      { registries: ['a'], algorithm: 'h1', digest: 'h1:right', seen: { bytes: 5, firstHex: '6c69766573' } },
    ]);
  });

  it('are a re-tag where the origin serves the same, and are still left', () => {
    const wrong: Behaviour = { fails: mismatch('h1:new'), afterMs: 100 };
    const sim = world([{ ...aMirror('o'), role: 'origin' }, aMirror('b')], () => wrong);
    sim.runTo(5 * minute);
    expect(told(sim)).toContain('b mismatch/retag opened');
    expect(sim.detector.findings().find(({ registry }) => registry === 'b')).toMatchObject({ actionable: true });
  });

  it('are the graver: a difference that is open becomes a mismatch', () => {
    const targets = ['a', 'b'].flatMap((name) => [aTarget(name), aTarget(name, 'zip')]);
    const sim = new Simulation({
      config: aConfig({ mirrors: named('a', 'b') }),
      targets,
      script: ({ step, registry }, t) => {
        if (step === 'zip') return gives(registry);
        return registry === 'b' && t > 10 * minute ? { fails: mismatch('h1:w'), afterMs: 50 } : { rttMs: 50 };
      },
    });
    sim.runTo(20 * minute);
    expect(told(sim)).toEqual(['a mismatch/peers opened', 'b mismatch/peers opened', 'b mismatch/mismatch changed']);
  });

  it('settle a difference between mirrors, once, if an authority is learnt after it was reported', () => {
    const learnt = 10 * minute;
    const sim = world(named('a', 'b', 'c'), (name, t) => {
      if (name !== 'b') return gives('h1:right');
      return t < learnt ? gives('h1:wrong') : { fails: mismatch('h1:wrong'), afterMs: 100 };
    });
    sim.runTo(hour);
    expect(told(sim)).toEqual(['b mismatch/peers opened', 'b mismatch/mismatch changed']);
    const [finding] = sim.detector.findings();
    expect(finding).toMatchObject({ registry: 'b', cause: 'mismatch', actionable: true });
    expect(finding?.text).not.toContain('No authority');
    expect(finding?.scope).toHaveLength(1);
    expect(finding?.evidence.sides?.map(({ registries, digest }) => [registries.join(), digest])).toEqual([
      ['b', 'h1:wrong'],
      ['a,c', 'h1:right'],
    ]);
  });
});

describe('a fork of an authority', () => {
  const statements = ['head of 5\n', 'head of 7\n'] as const;
  let sizes = 7;
  /** Each time another root, as a log that grows shows it. */
  const forked = (): Behaviour => ({
    fails: { tag: 'failed', failure: { kind: 'mismatch', algorithm: 'tree', want: 'r5', got: `r${sizes++}` } },
    afterMs: 50,
    facts: { forked: { name: 'log.example.com', statements } },
  });
  const world2 = () =>
    world(named('a', 'b'), (name, t) => (name === 'b' && t >= 10 * minute ? forked() : gives('right')));

  it('is reported at once, with both statements in full, and is reason enough to leave', () => {
    const sim = world2();
    sim.runTo(10 * minute + 30_000);
    expect(told(sim)).toEqual(['b mismatch/fork opened']);
    const [finding] = sim.detector.findings();
    expect(finding).toMatchObject({ actionable: true, evidence: { statements } });
    expect(finding?.text).toContain('log.example.com is forked');
    expect(sim.settled.filter(({ due }) => due.purpose === 'recheck')).toEqual([]);
  });

  it('is reported once, is kept across restarts with its evidence, and ends only by an acknowledgement', () => {
    const sim = world2();
    sim.runTo(12 * minute);
    sim.restart(5_000);
    sim.runTo(hour);
    expect(told(sim)).toEqual(['b mismatch/fork opened']);
    const [finding] = sim.detector.findings();
    expect(finding?.evidence.statements).toEqual(statements);
    const turn = sim.detector.acknowledge(finding?.id ?? '', 'the key was stolen', at(sim.nowMs));
    if (turn === null) throw new Error('no such finding');
    sim.apply(turn);
    sim.runTo(hour + 2_000);
    sim.restart(5_000);
    sim.runTo(2 * hour);
    expect(told(sim)).toEqual(['b mismatch/fork opened', 'b mismatch/fork acknowledged']);
  });
});
