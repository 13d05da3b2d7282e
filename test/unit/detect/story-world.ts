import { expect } from 'vitest';
import type { Mirror, Target } from '../../../src/core/mirror.ts';
import { type Behaviour, type Script, Simulation } from './simulate.ts';
import { aConfig, aMirror, aTarget, refused } from './world.ts';

export const minute = 60_000;
/** Long enough for 20 samples at 30 s: every baseline is warm. */
export const warm = 12 * minute;
export const fine: Behaviour = { rttMs: 100 };
export const dead: Behaviour = { fails: refused, afterMs: 5 };

export function world(
  names: readonly (string | Mirror)[],
  script: (registry: string, atMs: number) => Behaviour,
  over: Partial<Parameters<typeof aConfig>[0]> = {},
) {
  const mirrors = names.map((name) => (typeof name === 'string' ? aMirror(name) : name));
  return new Simulation({
    config: aConfig({ mirrors, ...over }),
    targets: mirrors.map((mirror) => aTarget(mirror.name)),
    script: (target, atMs) => script(target.registry, atMs),
  });
}

/** Mirrors `a` and `b`, each with its canary, and more targets. */
export function worldOfTargets(
  more: readonly Target[],
  script: Script,
  over: Partial<Parameters<typeof aConfig>[0]> = {},
) {
  const mirrors = [aMirror('a'), aMirror('b')];
  const targets = [...mirrors.map(({ name }) => aTarget(name)), ...more];
  return new Simulation({ config: aConfig({ mirrors, ...over }), targets, script });
}

export function firstFailure(sim: Simulation, registry: string): number {
  const failed = sim.settled.filter((s) => s.due.target.registry === registry && s.outcome.tag === 'failed');
  return Math.min(...failed.map((s) => s.endedMonotonicMs));
}

export function expectEachSettledOnce(sim: Simulation, inFlight = 0): void {
  const ids = sim.settled.map((sample) => sample.due.probeId);
  expect(new Set(ids).size).toBe(ids.length);
  expect(sim.taken.length - ids.length).toBe(inFlight);
}
