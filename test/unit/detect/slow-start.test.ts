import { describe, expect, it } from 'vitest';
import type { Behaviour } from './simulate.ts';
import { dead, minute, warm, world } from './story-world.ts';
import { aMirror } from './world.ts';

const startMs = 2 * minute;
const slowMs = 900;

/** Mirror `name` responds within `ms`; from two minutes after the start, `a` is slow until `toMs`. */
function slowFromTwoMinutes(toMs = Number.POSITIVE_INFINITY) {
  return (name: string, t: number): Behaviour => ({
    rttMs: name === 'a' && t >= startMs && t < toMs ? slowMs : name === 'a' ? 2 : 1,
  });
}

/** The finding that is open about `a` at the end, and since when; `null`: none. */
function openOf(sim: ReturnType<typeof world>) {
  const last = sim.findings.findLast(({ finding }) => finding.registry === 'a');
  return last === undefined || last.change === 'closed' ? null : last;
}

describe('a mirror that becomes slow before its baseline is known', () => {
  it('is a spike after six slow samples, and the finding says that the peers judged', () => {
    const sim = world(['a', 'b'], slowFromTwoMinutes());
    sim.runTo(warm);
    const slow = sim.settled.filter(({ due, rttMs }) => due.purpose === 'scheduled' && (rttMs ?? 0) >= slowMs);
    expect(sim.changes('spike')).toEqual([{ what: 'a opened', atMs: slow[5]?.settledAtMs }]);
    expect(openOf(sim)?.finding).toMatchObject({
      actionable: true,
      cause: 'peers',
      evidence: { samples: 6, failures: 6, observedSeconds: 0.9, baselineSeconds: 0.002, thresholdSeconds: 0.8 },
      text: 'a is slow: mod takes 900 ms. Compared with other mirrors, 2 ms is usual. The mirror has no baseline of its own yet.',
    });
    expect(sim.state('a')).toBe('degraded');
    const shown = [...sim.detector.baselines()].find(({ target }) => target.registry === 'a');
    expect(shown).toMatchObject({ baselineMs: 2, thresholdMs: 800 });
  });

  it('is one by the peer that serves the item, whichever mirror is preferred', () => {
    const sim = world([aMirror('b', { weight: 100 }), aMirror('a', { weight: 90 })], slowFromTwoMinutes());
    sim.runTo(warm);
    expect(sim.changes('spike').map(({ what }) => what)).toEqual(['a opened']);
  });

  it('is well again when its old latency is back, and then gets its baseline', () => {
    const sim = world(['a', 'b'], slowFromTwoMinutes(8 * minute));
    sim.runTo(25 * minute);
    expect(sim.changes('spike').map(({ what }) => what)).toEqual(['a opened', 'a closed']);
    expect(sim.state('a')).toBe('up');
    expect([...sim.detector.baselines()][0]?.baselineMs).toBe(2);
  });

  it('stays slow over a restart', () => {
    const sim = world(['a', 'b'], slowFromTwoMinutes());
    sim.runTo(10 * minute);
    const before = openOf(sim)?.finding;
    sim.restart(5_000);
    sim.runTo(30 * minute);
    expect(openOf(sim)?.finding).toMatchObject({ id: before?.id, state: 'open', cause: 'peers' });
    expect([...sim.detector.baselines()][0]?.baselineMs).toBe(2);
  });

  it('is a level shift from its first latency after two hours, and no spike a second time', () => {
    const sim = world(['a', 'b'], slowFromTwoMinutes());
    sim.runTo(5 * 60 * minute);
    expect(sim.findings.map(({ change, finding }) => `${finding.kind} ${change}`)).toEqual([
      'spike opened',
      'spike closed',
      'level_shift opened',
    ]);
    expect(openOf(sim)?.finding.evidence.baselineSeconds).toBe(0.002);
  });
});

describe('nothing is found', () => {
  it.each<[string, (name: string, t: number) => Behaviour]>([
    ['of a mirror that becomes slow when its peer does', (_, t) => ({ rttMs: t < startMs ? 1 : slowMs })],
    [
      'of a mirror below the preferred one that was far from its first sample',
      (name) => ({ rttMs: name === 'b' ? slowMs : 1 }),
    ],
    ['while its peer is down', (name, t) => (t < startMs ? { rttMs: 1 } : name === 'b' ? dead : { rttMs: slowMs })],
  ])('%s', (_, script) => {
    const sim = world([aMirror('a', { weight: 100 }), aMirror('b', { weight: 90 })], script);
    sim.runTo(2 * 60 * minute);
    expect(sim.changes('spike')).toEqual([]);
  });
});

it('the preferred mirror counts as slow if it is far slower than another one from the first sample', () => {
  const sim = world([aMirror('a', { weight: 100 }), aMirror('b', { weight: 90 })], (name) => ({
    rttMs: name === 'a' ? slowMs : 1,
  }));
  sim.runTo(warm);
  expect(sim.changes('spike').map(({ what }) => what)).toEqual(['a opened']);
  expect(openOf(sim)?.finding).toMatchObject({ cause: 'peers', evidence: { baselineSeconds: 0.001 } });
  expect(sim.changes('spike')[0]?.atMs).toBeLessThan(7 * minute);
});

it.each<[string, Behaviour]>([
  ['refuses connections', dead],
  ['hangs', 'black hole'],
])('a mirror that %s two minutes after the start is found as soon as later', (_, fault) => {
  const [early, late] = [startMs, 40 * minute].map((fromMs) => {
    const sim = world(['a', 'b'], (name, t) => (name === 'a' && t >= fromMs ? fault : { rttMs: 100 }));
    sim.runTo(fromMs + 10 * minute);
    return sim.changes('outage').map(({ what, atMs }) => [what, atMs - fromMs]);
  });
  expect(early).toEqual(late);
  expect(early).toHaveLength(1);
});
