import type { Mirror } from '../../../src/core/mirror.ts';
import type { Facts } from '../../../src/core/transcript.ts';
import { type Behaviour, Simulation } from './simulate.ts';
import { aConfig, aMirror, aTarget } from './world.ts';

export const minute = 60_000;
export const hour = 60 * minute;

/** Gives bytes with this digest; with an authority the digest is verified, without one only compared. */
export function gives(digest: string, more: Facts = {}): Behaviour {
  const seen = { bytes: digest.length, firstHex: Buffer.from(digest).toString('hex') };
  return { rttMs: 100, facts: { compared: { algorithm: 'h1', digest }, seen, ...more } };
}

/** Mirrors whose artifacts behave as `script` says. */
export function world(mirrors: readonly Mirror[], script: (registry: string, atMs: number) => Behaviour): Simulation {
  const targets = mirrors.flatMap(({ name }) => [aTarget(name), aTarget(name, 'zip')]);
  return new Simulation({
    config: aConfig({ mirrors }),
    targets,
    script: (target, atMs) => (target.step === 'zip' ? script(target.registry, atMs) : { rttMs: 100 }),
  });
}

/** Mirrors of these names. */
export const named = (...names: readonly string[]) => names.map((name) => aMirror(name));
/** What was told of findings, in order. */
export const told = (sim: Simulation) =>
  sim.findings.map(({ change, finding }) => `${finding.registry} ${finding.kind}/${finding.cause} ${change}`);
