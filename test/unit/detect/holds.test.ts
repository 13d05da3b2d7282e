import { expect, it } from 'vitest';
import type { Outcome } from '../../../src/core/failure.ts';
import { limits } from '../../../src/core/limits.ts';
import type { Sample } from '../../../src/core/sample.ts';
import { createDetector, type Detector, type DetectTurn } from '../../../src/detect/detector.ts';
import { aConfig, aDue, aMirror, aSample, aTarget, at, countingRandom } from './world.ts';

const mirrors = [aMirror('a'), aMirror('b')];
const targets = mirrors.map((mirror) => aTarget(mirror.name));

const aDetector = (): Detector =>
  createDetector({ config: aConfig({ mirrors }), targets, restored: [], random: countingRandom(), now: at(0) });

function probe(detector: Detector, name: string, ms: number, over: Partial<Sample>): DetectTurn {
  const outcome: Outcome = over.outcome ?? { tag: 'ok' };
  return detector.take(aSample(aDue(aTarget(name)), ms - 100, 100, outcome, over), at(ms));
}

const changes = (turn: DetectTurn) =>
  turn.findings.map(({ change, finding }) => `${change} ${finding.kind}/${finding.cause} ${finding.registry}`);
const state = (detector: Detector, name: string) =>
  detector.standings().find(({ registry }) => registry === name)?.state;

it('finds a mirror whose answers hold our thread, whatever came of the probe, for an hour after the last', () => {
  const detector = aDetector();
  probe(detector, 'a', 500, {});
  expect(changes(probe(detector, 'a', 1_000, { heldMs: 700 }))).toEqual(['opened unreliable/holds_thread a']);
  const hung = { heldMs: limits.workerHangMs, outcome: { tag: 'unknown', because: 'defect' } } as const;
  expect(changes(probe(detector, 'a', 2_000, hung))).toEqual([]);
  const [finding] = detector.findings();
  expect(finding).toMatchObject({
    actionable: false,
    evidence: { samples: 2, observedSeconds: 5, thresholdSeconds: 0.5 },
  });
  expect(finding?.evidence.probeIds).toHaveLength(2);
  expect(state(detector, 'a')).toBe('degraded');
  expect(changes(detector.tick(at(1_999 + limits.heldApartMs)))).toEqual([]);
  expect(changes(detector.tick(at(2_000 + limits.heldApartMs)))).toEqual(['closed unreliable/holds_thread a']);
});

it('takes what such a mirror does to its own samples for no trouble of this machine', () => {
  const detector = aDetector();
  const spoilt = { heldMs: 700, loopDelayMsMax: 5_000 };
  const from = limits.contaminatedQuietMs;
  for (let n = 0; n < 300; n += 1) {
    probe(detector, 'a', from + n * 1_000, spoilt);
    probe(detector, 'b', from + n * 1_000 + 100, {});
    detector.tick(at(from + n * 1_000 + 200));
  }
  expect(detector.findings().map(({ kind, registry }) => `${kind} ${registry}`)).toEqual(['unreliable a']);
  expect(detector.vantage().contaminatedShare).toBe(0);
});

it('ends with its mirror', () => {
  const detector = aDetector();
  probe(detector, 'a', 1_000, { heldMs: 700 });
  const turn = detector.reconfigure(aConfig({ mirrors: mirrors.slice(1) }), targets.slice(1), at(2_000));
  expect(changes(turn)).toEqual(['closed unreliable/holds_thread a']);
});
