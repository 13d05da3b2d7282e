import { describe, expect, it } from 'vitest';
import { createDetector } from '../../../src/detect/detector.ts';
import { aConfig, aDue, aMirror, aSample, aTarget, at, countingRandom } from './world.ts';

describe('a confirming probe that timed out', () => {
  const canary = aTarget('a');
  const beside = aTarget('a', 'mod', 'example.com/beside');
  const hung = { tag: 'failed', failure: { kind: 'timeout_processing', limitMs: 2_500 } } as const;
  const confirm = { purpose: 'confirm', timeoutMs: 2_500 } as const;

  /** The confirming probe runs from 2.75 s to 5.25 s; a response to another request of the mirror ended at `endedMs`. */
  function settledAfter(endedMs: number, rttMs: number) {
    const config = aConfig({ mirrors: [aMirror('a'), aMirror('b')] });
    const targets = [canary, beside, aTarget('b')];
    const detector = createDetector({ config, targets, restored: [], random: countingRandom(), now: at(0) });
    detector.take(aSample(aDue(canary), -30_000, 50), at(-29_000));
    detector.take(aSample(aDue(beside), endedMs - rttMs, rttMs), at(endedMs));
    return detector.take(aSample(aDue(canary, confirm), 2_750, 2_500, hung), at(5_250)).settled;
  }

  it('is no failure if a response took longer meanwhile', () =>
    expect(settledAfter(3_300, 3_300)).toMatchObject([{ isTooShort: true }]));

  it.each([
    ['was faster', 3_300, 900],
    ['came before the probe', 2_700, 3_300],
  ])('is one if the response %s', (_, endedMs, rttMs) => {
    for (const sample of settledAfter(endedMs, rttMs)) expect(sample.isTooShort).toBeUndefined();
  });
});
