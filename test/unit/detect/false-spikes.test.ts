import { expect, it } from 'vitest';
import { noSpeed, updateSpeed } from '../../../src/detect/rules/speed.ts';
import { gaussian, seeded } from './seeded.ts';
import { aConfig, aDue, aTarget, timedOut } from './world.ts';

const { spike: rule } = aConfig({ mirrors: [] }).detect;
const everyMs = 30_000;
const months = 6;
const samples = (months * 30 * 86_400_000) / everyMs;

/** Spikes that open in half a year on a mirror whose round trips are log-normal and never change. */
function spikesOf(sigma: number, seed: number): number {
  const normal = gaussian(seeded(seed));
  const due = aDue(aTarget('a'));
  let state = noSpeed;
  let opened = 0;
  for (let i = 0; i < samples; i++) {
    const rttMs = 600 * Math.exp(sigma * normal());
    const sample =
      rttMs >= due.timeoutMs
        ? { due, rttMs: null, loopDelayMsMax: 0, outcome: timedOut(due.timeoutMs) }
        : { due, rttMs, loopDelayMsMax: 0, outcome: { tag: 'ok' as const } };
    const wasOpen = state.spike.sinceMs !== null;
    ({ state } = updateSpeed(state, sample, { rule, nowMs: i * everyMs }));
    if (!wasOpen && state.spike.sinceMs !== null) opened += 1;
  }
  return opened;
}

it.each([0.6, 0.8, 1])(
  'false spikes: on a stationary mirror of 600 ms, σ = %d: at most one a month over half a year',
  (sigma) => {
    const opened = spikesOf(sigma, 20_260_101);
    expect(opened).toBeLessThanOrEqual(months);
  },
);
