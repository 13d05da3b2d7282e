import { expect, it } from 'vitest';
import type { Finding } from '../../../src/core/finding.ts';
import type { Row } from '../../../src/core/ports.ts';
import { createDetector } from '../../../src/detect/detector.ts';
import { fine, minute, world } from './story-world.ts';
import { aConfig, aMirror, aTarget, at, countingRandom, mismatch } from './world.ts';

const mirrors = ['a', 'b'].map((name) => aMirror(name));
const light = mirrors.map(({ name }) => aTarget(name));
const all = [...light, ...mirrors.map(({ name }) => aTarget(name, 'zip'))];

/** The rows of a process in which downloads from `a` failed, or were slow. */
function rowsOf(kind: 'unreliable' | 'throughput', cause: Finding['cause']): readonly Row[] {
  const sim = world(['a', 'b'], (name) => (name === 'a' ? { fails: mismatch('h1:wrong'), afterMs: 5 } : fine));
  sim.runTo(3 * minute);
  const [open] = sim.detector.findings();
  if (open === undefined) throw new Error('no finding');
  const value = { ...open, kind, cause, scope: [{ module: 'example.com/a', version: 'v1.0.0', step: 'zip' }] };
  const { url } = aMirror('a');
  return [
    { table: 'finding', key: open.id, atMs: at(0).wallMs, value },
    { table: 'detector', key: 'mirror|a', atMs: at(0).wallMs, value: { v: 1, url, rates: { heavy: [0, true, 9, 6] } } },
  ];
}

it.each([
  ['unreliable', 'server'],
  ['throughput', 'slow'],
] as const)('%s of downloads ends where a reload leaves none of the mirror', (kind, cause) => {
  const config = aConfig({ mirrors });
  const restored = rowsOf(kind, cause);
  const detector = createDetector({ config, targets: all, restored, random: countingRandom(), now: at(minute) });
  expect(detector.findings().map((one) => one.kind)).toEqual([kind]);
  expect(detector.reconfigure(config, all, at(minute)).findings).toEqual([]);
  const turn = detector.reconfigure(config, light, at(minute));
  expect(turn.findings.map(({ change, finding }) => `${finding.kind} ${change}`)).toEqual([`${kind} closed`]);
  const again = createDetector({ config, targets: light, restored, random: countingRandom(), now: at(minute) });
  expect(again.findings()).toEqual([]);
});
