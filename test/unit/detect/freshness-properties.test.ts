import { describe, expect, it } from 'vitest';
import { createRandom } from '../../../src/io/random.ts';
import { Shelves, versions } from './freshness-world.ts';

const minute = 60_000;
const paceMs = 5 * minute;
const schedules = 100;

interface Look {
  readonly registry: string;
  readonly fromMs: number;
  /** When the server read its list: within the answer. */
  readonly readMs: number;
  readonly toMs: number;
}

/** Looks of one mirror: a pace with jitter, an answer that takes from a moment to many seconds. */
function looksOf(registry: string, next: () => number, untilMs: number): Look[] {
  const looks: Look[] = [];
  for (let planned = next() * paceMs; planned < untilMs; planned += paceMs) {
    const fromMs = planned + next() * 0.1 * paceMs;
    const tookMs = 20 + next() * next() * 30_000;
    looks.push({ registry, fromMs, readMs: fromMs + next() * tookMs, toMs: fromMs + tookMs });
  }
  return looks;
}

/** Releases, when each reaches each mirror, and who is asked when. */
function scheduleOf(seed: number) {
  const { next } = createRandom(seed);
  const untilMs = 8 * 60 * minute;
  const names = ['o', 'a', 'b'];
  const released = Array.from({ length: 1 + Math.floor(next() * 8) }, () => next() * untilMs).toSorted((x, y) => x - y);
  const arrivals = new Map<string, readonly number[]>();
  for (const name of names) {
    const slowest = name === 'o' ? 0 : next() * next() * 240 * minute;
    arrivals.set(
      name,
      released.map((atMs) => atMs + slowest * next()),
    );
  }
  const arrivedMs = (name: string, i: number) => arrivals.get(name)?.[i] ?? 0;
  const looks = names.flatMap((name) => looksOf(name, next, untilMs)).toSorted((x, y) => x.toMs - y.toMs);
  return { names, released, arrivedMs, looks };
}

/** A first sight is late by a pace with its jitter and an answer at most. */
const slackMs = 1.1 * paceMs + minute;

describe('100 random schedules with known release times', () => {
  it('never puts the truth out of the bounds, nor a propagation further off than a pace', () => {
    let [behind, bounded, arrivals] = [0, 0, 0];
    for (let seed = 0; seed < schedules; seed += 1) {
      const { names, released, arrivedMs, looks } = scheduleOf(seed);
      const has = (name: string, atMs: number) => [
        'v0.0.1',
        ...released.flatMap((_, i) => (arrivedMs(name, i) <= atMs ? [`v1.${i}.0`] : [])),
      ];
      const world = new Shelves({ mirrors: names, origin: 'o' });
      const firstAtOrigin = looks.find(({ registry }) => registry === 'o')?.fromMs ?? 0;
      for (const look of looks) {
        const { registry, readMs } = look;
        const said = `seed ${seed}, ${registry} at ${readMs}`;
        for (const one of world.see({ ...look, contents: versions(...has(registry, readMs)) }).propagations) {
          arrivals += 1;
          const truths = released.map((atMs, i) => arrivedMs(one.registry, i) - atMs);
          const nearest = Math.min(...truths.map((truthMs) => Math.abs(truthMs - 1_000 * one.seconds)));
          expect(nearest, said).toBeLessThanOrEqual(slackMs);
        }
        const lag = world.lag(registry);
        if (lag === undefined) continue;
        const lacked = released.filter((atMs, i) => atMs <= readMs && arrivedMs(registry, i) > readMs);
        const truthMs = lacked.length === 0 ? 0 : readMs - Math.min(...lacked);
        expect(lag.lowerMs ?? 0, said).toBeLessThanOrEqual(truthMs);
        if (lag.upperMs !== null) expect(lag.upperMs, said).toBeGreaterThanOrEqual(truthMs);
        if (lacked.length === 0 || lacked.some((atMs) => atMs <= firstAtOrigin)) continue;
        behind += 1;
        // Bounds that hold the truth could be as wide as they like: they are no wider than what was looked at.
        expect(truthMs - (lag.lowerMs ?? 0), said).toBeLessThanOrEqual(slackMs);
        if (lag.upperMs === null) continue;
        bounded += 1;
        expect(lag.upperMs - truthMs, said).toBeLessThanOrEqual(slackMs);
      }
    }
    expect([behind > 1_000, bounded > 1_000, arrivals > 300]).toEqual([true, true, true]);
  });
});
