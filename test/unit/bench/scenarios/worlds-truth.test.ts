import { describe, expect, it } from 'vitest';
import type { Question, World, WorldChain } from '../../../../bench/scenarios/world.ts';
import { failedBuildSeconds } from '../../../../bench/scenarios/world.ts';
import { families } from '../../../../bench/scenarios/worlds/families.ts';
import { parseChain } from '../../../../bench/scenarios/worlds/model/build-world.ts';
import { Draw } from '../../../../bench/scenarios/worlds/model/draw.ts';
import { buildSpanMs } from '../../../../bench/scenarios/worlds/model/effect.ts';
import { table } from '../../../support/table.ts';

function worldOf(name: string, seed: number): World {
  const world = families.find((family) => family.name === name)?.make(seed);
  if (world === undefined) throw new Error(`no family ${name}`);
  return world;
}

/** One fetch as Go makes it, by drawing answers: how long, and whether it came. */
function fetchOnce(
  world: World,
  chain: WorldChain,
  question: Question,
  atMs: number,
): { tookMs: number; good: boolean } {
  let tookMs = 0;
  for (const [index, member] of chain.members.entries()) {
    if (member === 'off') return { tookMs, good: false };
    if (member === 'direct') return { tookMs: tookMs + 5000, good: false };
    let answer = world.ask(member, question, atMs);
    if (answer.reason === 'unreachable' && answer.family === 6) {
      const other = world.ask(member, { ...question, family: 4 }, atMs);
      if (other.family === 4) {
        answer = other;
        tookMs += 300;
      }
    }
    const spentMs = answer.tookMs === Number.POSITIVE_INFINITY ? 30_000 : Math.min(60_000, answer.tookMs);
    tookMs += spentMs;
    if (answer.reason === null && answer.tookMs <= 60_000) return { tookMs, good: true };
    if (answer.reason === 'mismatch') return { tookMs, good: false };
    const isPassed = chain.separators[index] === '|' || answer.status === 404 || answer.status === 410;
    if (!isPassed) return { tookMs, good: false };
  }
  return { tookMs, good: false };
}

/** What one drawn build costs: five modules from `start` on, fetches spread over the span of a build. */
function buildOnce(world: World, chain: WorldChain, start: number, atMs: number, draw: Draw): number {
  const modules = world.setup.modules.filter((one) => one.upstream === world.setup.mirrors[0]?.upstream);
  let tookMs = 0;
  let good = true;
  for (let i = 0; i < 5; i += 1) {
    const of = modules[(start + i) % modules.length];
    if (of === undefined) throw new Error('no module');
    for (const step of ['info', 'mod', 'zip'] as const) {
      const question = { step, module: of.module, version: of.version };
      const fetched = fetchOnce(world, chain, question, atMs + draw.between(0, buildSpanMs));
      tookMs += fetched.tookMs;
      good &&= fetched.good;
    }
  }
  return tookMs / 3 / 1000 + (good ? 0 : failedBuildSeconds);
}

const worlds: readonly (readonly [name: string, seed: number, chain: string])[] = table(
  'unit/bench/scenarios/worlds-truth',
  'worlds',
);

describe('truth is the long-run mean of answers', () => {
  it.each(worlds)('%s, seed %i, %s', (name, seed, text) => {
    const world = worldOf(name, seed);
    const chain = parseChain(text);
    const draw = new Draw('builds', seed);
    const [incident = { fromMs: 0, toMs: world.durationMs }] = world.incidents;
    const builds = 12_000;
    const upstream = world.setup.mirrors[0]?.upstream ?? '';
    let drawn = 0;
    let squares = 0;
    let truth = 0;
    for (let i = 0; i < builds; i += 1) {
      const atMs = draw.between(incident.fromMs, incident.toMs - buildSpanMs);
      const cost = world.buildCost(upstream, chain, atMs);
      const gap = buildOnce(world, chain, draw.whole(0, 99_999), atMs, draw) - cost;
      truth += cost / builds;
      drawn += gap / builds;
      squares += gap ** 2 / builds;
    }
    const error = Math.sqrt(squares / builds);
    expect(Math.abs(drawn)).toBeLessThan(4 * error + 0.01 * truth);
    expect(error).toBeLessThan(0.1 * truth);
  });

  it('passes 404 at a comma, everything at a bar, and wrong bytes never', () => {
    const cost = (name: string, chain: string) => {
      const world = worldOf(name, 1);
      const [incident] = world.incidents;
      return world.buildCost('go', parseChain(chain), ((incident?.fromMs ?? 0) + (incident?.toMs ?? 0)) / 2);
    };
    expect(cost('masked-upstream', 'a,b')).toBeLessThan(60);
    expect(cost('refused', 'a,b')).toBeGreaterThan(300);
    expect(cost('refused', 'a|b')).toBeLessThan(60);
    expect(cost('poisoned-module', 'a|b')).toBeGreaterThan(250);
  });

  it('has a hung fetch cost half a minute and the build', () =>
    expect(worldOf('black-hole', 1).buildCost('go', parseChain('a,b'), 45 * 60_000)).toBeCloseTo(450, 6));

  it('lets our own line cost the same whatever the chain', () => {
    const world = worldOf('own-slow', 1);
    const [incident] = world.incidents;
    if (incident === undefined) throw new Error('no incident');
    const added = ['a', 'b', 'a|b'].map(
      (chain) =>
        world.buildCost('go', parseChain(chain), incident.fromMs) -
        world.buildCost('go', parseChain(chain), incident.fromMs - 1),
    );
    expect(added[0]).toBeGreaterThan(5);
    for (const one of added) expect(one).toBeCloseTo(world.ownLineCost?.(incident.fromMs) ?? 0, 3);
  });
});
