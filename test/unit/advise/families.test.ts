import { describe, expect, test } from 'vitest';
import { daemonPlayer } from '../../../bench/scenarios/daemon/player.ts';
import { costsOf, gridMs } from '../../../bench/scenarios/report/costs.ts';
import type { WorldChain } from '../../../bench/scenarios/world.ts';
import { families } from '../../../bench/scenarios/worlds/families.ts';
import { calm, type World } from './rounds.ts';

/** Downloads take seconds and are fastest from `a`; everything else takes 100 ms, of `a` the time given. */
const downloads =
  (ofHead: number | 'timeout_connect'): World =>
  (name, step) =>
    name === 'a' && ofHead === 'timeout_connect'
      ? ofHead
      : step === 'zip'
        ? name === 'a'
          ? 5_000
          : 9_000
        : name === 'a'
          ? Number(ofHead)
          : 100;

describe('the head answers over one address family alone', () => {
  /** The moves in the first five minutes after IPv6 of the head began to hang, and the true costs of builds then. */
  function play(seed: number) {
    const family = families.find(({ name }) => name === 'six-hangs');
    const world = family?.make(seed);
    const fromMs = world?.incidents[0]?.fromMs;
    if (world === undefined || fromMs === undefined) throw new Error('no such family');
    const { moves } = daemonPlayer.play({ ...world, durationMs: fromMs + 5 * 60_000 });
    const costs = costsOf(world);
    const [upstream = ''] = costs.upstreams;
    const [declared, ...heads] = costs.declaredOf(upstream)[0]?.heads ?? [];
    const point = Math.ceil(fromMs / gridMs) + 10;
    const costAt = (chain: WorldChain | undefined): number => (chain ? costs.at(upstream, chain, point) : Number.NaN);
    return { moves, home: costAt(declared), others: Math.min(...heads.slice(1).map(costAt)) };
  }

  test.each([1, 2, 3, 4, 6, 11, 19])('nobody leaves it while it is the cheapest: IPv6 hangs (seed %i)', (seed) => {
    const { moves, home, others } = play(seed);
    expect(others).toBeGreaterThan(1.05 * home);
    expect(moves).toEqual([]);
  });

  test('what failed over IPv6 moves nobody where another mirror is as cheap: clients feel the fallback of 300 ms', () => {
    const { moves, home, others } = play(0);
    expect(others).toBeLessThan(home);
    expect(moves.filter(({ why }) => !why.startsWith('slower'))).toEqual([]);
  });

  test('a head that fails over both is left', () => {
    const stage = calm();
    stage.live(900, downloads(100));
    stage.live(5, downloads('timeout_connect'));
    stage.mark('a', { oneFamily: 'likely' });
    stage.live(60, downloads('timeout_connect'));
    expect(stage.story()).toEqual(['proposed outage b']);
  });
});
