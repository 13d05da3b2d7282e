import { describe, expect, it } from 'vitest';
import type { Mirror } from '../../../src/core/mirror.ts';
import type { SignatureState } from '../../../src/core/transcript.ts';
import { phrase } from '../../../src/words/tell.ts';
import { table } from '../../support/table.ts';
import { gives, hour, minute, named, told, world } from './bytes-world.ts';
import { Simulation } from './simulate.ts';
import { aConfig, aMirror, aTarget, at, epochMs, failedWith, mismatch, throttled } from './world.ts';

describe('bytes that no authority vouches for', () => {
  const from = 10 * minute;
  const odd = () => world(named('a', 'b', 'c'), (name, t) => gives(name === 'b' && t >= from ? 'wrong' : 'right'));

  it('are compared: one that differs from most is reported after a second response over a fresh connection', () => {
    const sim = odd();
    sim.runTo(from - 1);
    expect(told(sim)).toEqual([]);
    sim.runTo(from + 2 * minute);
    expect(told(sim)).toEqual(['b mismatch/peers opened']);
    const [finding] = sim.detector.findings();
    expect(finding).toMatchObject({
      scope: [{ module: 'example.com/a', version: 'v1.0.0', step: 'zip' }],
      confidence: 'low',
      actionable: false,
      text: 'b serves different bytes for example.com/a@v1.0.0 (zip) than a and c. 1 of 3 mirrors serves the bytes of b. No authority says which bytes are right.',
    });
    expect(finding?.evidence.sides).toMatchObject([
      { registries: ['a', 'c'], digest: 'right', seen: { bytes: 5, firstHex: Buffer.from('right').toString('hex') } },
      { registries: ['b'], digest: 'wrong', seen: { bytes: 5, firstHex: Buffer.from('wrong').toString('hex') } },
    ]);
    const [right, wrong] = finding?.evidence.sides ?? [];
    expect(right?.sinceMs).toBeLessThan(epochMs + minute);
    expect(wrong?.sinceMs).toBeGreaterThanOrEqual(epochMs + from);
    const rechecks = sim.settled.filter(({ due }) => due.purpose === 'recheck').map(({ due }) => due.target.registry);
    expect(rechecks).toEqual(['b']);
  });

  it('are compared without waiting for a mirror that throttles requests', () => {
    const mirrors = named('busy', 'a', 'b', 'c');
    const sim = new Simulation({
      config: aConfig({ mirrors }),
      targets: mirrors.flatMap(({ name }) => ['a', 'm'].map((one) => aTarget(name, 'zip', `example.com/${one}`))),
      script: ({ registry, module }) =>
        registry === 'busy'
          ? { fails: throttled(24 * hour), afterMs: 1 }
          : gives(registry === 'b' && module === 'example.com/m' ? 'wrong' : 'right'),
    });
    sim.runTo(4 * minute);
    expect(
      sim.settled.some(({ due: { target } }) => target.id.startsWith('busy') && target.module?.endsWith('/m')),
    ).toBe(false);
    expect(told(sim)).toContain('b mismatch/peers opened');
  });

  it.each<[string, SignatureState, string]>(
    table('unit/detect/peers-stories', '%s the signature is named, and why it does not decide'),
  )('%s the signature is named, and why it does not decide', (_, state, end) => {
    const signature = { state, key: null };
    const sim = world(named('a', 'b', 'c'), (name) => gives(name === 'b' ? 'wrong' : 'right', { signature }));
    sim.runTo(5 * minute);
    const texts = sim.detector.findings().map(({ text }) => text);
    expect(texts).toEqual([
      `b serves different bytes for example.com/a@v1.0.0 (zip) than a and c. 1 of 3 mirrors serves the bytes of b. ${end}`,
    ]);
    sim.restart(5_000);
    expect(sim.detector.findings().map(({ text }) => text)).toEqual(texts);
  });

  it('of one against one and of a change say no more of an authority than there is', () => {
    const signature = { state: 'unknown_key', key: null } as const;
    const sim = world(named('a', 'b'), (name) => gives(name, { signature }));
    sim.runTo(5 * minute);
    expect(sim.detector.findings()[0]?.text).toBe(
      'a and b serve different bytes for example.com/a@v1.0.0 (zip). 1 of 2 mirrors serves the bytes of a. No signature shows which bytes are right (signature unverified: the signing key is not trusted).',
    );
  });

  it('stay a guess however long they last, and cost the mirror its state', () => {
    const sim = odd();
    sim.runTo(from + hour);
    expect(sim.detector.findings()).toMatchObject([{ confidence: 'low' }]);
    const standing = sim.detector.standings().find(({ registry }) => registry === 'b');
    expect(standing).toMatchObject({ state: 'degraded', why: phrase('why.odd') });
  });

  it('of one against one: what is said of the mirror that a third one confirms ends, and that of the other stays', () => {
    const [third, mended] = [20 * minute, 30 * minute];
    const sim = world(named('a', 'b', 'c'), (name, t) => {
      if (name === 'c' && t < third) return { fails: failedWith('absent', 404), afterMs: 50 };
      return gives(name === 'b' && t < mended ? 'wrong' : 'right');
    });
    const of = (registry: string) =>
      sim.detector.findings().find((one) => one.kind === 'mismatch' && one.registry === registry);
    sim.runTo(third - 1);
    expect([of('a')?.cause, of('b')?.cause]).toEqual(['peers', 'peers']);
    sim.runTo(mended - 1);
    // Most mirrors confirm the one; the other is the one that differs.
    expect([of('a'), of('b')?.cause]).toEqual([undefined, 'peers']);
    expect(of('b')?.evidence.sides).toMatchObject([
      { registries: ['a', 'c'], digest: 'right' },
      { registries: ['b'], digest: 'wrong' },
    ]);
    sim.runTo(mended + hour);
    sim.restart(5_000);
    sim.runTo(mended + 2 * hour);
    // Right bytes now do not show that the wrong ones never were.
    expect([of('a'), of('b')?.cause]).toEqual([undefined, 'peers']);
    expect(told(sim).filter((one) => one.includes('mismatch'))).toEqual([
      'a mismatch/peers opened',
      'b mismatch/peers opened',
      'a mismatch/peers closed',
    ]);
  });

  it('are reported once, also across restarts, and end only by an acknowledgement', () => {
    const sim = odd();
    sim.runTo(from + 5 * minute);
    sim.restart(5_000);
    sim.runTo(from + hour);
    expect(told(sim)).toEqual(['b mismatch/peers opened']);
    const id = sim.detector.findings()[0]?.id ?? '';
    const turn = sim.detector.acknowledge(id, 'known', at(sim.nowMs));
    if (turn === null) throw new Error('no such finding');
    sim.apply(turn);
    sim.runTo(from + 2 * hour);
    sim.restart(5_000);
    sim.runTo(from + 3 * hour);
    expect(told(sim)).toEqual(['b mismatch/peers opened', 'b mismatch/peers acknowledged']);
    expect(sim.detector.findings()).toEqual([]);
  });

  it('are no finding where the second answer is right again', () => {
    const sim = world(named('a', 'b', 'c'), (name, t) =>
      gives(name === 'b' && t >= from && t < from + 30_000 ? 'wrong' : 'right'),
    );
    const before = sim.script;
    sim.script = (target, atMs, due) => (due.purpose === 'recheck' ? gives('right') : before(target, atMs, due));
    sim.runTo(from + hour);
    expect(told(sim)).toEqual([]);
  });

  it('of two backends that take turns are one story: no endless asking, and acknowledged once for each', () => {
    let turn = 0;
    const sim = world(named('a', 'b', 'c'), (name) =>
      gives(name === 'b' && Math.floor(turn++ / 3) % 2 === 0 ? 'odd' : 'right'),
    );
    sim.runTo(2 * hour);
    expect(told(sim)).toEqual(['b mismatch/peers opened']);
    const asked = sim.settled.filter(({ due }) => due.target.registry === 'b' && due.target.step === 'zip');
    const rechecks = asked.filter(({ due }) => due.purpose === 'recheck');
    expect(rechecks.length).toBeGreaterThan(0);
    expect(rechecks.length).toBeLessThanOrEqual(asked.length - rechecks.length);
    const known = sim.detector.acknowledge(sim.detector.findings()[0]?.id ?? '', 'two backends', at(sim.nowMs));
    if (known === null) throw new Error('no such finding');
    sim.apply(known);
    sim.runTo(6 * hour);
    expect(told(sim)).toEqual(['b mismatch/peers opened', 'b mismatch/peers acknowledged']);
  });

  it('of one against one: both are reported, and neither is blamed', () => {
    const sim = world(named('a', 'b'), (name) => gives(name));
    sim.runTo(5 * minute);
    expect(told(sim)).toEqual(['a mismatch/peers opened', 'b mismatch/peers opened']);
    expect(sim.detector.findings()[0]?.text).toBe(
      'a and b serve different bytes for example.com/a@v1.0.0 (zip). 1 of 2 mirrors serves the bytes of a. No authority says which bytes are right.',
    );
  });

  it('of one against the origin: the one is reported, and no switch is forced', () => {
    const sim = world([aMirror('b'), { ...aMirror('o'), role: 'origin' }], (name) => gives(name));
    sim.runTo(5 * minute);
    expect(told(sim)).toEqual(['b mismatch/peers opened']);
    const [finding] = sim.detector.findings();
    expect(finding).toMatchObject({ confidence: 'low', actionable: false });
    expect(finding?.text).toBe(
      'b serves different bytes for example.com/a@v1.0.0 (zip) than the origin o. 1 of 2 mirrors serves the bytes of b. There is no third mirror to compare, so either may be wrong.',
    );
  });

  it('that changed at the origin are a re-tag: the finding names the mirrors with the old ones', () => {
    const sim = world([aMirror('b'), { ...aMirror('o'), role: 'origin' }], (name, t) =>
      gives(name === 'o' && t >= from ? 'new' : 'old'),
    );
    sim.runTo(from + 5 * minute);
    expect(told(sim)).toEqual(['b mismatch/retag opened']);
    expect(sim.detector.findings()[0]?.text).toBe(
      'b serves old bytes for example.com/a@v1.0.0 (zip), which the origin o served before: the bytes changed upstream. 1 of 2 mirrors serves the bytes of b.',
    );
  });

  it('that changed everywhere are reported at the origin, by what was known before a restart', () => {
    const sim = world([aMirror('b'), { ...aMirror('o'), role: 'origin' }], (_, t) => gives(t >= from ? 'new' : 'old'));
    sim.runTo(from - 1);
    sim.restart(1_000);
    sim.runTo(from + 5 * minute);
    expect(told(sim).at(-1)).toBe('o mismatch/retag opened');
    expect(sim.detector.findings().map(({ registry }) => registry)).toContain('o');
  });
});

describe('bytes that the origin does not serve', () => {
  const from = 10 * minute;
  const origin: Mirror = { ...aMirror('o'), role: 'origin' };
  const changed = (later: string) => (name: string, t: number) => gives(name === 'b' && t >= from ? later : 'right');

  it('are wrong: medium from the first moment for good, and reason enough to leave', () => {
    const sim = world([...named('a', 'b'), origin], changed('wrong'));
    sim.runTo(from + 2 * minute);
    expect(told(sim)).toEqual(['b mismatch/origin opened']);
    expect(sim.findings[0]?.finding).toMatchObject({
      confidence: 'medium',
      actionable: true,
      text: 'b serves different bytes for example.com/a@v1.0.0 (zip) than the origin o and a. 1 of 3 mirrors serves the bytes of b. The bytes of the origin count as right.',
    });
    const standing = sim.detector.standings().find(({ registry }) => registry === 'b');
    expect(standing).toMatchObject({ state: 'degraded', why: phrase('why.wrong') });
    sim.runTo(from + hour);
    expect(sim.detector.findings()).toMatchObject([{ confidence: 'medium', cause: 'origin' }]);
  });

  it('are reported once, also across restarts, and end only by an acknowledgement', () => {
    const sim = world([...named('a', 'b'), origin], changed('wrong'));
    sim.runTo(from + 2 * minute);
    sim.restart(5_000);
    sim.runTo(from + hour);
    const turn = sim.detector.acknowledge(sim.detector.findings()[0]?.id ?? '', 'purged', at(sim.nowMs));
    if (turn === null) throw new Error('no such finding');
    sim.apply(turn);
    sim.runTo(from + 2 * hour);
    sim.restart(5_000);
    sim.runTo(from + 3 * hour);
    expect(told(sim)).toEqual(['b mismatch/origin opened', 'b mismatch/origin acknowledged']);
  });

  it('are wrong too if they are others in each response: at once, also across restarts, and again after ack', () => {
    let n = 0;
    const bytes = (name: string, t: number) => gives(name === 'b' && t >= from ? `wrong ${n++}` : 'right');
    const sim = world([...named('a', 'b'), origin], bytes);
    sim.runTo(from + 2 * minute);
    expect(told(sim)).toEqual(['b mismatch/origin opened']);
    expect(sim.findings[0]?.finding).toMatchObject({
      confidence: 'medium',
      actionable: true,
      text: 'b serves different bytes for example.com/a@v1.0.0 (zip) than the origin o and a. 1 of 3 mirrors serves the bytes of b. The bytes of the origin count as right. An earlier response of b had yet other bytes.',
    });
    sim.restart(5_000);
    sim.runTo(from + hour);
    expect(told(sim)).toHaveLength(1);
    const turn = sim.detector.acknowledge(sim.detector.findings()[0]?.id ?? '', 'purged', at(sim.nowMs));
    if (turn !== null) sim.apply(turn);
    sim.runTo(from + 2 * hour);
    expect(told(sim).slice(1)).toEqual(['b mismatch/origin acknowledged', 'b mismatch/origin opened']);
  });

  it('settle a difference that was reported before the origin responded', () => {
    const sim = world([...named('a', 'b', 'c'), origin], (name, t) => {
      if (name === 'o' && t < from)
        return { fails: { tag: 'failed', failure: { kind: 'server', status: 503 } }, afterMs: 50 };
      return gives(name === 'b' ? 'wrong' : 'right');
    });
    sim.runTo(from + hour);
    expect(told(sim).filter((one) => one.includes('mismatch'))).toEqual([
      'b mismatch/peers opened',
      'b mismatch/origin changed',
    ]);
    expect(sim.detector.findings().find(({ kind }) => kind === 'mismatch')?.scope).toEqual([
      { module: 'example.com/a', version: 'v1.0.0', step: 'zip', cause: 'origin' },
    ]);
  });

  it('are settled by a better authority', () => {
    const sim = world([...named('a', 'b'), origin], (name, t) => {
      if (name === 'b' && t >= 2 * from) return { fails: mismatch('wrong'), afterMs: 100 };
      return changed('wrong')(name, t);
    });
    sim.runTo(2 * from + hour);
    expect(told(sim)).toEqual(['b mismatch/origin opened', 'b mismatch/mismatch changed']);
  });
});
