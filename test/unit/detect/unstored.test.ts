import { expect, it } from 'vitest';
import type { Row } from '../../../src/core/ports.ts';
import { createDetector, type DetectTurn } from '../../../src/detect/detector.ts';
import { aConfig, aMirror, at, countingRandom } from './world.ts';

const config = aConfig({ mirrors: [aMirror('a')] });
const make = (restored: readonly Row[] = []) =>
  createDetector({ config, targets: [], restored, random: countingRandom(), now: at(0) });
const changes = ({ findings }: DetectTurn): readonly string[] =>
  findings.map(({ change, finding }) => `${change} ${finding.cause}: ${finding.text}`);

const full = 'The state cannot be stored: the disk is full. Monitoring continues, but new data and changes, such as ';
const lost = 'pauses and acknowledgements, do not survive a restart.';

it('a state that cannot be stored for 10 s is a finding, until it is stored again', () => {
  const detector = make();
  expect(changes(detector.tick(at(0), 'full'))).toEqual([]);
  expect(changes(detector.tick(at(9_999), 'full'))).toEqual([]);
  expect(changes(detector.tick(at(10_000), 'full'))).toEqual([`opened unstored: ${full}${lost}`]);
  expect(changes(detector.tick(at(20_000), 'full'))).toEqual([]);
  expect(changes(detector.reconfigure(config, [], at(20_500)))).toEqual([]);
  expect(changes(detector.tick(at(21_000), null))).toEqual(['closed unstored: The state is stored again.']);
  expect(changes(detector.tick(at(22_000), null))).toEqual([]);
});

it('a single failed write is none', () => {
  const detector = make();
  detector.tick(at(0), 'io');
  detector.tick(at(9_000), null);
  expect(changes(detector.tick(at(12_000), 'io'))).toEqual([]);
});

it('is beside another finding about the daemon, and ends with a restart', () => {
  const detector = make();
  detector.tick(at(0), 'full');
  const { rows } = detector.tick(at(10_000), 'full');
  detector.suspended(at(11_000).monotonicMs, at(99_000).monotonicMs, at(99_000));
  expect(detector.findings().map(({ cause }) => cause)).toEqual(['unstored', 'clock']);
  expect(changes(make(rows).tick(at(0)))).toEqual([`closed unstored: ${full}${lost}`]);
});
