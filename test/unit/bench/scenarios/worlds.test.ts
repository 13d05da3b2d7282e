import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Question, World } from '../../../../bench/scenarios/world.ts';
import { usualCalmDays } from '../../../../bench/scenarios/worlds/families/calm.ts';
import { families, familiesWithCalm } from '../../../../bench/scenarios/worlds/families.ts';
import { leftOutOfShort, shortFamilies } from '../../../../bench/scenarios/worlds/short.ts';

const seeds = [0, 1, 2];
const built = familiesWithCalm(0.5).map((family) => ({ family, worlds: seeds.map((seed) => family.make(seed)) }));

/** Questions of every kind about every module of `world`. */
function questionsOf(world: World): Question[] {
  const ofModules = world.setup.modules.flatMap(({ module, version }) =>
    (['mod', 'info', 'zip'] as const).map((step) => ({ step, module, version })),
  );
  return [...ofModules, { step: 'sumdb', module: null, version: null }];
}

describe('families', () => {
  it('are at least 60, each with a name of its own', () => {
    expect(families.length).toBeGreaterThanOrEqual(60);
    expect(new Set(families.map((family) => family.name)).size).toBe(families.length);
  });

  it('hold a year of calm over ten seeds', () => {
    const calm = families
      .map((family) => family.make(0))
      .filter((world) => world.isCalm && world.durationMs > 86_400_000);
    expect(calm.every((world) => world.durationMs === usualCalmDays * 86_400_000)).toBe(true);
    expect((calm.length * 10 * usualCalmDays) / 365).toBeCloseTo(1, 6);
  });

  it.each(built.map(({ family, worlds }) => [family.name, worlds] as const))('%s can be played', (_, worlds) => {
    for (const world of worlds) {
      const { setup } = world;
      const names = setup.mirrors.map((mirror) => mirror.name);
      const upstreams = new Set(setup.mirrors.map((mirror) => mirror.upstream));
      expect(new Set(names).size).toBe(names.length);
      expect(names.length).toBeLessThanOrEqual(20);
      expect(new Set(setup.mirrors.map((mirror) => mirror.address)).size).toBe(names.length);
      expect(Object.keys(setup.chains)).toEqual([...upstreams]);
      for (const upstream of upstreams) expect(setup.modules.some((one) => one.upstream === upstream)).toBe(true);
      for (const chain of Object.values(setup.chains)) {
        const members = chain.split(/[,|]/);
        expect(members.filter((name) => !['direct', 'off', ...names].includes(name))).toEqual([]);
      }
      for (const { atMs } of world.events) expect(atMs >= 0 && atMs <= world.durationMs).toBe(true);
    }
  });

  it.each(built.map(({ family, worlds }) => [family.name, worlds] as const))('%s says what is wrong', (_, worlds) => {
    for (const world of worlds) {
      expect(world.incidents.length === 0).toBe(world.isCalm);
      for (const { fromMs, toMs, upstream } of world.incidents) {
        expect(fromMs >= 0 && fromMs < toMs && toMs <= world.durationMs).toBe(true);
        expect(Object.keys(world.setup.chains)).toContain(upstream);
      }
    }
  });
});

describe('answers', () => {
  it.each(built.map(({ family, worlds }) => [family, worlds] as const))(
    '$name: same seed, same world',
    (family, worlds) => {
      const [first] = worlds;
      const again = familiesWithCalm(0.5)
        .find((one) => one.name === family.name)
        ?.make(0);
      if (first === undefined || again === undefined) throw new Error('not built');
      expect(again.setup).toEqual(first.setup);
      expect(again.events).toEqual(first.events);
      expect(again.incidents).toEqual(first.incidents);
      const questions = questionsOf(first).slice(0, 7);
      for (let atMs = 0; atMs < first.durationMs; atMs += first.durationMs / 40) {
        for (const { name } of first.setup.mirrors.slice(0, 3)) {
          for (const question of questions)
            expect(again.ask(name, question, atMs)).toEqual(first.ask(name, question, atMs));
        }
        for (const { name } of first.setup.controls)
          expect(again.control(name, atMs)).toEqual(first.control(name, atMs));
      }
    },
  );

  it('do not depend on what was asked before', () => {
    const [backwards, forwards] = [families[0]?.make(7), families[0]?.make(7)];
    if (backwards === undefined || forwards === undefined) throw new Error('no family');
    const [question] = questionsOf(forwards);
    if (question === undefined) throw new Error('no question');
    const times = Array.from({ length: 200 }, (_, index) => index * 30_011);
    const there = times.map((atMs) => forwards.ask('a', question, atMs));
    const back = times.toReversed().map((atMs) => backwards.ask('a', question, atMs));
    expect(back.toReversed()).toEqual(there);
  });

  it('differ by seed, mirror, module and millisecond', () => {
    const [one, other] = [families[0]?.make(1), families[0]?.make(2)];
    if (one === undefined || other === undefined) throw new Error('no family');
    const [question, , , next] = questionsOf(one);
    if (question === undefined || next === undefined) throw new Error('no question');
    const times = [
      one.ask('a', question, 1000),
      other.ask('a', question, 1000),
      one.ask('b', question, 1000),
      one.ask('a', next, 1000),
      one.ask('a', question, 1001),
    ].map((answer) => answer.tookMs);
    expect(new Set(times).size).toBe(times.length);
  });

  it('show a broken family over that family alone', () => {
    const world = families.find((family) => family.name === 'six-refused')?.make(3);
    const [incident] = world?.incidents ?? [];
    if (world === undefined || incident === undefined) throw new Error('no such world');
    const question: Question = { step: 'sumdb', module: null, version: null };
    const atMs = incident.fromMs + 1;
    expect(world.ask('a', question, atMs)).toMatchObject({ reason: 'unreachable', family: 6 });
    expect(world.ask('a', { ...question, family: 4 }, atMs)).toMatchObject({ reason: null, family: 4 });
    expect(world.ask('a', question, incident.fromMs - 1)).toMatchObject({ reason: null, family: 6 });
  });
});

it.each([
  ['own-cut', null, false, false],
  ['own-resolver-dead', 'resolver', true, false],
  ['own-portal', null, true, false],
  ['own-proxy-dead', null, true, false],
] as const)(
  'our own line: %s: unknown %s, controls by address %s, over TLS %s',
  (name, unknown, byAddress, overTls) => {
    for (let seed = 0; seed < 12; seed += 1) {
      const world = families.find((family) => family.name === name)?.make(seed);
      const [incident] = world?.incidents ?? [];
      if (world === undefined || incident === undefined) throw new Error('no such world');
      for (const mirror of world.setup.mirrors) {
        const answer = world.ask(mirror.name, { step: 'sumdb', module: null, version: null }, incident.fromMs);
        expect(answer.unknown).toBe(unknown);
        expect(answer.reason).not.toBeNull();
      }
      for (const control of world.setup.controls) {
        const isByAddress = control.url.startsWith('tcp:');
        expect(world.control(control.name, incident.fromMs).answered).toBe(isByAddress ? byAddress : overTls);
        expect(world.control(control.name, incident.fromMs - 1).answered).toBe(true);
      }
    }
  },
);

it('a short run has, for each family that it leaves out, one of the same group', () => {
  const groupOf = new Map(families.map(({ name, group }) => [name, group]));
  const wrong = Object.entries(leftOutOfShort).filter(
    ([left, kept]) => groupOf.get(left) !== groupOf.get(kept) || !shortFamilies.includes(kept),
  );
  expect(wrong).toEqual([]);
});

describe('any world', () => {
  const family = fc.constantFrom(...familiesWithCalm(0.5));

  it('has answers that take time and costs that are finite, whatever the seed and the moment', () =>
    fc.assert(
      fc.property(family, fc.nat(), fc.double({ min: 0, max: 1, noNaN: true }), ({ make }, seed, part) => {
        const world = make(seed);
        const atMs = Math.floor(part * world.durationMs);
        for (const { name, upstream } of world.setup.mirrors) {
          for (const question of questionsOf(world).slice(0, 4)) {
            const answer = world.ask(name, question, atMs);
            expect(answer.tookMs).toBeGreaterThan(0);
            if (answer.reason === null) expect(answer).toMatchObject({ status: 200, unknown: null });
          }
          const cost = world.buildCost(upstream, { members: [name, 'direct'], separators: ['|'] }, atMs);
          expect(cost).toBeGreaterThan(0);
          // Fifteen hung fetches and `direct` over three connections, a failed build, and the most our own line adds.
          expect(cost).toBeLessThan(15 * 65 + 300 + 2000);
        }
        expect(world.ownLineCost?.(atMs)).toBeGreaterThanOrEqual(0);
      }),
      { numRuns: 400 },
    ));
});
