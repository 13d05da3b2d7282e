import { describe, expect, test } from 'vitest';
import { daemonPlayer } from '../../../bench/scenarios/daemon/player.ts';
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
  test.each([0, 1])(
    'IPv6 hangs while other mirrors download slower (seed %i): what failed over it moves nobody',
    (seed) => {
      const family = families.find(({ name }) => name === 'six-hangs');
      if (family === undefined) throw new Error('no such family');
      const world = family.make(seed);
      const [incident] = world.incidents;
      const untilMs = (incident?.fromMs ?? 0) + 5 * 60_000;
      expect(daemonPlayer.play({ ...world, durationMs: untilMs }).moves).toEqual([]);
    },
  );

  test('a head that fails over both is left', () => {
    const stage = calm();
    stage.live(900, downloads(100));
    stage.live(5, downloads('timeout_connect'));
    stage.mark('a', { oneFamily: 'likely' });
    stage.live(60, downloads('timeout_connect'));
    expect(stage.story()).toEqual(['proposed outage b']);
  });
});
