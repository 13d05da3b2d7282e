import { describe, expect, it } from 'vitest';
import { limits } from '../../../src/core/limits.ts';
import type { Target } from '../../../src/core/mirror.ts';
import { pruneHeavyRechecks } from '../../../src/detect/confirm/look.ts';
import { Budget } from '../../../src/detect/memory/budget.ts';
import type { Memory } from '../../../src/detect/memory/memory.ts';
import { type Behaviour, Simulation } from './simulate.ts';
import { aConfig, aMirror, aTarget, at, failedWith, refused } from './world.ts';

const minute = 60_000;
const warm = 12 * minute;
const fine: Behaviour = { rttMs: 100 };
const broken: Behaviour = { fails: failedWith('server', 500), afterMs: 20 };
const dead: Behaviour = { fails: refused, afterMs: 5 };
const names = ['a', 'b', 'c'];
const other = (registry: string, module = 'example.com/b') => aTarget(registry, 'info', module);

const world = (
  over: Partial<Parameters<typeof aConfig>[0]> = {},
  more: readonly Target[] = names.map((n) => other(n)),
) =>
  new Simulation({
    config: aConfig({ mirrors: names.map((name) => aMirror(name)), ...over }),
    targets: [...names.map((name) => aTarget(name)), ...more],
    script: () => fine,
  });

/** What each moment after `fromMs` asked: a step for a question, and of whom. */
const asked = (sim: Simulation, fromMs: number) =>
  sim.asked.filter(({ atMs }) => atMs >= fromMs).map(({ steps, registries }) => `${steps[0]} ${registries.join('')}`);

describe('a round', () => {
  it('about another light target asks it in two of three moments, the canary in the third, of every sibling', () => {
    const sim = world({ outage: { overMs: 20_000 } });
    sim.script = (target, t) => (target.id === other('a').id && t >= warm ? broken : fine);
    sim.runTo(warm + 45_000);
    expect(asked(sim, warm).slice(0, 6)).toEqual([
      'info abc',
      'mod abc',
      'info abc',
      'info abc',
      'mod abc',
      'info abc',
    ]);
    const gaps = sim.asked.slice(1).map(({ atMs }, i) => atMs - (sim.asked[i]?.atMs ?? 0));
    for (const gap of gaps) expect(gap).toBeGreaterThanOrEqual(1_000);
    // The mirror in doubt is cut at 1.5 s, its siblings are measured.
    expect(sim.asked[0]?.timeouts).toEqual([1_500, 5_000, 5_000]);
  });

  it.each([
    ['its slowest good answers', [200, 300, 400, 600, 900, 1_300, 2_000, 3_500], 3_500],
    ['at most 5 s', [200, 300, 400, 600, 900, 1_300, 2_000, 7_000], 5_000],
    ['no longer than usual if few are slow', [200, 210, 220, 230, 240, 250, 260, 400], 1_500],
  ])('waits for a mirror whose times vary: for %s', (_, times, want) => {
    const sim = world();
    const rttAt = (t: number) => times[Math.floor(t / 7_000) % times.length] ?? 0;
    sim.script = ({ registry }, t) => (registry !== 'a' ? fine : t >= warm ? dead : { rttMs: rttAt(t) });
    sim.runTo(warm + 20_000);
    expect(sim.asked.find(({ atMs }) => atMs >= warm)?.timeouts[0]).toBe(want);
  });

  it('about a canary always asks the canary', () => {
    const sim = world();
    sim.script = ({ registry }, t) => (registry === 'a' && t >= warm ? dead : fine);
    sim.runTo(warm + 20_000);
    expect(new Set(asked(sim, warm).map((one) => one.split(' ')[0]))).toEqual(new Set(['mod']));
  });

  it('asks only whom it concerns where a sibling lacks the target', () => {
    const sim = world({}, [other('a')]);
    sim.script = (target, t) => (target.id === other('a').id && t >= warm ? broken : fine);
    sim.runTo(warm + minute);
    expect(asked(sim, warm).slice(0, 3)).toEqual(['info a', 'mod abc', 'info a']);
    expect(sim.changes('outage').map(({ what }) => what)).toEqual(['a opened']);
    expect(sim.findings[0]?.finding).toMatchObject({ actionable: false, vantage: 'ok' });
  });

  it('settles the sample that began it as soon as a moment after it shows that it is not us', () => {
    const sim = world({ outage: { overMs: 14_000 } });
    sim.script = ({ registry }, t) => (registry === 'a' && t >= warm ? dead : fine);
    sim.runTo(warm + minute);
    const first = sim.settled.find((s) => s.due.target.registry === 'a' && s.outcome.tag === 'failed');
    const heldMs = (first?.settledAtMs ?? 0) - (first?.endedMonotonicMs ?? 0);
    expect(heldMs).toBeGreaterThanOrEqual(1_000);
    expect(heldMs).toBeLessThanOrEqual(1_500);
    expect((sim.changes('outage')[0]?.atMs ?? 0) - (first?.endedMonotonicMs ?? 0)).toBeGreaterThanOrEqual(14_000);
  });
});

describe('a first slow answer', () => {
  it('is probed together with its siblings for 15 s; no mirror is in doubt, and due probes go on', () => {
    const sim = world({}, []);
    sim.script = ({ registry }, t) => ({ rttMs: registry === 'a' && t >= warm ? 1_200 : 100 });
    sim.runTo(warm + 29_000);
    const looks = asked(sim, warm);
    expect(looks.length).toBeGreaterThanOrEqual(7);
    expect(looks.length).toBeLessThanOrEqual(15);
    expect(new Set(looks.map((one) => one.split(' ')[0]))).toEqual(new Set(['mod']));
    expect(sim.doubts).toEqual([]);
    const lastMs = Math.max(...sim.asked.map(({ atMs }) => atMs)) - (sim.asked[0]?.atMs ?? 0);
    expect(lastMs).toBeLessThanOrEqual(15_000);
  });

  it('that was the only one is left alone after three usual answers', () => {
    const sim = world({}, []);
    let slow = 0;
    sim.script = ({ registry }, t) => {
      if (registry !== 'a' || t < warm || slow > 0) return fine;
      slow += 1;
      return { rttMs: 1_200 };
    };
    sim.runTo(warm + 25_000);
    expect(asked(sim, warm)).toHaveLength(3);
  });
});

describe('an ordered look', () => {
  const order = (over: Partial<Parameters<Simulation['detector']['recheck']>[0]> = {}) => ({
    registry: 'a',
    target: aTarget('a'),
    registries: null,
    forMs: 15_000,
    stepMs: 1_000,
    isUrgent: false,
    isPeek: false,
    ...over,
  });
  const start = (sim: Simulation, over: Parameters<typeof order>[0] = {}) =>
    sim.apply(sim.detector.recheck(order(over), at(sim.nowMs)));

  it('asks the question of all, each step, for its time', () => {
    const sim = world();
    sim.runTo(warm);
    start(sim, { target: other('a'), forMs: 6_000, stepMs: 3_000 });
    sim.runTo(warm + 20_000);
    expect(asked(sim, warm)).toEqual(['info abc', 'info abc']);
  });

  it('asks of those named', () => {
    const sim = world();
    sim.runTo(warm);
    start(sim, { registries: ['c'], forMs: 2_000 });
    sim.runTo(warm + 20_000);
    expect(asked(sim, warm)).toEqual(['mod ac', 'mod ac']);
  });

  it('is extended, not doubled, by another for the same question', () => {
    const sim = world();
    sim.runTo(warm);
    start(sim, { forMs: 5_000 });
    sim.runTo(warm + 3_000);
    start(sim, { forMs: 5_000 });
    sim.runTo(warm + 30_000);
    expect(asked(sim, warm)).toHaveLength(8);
  });

  it.each<[string, readonly string[] | null, readonly string[] | null, string]>([
    ['all, then one: still all', null, ['c'], 'mod abc'],
    ['one, then all', ['c'], null, 'mod abc'],
    ['one, then another: both', ['b'], ['c'], 'mod abc'],
    ['one, then the same', ['c'], ['c'], 'mod ac'],
  ])('joins whom to ask: %s', (_name, first, second, want) => {
    const sim = world();
    sim.runTo(warm);
    start(sim, { registries: first, forMs: 5_000 });
    sim.runTo(warm + 2_500);
    start(sim, { registries: second, forMs: 5_000 });
    sim.runTo(warm + 20_000);
    expect(asked(sim, warm).at(-1)).toBe(want);
  });

  it.each([10_000, 5_000])('of a heavy target asks each once more, and not again within its %d ms', (stepMs) => {
    const zips = names.map((name) => aTarget(name, 'zip'));
    const sim = world({}, zips);
    sim.runTo(warm);
    const askedAt = (afterMs: number) =>
      sim.detector
        .recheck(order({ target: aTarget('a', 'zip'), forMs: 0, stepMs }), at(sim.nowMs + afterMs))
        .rechecks.map(({ registry }) => registry);
    expect(askedAt(0)).toEqual(names);
    expect(askedAt(stepMs - 1)).toEqual([]);
    expect(askedAt(stepMs)).toEqual(names);
  });

  it('of heavy targets is forgotten at a reload once it limits no other', () => {
    const heavyRechecks = new Map([
      ['zip example.com/gone@v1.0.0', 0],
      ['zip example.com/a@v1.0.0', 1],
    ]);
    pruneHeavyRechecks({ confirm: { heavyRechecks }, now: at(limits.heavyRecheckMs) } as unknown as Memory);
    expect([...heavyRechecks.keys()]).toEqual(['zip example.com/a@v1.0.0']);
  });

  it('of a heavy target at a pace of its own stands in the way of none that something odd calls for', () => {
    const zips = names.map((name) => aTarget(name, 'zip'));
    const sim = world({}, zips);
    sim.runTo(warm);
    const paced = order({ target: aTarget('a', 'zip'), registries: [], forMs: 0, stepMs: 150_000 });
    expect(sim.detector.recheck(paced, at(sim.nowMs)).rechecks.map(({ registry }) => registry)).toEqual(['a']);
    expect(sim.detector.recheck(order({ target: aTarget('a', 'zip'), forMs: 0 }), at(sim.nowMs)).rechecks).toHaveLength(
      3,
    );
  });

  it('of first bytes asks the one mirror for them, while there is more than doubts and looks will need', () => {
    const zips = names.map((name) => aTarget(name, 'zip'));
    const sim = world({}, zips);
    sim.runTo(warm);
    const peek = order({ target: aTarget('a', 'zip'), registries: [], forMs: 0, isPeek: true });
    const turns = Array.from({ length: 400 }, () => sim.detector.recheck(peek, at(sim.nowMs)));
    expect(turns[0]?.peeks.map(({ target }) => target.id)).toEqual([aTarget('a', 'zip').id]);
    expect(turns.flatMap(({ rechecks, rounds }) => [...rechecks, ...rounds])).toEqual([]);
    expect(turns.at(-1)?.peeks).toEqual([]);
    expect(turns.map(({ declined }) => declined.length)).toEqual(turns.map(({ peeks }) => 1 - peeks.length));
    expect(turns.at(-1)?.declined).toEqual([{ order: peek, isKnown: true }]);
    const unknown = order({ target: aTarget('a', 'zip', 'example.com/unknown'), forMs: 0, isPeek: true });
    expect(sim.detector.recheck(unknown, at(sim.nowMs)).declined).toEqual([{ order: unknown, isKnown: false }]);
    // What is left is enough for a round of looks.
    expect(sim.detector.recheck(order({ target: aTarget('a', 'zip'), forMs: 0 }), at(sim.nowMs)).rechecks).toHaveLength(
      3,
    );
  });

  it('of a heavy target for some seconds asks as for a light one', () => {
    const zips = names.map((name) => aTarget(name, 'zip'));
    const sim = world({}, zips);
    sim.runTo(warm);
    start(sim, { target: aTarget('a', 'zip'), forMs: 3_000 });
    sim.runTo(warm + 20_000);
    expect(asked(sim, warm)).toEqual(['zip abc', 'zip abc', 'zip abc']);
  });

  it('leaves out a mirror that asked us to stay away, and is nothing for a name or target that is not there', () => {
    const sim = world();
    sim.runTo(warm);
    sim.detector.throttled('b', 'mod', at(warm + minute).monotonicMs);
    start(sim, { forMs: 1_000 });
    start(sim, { registry: 'nobody' });
    start(sim, { target: aTarget('a', 'list', 'example.com/unknown') });
    sim.runTo(warm + 20_000);
    expect(asked(sim, warm)).toEqual(['mod ac']);
  });

  it('a failing answer in it puts its mirror in doubt', () => {
    const sim = world();
    sim.runTo(warm);
    sim.script = ({ registry }) => (registry === 'b' ? dead : fine);
    start(sim, { forMs: 2_000 });
    sim.runTo(warm + 10_000);
    expect(sim.changes('outage').map(({ what }) => what)).toEqual(['b opened']);
  });

  it('is bounded by the budget: no more asks than tokens, three times as many where it is urgent', () => {
    const sim = world({ everyMs: 3_600_000 });
    sim.runTo(minute);
    start(sim, { forMs: 3_600_000 });
    sim.runTo(sim.nowMs + 10 * minute);
    const count = () => sim.asked.reduce((sum, { registries }) => sum + registries.length, 0);
    expect(count()).toBe(60);
    start(sim, { forMs: 3_600_000, isUrgent: true });
    sim.runTo(sim.nowMs + 20 * minute);
    expect(count()).toBe(240);
  });
});

describe('the budget', () => {
  const budgetOf = (held: Partial<Budget>) => Object.assign(new Budget(), held);

  it('earns 0.18 a scheduled sample, up to 300', () => {
    const budget = new Budget();
    expect(budget.tokens).toBe(60);
    for (let i = 0; i < 100; i++) budget.earn();
    expect(budget.tokens).toBeCloseTo(78);
    for (let i = 0; i < 10_000; i++) budget.earn();
    expect(budget).toEqual(budgetOf({ tokens: limits.roundTokensMax, urgent: 900, peeks: limits.peekTokensMax }));
  });

  it.each([
    { name: 'enough', held: { tokens: 3, urgent: 9 }, asks: 3, isUrgent: false, left: { tokens: 0, urgent: 9 } },
    { name: 'not enough', held: { tokens: 2, urgent: 9 }, asks: 3, isUrgent: false, left: null },
    {
      name: 'not enough, urgent',
      held: { tokens: 2, urgent: 9 },
      asks: 3,
      isUrgent: true,
      left: { tokens: 2, urgent: 6 },
    },
    { name: 'nothing left at all', held: { tokens: 2, urgent: 2 }, asks: 3, isUrgent: true, left: null },
  ])('$name', ({ held, asks, isUrgent, left }) => {
    const budget = budgetOf(held);
    expect([budget.pay(asks, isUrgent), budget]).toEqual([left !== null, budgetOf(left ?? held)]);
  });

  it.each([
    { name: 'more than looks need', held: { tokens: 61, peeks: 20 }, left: { tokens: 60, peeks: 20 } },
    { name: 'no more than looks need: their own', held: { tokens: 60, peeks: 20 }, left: { tokens: 60, peeks: 19 } },
    { name: 'nothing of their own', held: { tokens: 60, peeks: 0.9 }, left: null },
  ])('of peeks: $name', ({ held, left }) => {
    const budget = budgetOf(held);
    expect([budget.payPeek(), budget]).toEqual([left !== null, budgetOf(left ?? held)]);
  });
});
