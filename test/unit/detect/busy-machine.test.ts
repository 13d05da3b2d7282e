import { describe, expect, it } from 'vitest';
import { createDetector } from '../../../src/detect/detector.ts';
import { recordedDelaysMs } from './recorded-delays.ts';
import { aConfig, aDue, aMirror, aSample, aTarget, at, countingRandom } from './world.ts';

const everyMs = 30_000;

/**
 * Probes so many targets in turn of one mirror whose true time is known; each round trip is longer by the whole of a delay
 * that was recorded.
 */
function play(trueMsOf: (probe: number) => number, delaysMs: readonly number[], count = 1) {
  const targets = Array.from({ length: count }, (_, n) => aTarget('a', 'mod', `example.com/${n === 0 ? 'a' : n}`));
  const config = aConfig({ mirrors: [aMirror('a')] });
  const detector = createDetector({ config, targets, restored: [], random: countingRandom(), now: at(0) });
  const outcomes = { ok: 0, failed: 0, unknown: 0 };
  const opened: { readonly kind: string; readonly probe: number }[] = [];
  let shed = 0;
  for (const [probe, delayMs] of delaysMs.entries()) {
    const nowMs = ((probe + 1) * everyMs) / count;
    const target = targets[probe % count] ?? aTarget('a');
    const tookMs = trueMsOf(probe) + delayMs;
    const sample = aSample(aDue(target), nowMs - tookMs, tookMs, { tag: 'ok' }, { loopDelayMsMax: delayMs });
    for (const turn of [detector.take(sample, at(nowMs)), detector.tick(at(nowMs + 1))]) {
      for (const { outcome } of turn.settled) outcomes[outcome.tag] += 1;
      for (const { change, finding } of turn.findings)
        if (change === 'opened') opened.push({ kind: finding.kind, probe });
      shed = Math.max(shed, turn.shed);
    }
  }
  const [series] = [...detector.baselines()];
  return { outcomes, opened, shed, thresholdMs: series?.thresholdMs ?? Number.NaN };
}

const calmMs = recordedDelaysMs.map(() => 0);

describe('on a busy machine, by delays that were recorded', () => {
  it('there are some that matter: a quarter of 20 ms and more', () => {
    const long = recordedDelaysMs.filter((ms) => ms >= 20).length / recordedDelaysMs.length;
    expect(long).toBeGreaterThan(0.2);
    expect(long).toBeLessThan(0.3);
  });

  it.each([5, 30, 300, 500, 700, 2_000])(
    'a mirror of %d ms is judged, and by the threshold of a calm machine',
    (trueMs) => {
      const scattered = (probe: number) => trueMs * (1 + 0.02 * Math.sin(probe));
      const { outcomes, opened, shed, thresholdMs } = play(scattered, recordedDelaysMs);
      // That the machine is too busy may be told; nothing is of the mirror.
      expect(opened.filter(({ kind }) => kind !== 'self')).toEqual([]);
      expect(shed).toBe(0);
      expect(outcomes.failed).toBe(0);
      expect(outcomes.unknown).toBeLessThanOrEqual(0.02 * recordedDelaysMs.length);
      const calm = play(scattered, calmMs).thresholdMs;
      expect(thresholdMs).toBeGreaterThanOrEqual(calm);
      expect(thresholdMs).toBeLessThanOrEqual(1.12 * calm + 50);
    },
  );

  it('eighty series that are warming are judged, and no load is shed', () => {
    const { outcomes, opened, shed } = play((probe) => 18 + (probe % 5), recordedDelaysMs, 80);
    expect(outcomes).toEqual({ ok: recordedDelaysMs.length, failed: 0, unknown: 0 });
    expect(opened.filter(({ kind }) => kind !== 'self')).toEqual([]);
    expect(shed).toBe(0);
  });

  it.each([
    [30, 900],
    [500, 1_600],
  ])('a mirror that goes from %d to %d ms is a spike within four probes', (beforeMs, afterMs) => {
    const { opened } = play((probe) => (probe < 500 ? beforeMs : afterMs), recordedDelaysMs.slice(0, 510));
    expect(opened.map(({ kind }) => kind)).toEqual(['spike']);
    expect(opened[0]?.probe).toBeLessThanOrEqual(503);
  });
});
