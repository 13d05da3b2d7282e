import { describe, expect, it } from 'vitest';
import { createDetector } from '../../../src/detect/detector.ts';
import { isSlowMove, noThroughput, scatterOf, updateThroughput } from '../../../src/detect/findings/throughput.ts';
import { table } from '../../support/table.ts';
import { aConfig, aDue, aMirror, aSample, aTarget, at, countingRandom, eventOf } from './world.ts';

const mib = 1_048_576;
const zip = aTarget('a', 'zip');
const moved = (bytes: number, tookMs: number, others: readonly number[], scatter = 0) => ({
  target: zip,
  probeId: 'x',
  bytes,
  tookMs,
  waitMs: 0,
  others,
  scatter,
});

describe('throughput', () => {
  it.each([
    { name: 'a quarter of the usual', bytes: mib, tookMs: 2_000, others: [2 * mib], want: false },
    { name: 'less than a quarter', bytes: mib, tookMs: 2_001, others: [2 * mib], want: true },
    { name: 'fast enough, whatever others do', bytes: mib, tookMs: 1_000, others: [90 * mib], want: false },
    { name: 'too small to tell', bytes: 262_143, tookMs: 90_000, others: [2 * mib], want: null },
    { name: 'nothing to compare with', bytes: mib, tookMs: 90_000, others: [], want: null },
    { name: 'everybody is slow', bytes: mib, tookMs: 50_000, others: [20_000, 25_000, 2 * mib], want: false },
  ])('$name: $want', ({ bytes, tookMs, others, want }) => expect(isSlowMove(moved(bytes, tookMs, others))).toBe(want));

  it.each([
    { name: 'what scatters little is slow below a quarter', scatter: 0.5, slowest: 0.25 },
    { name: 'what scatters much below what chance explains', scatter: 1, slowest: Math.exp(-2.5) },
  ])('$name', ({ scatter, slowest }) => {
    const at = (share: number) => isSlowMove(moved(mib, 1_000 / share, [mib], scatter));
    expect([at(slowest * 1.01), at(slowest * 0.99)]).toEqual([false, true]);
  });

  it('scatter is of the logarithms, each artifact around its own median, and one that crawled changes little', () => {
    const steady = [100, 100, 100, 100];
    expect(scatterOf([steady, [5, 5, 5, 5]])).toBe(0);
    expect(scatterOf([steady])).toBe(0);
    const tenth = [90, 100, 110, 100, 90, 110, 100, 91];
    expect(scatterOf([tenth])).toBeGreaterThan(0.08);
    expect(scatterOf([[...tenth, 1]])).toBeLessThan(0.2);
    const e = Math.exp(1);
    expect(scatterOf([[1, e, e * e, 1, e * e, e, 1, e * e]])).toBeCloseTo(1.4826, 10);
  });

  it.each(table<{ readonly says: string; readonly want: readonly string[] }[]>('unit/detect/throughput', 'throughput'))(
    '$says: $want',
    ({ says, want }) => {
      // Slow to a crawl, slow, near the edge (neither slow nor fast), fast; milliseconds for a MiB.
      const took: Record<string, number> = { s: 50_000, m: 4_000, e: 1_500, f: 500 };
      let state = noThroughput;
      const events = [...says].flatMap((one, i) => {
        const before = state;
        state = updateThroughput(state, moved(mib, took[one] ?? 0, [2 * mib]));
        const event = eventOf(before, state);
        return event === null ? [] : [`${event} ${i}`];
      });
      expect(events).toEqual(want);
    },
  );

  it('a download that our own event loop delayed counts in no rate', () => {
    const config = aConfig({ mirrors: ['a', 'b'].map((name) => aMirror(name)) });
    const targets = ['a', 'b'].flatMap((name) => [aTarget(name), aTarget(name, 'zip')]);
    const detector = createDetector({ config, targets, restored: [], random: countingRandom(), now: at(0) });
    const opened = (loopDelayMsMax: number, fromMs: number): number => {
      const turns = ['b', 'a', 'a', 'a'].map((name, place) => {
        const tookMs = name === 'b' ? 500 : 50_000;
        const endMs = fromMs + 60_000 * (place + 1);
        const sample = aSample(
          aDue(aTarget(name, 'zip'), { timeoutMs: 120_000 }),
          endMs - tookMs,
          tookMs,
          { tag: 'ok' },
          { bytes: mib, loopDelayMsMax: name === 'b' ? 0 : loopDelayMsMax },
        );
        return detector.take(sample, at(endMs)).findings.length;
      });
      return turns.reduce((sum, count) => sum + count, 0);
    };
    expect(opened(5_000, 0)).toBe(0);
    expect(opened(0, 600_000)).toBe(1);
  });

  it.each([
    { waitMs: 25_900, text: 'a: slow downloads, 20 KiB/s (expected 1.8 MiB/s).' },
    {
      waitMs: 50_000,
      text: 'a: downloads begin late. 50.0 s of 52.0 s pass before the first byte, so the rate is 20 KiB/s (expected 1.8 MiB/s).',
    },
  ])(
    '.zip at 20 KB/s beside siblings at 2 MiB/s is asked once more of each, and a finding with the second: $waitMs',
    ({ waitMs, text }) => {
      const names = ['a', 'b', 'c'];
      const config = aConfig({ mirrors: names.map((name) => aMirror(name)) });
      const zips = names.map((name) => aTarget(name, 'zip'));
      const targets = [...names.map((name) => aTarget(name)), ...zips];
      const detector = createDetector({ config, targets, restored: [], random: countingRandom(), now: at(0) });
      const take = (name: string, endMs: number, tookMs: number, purpose: 'scheduled' | 'recheck') => {
        const due = aDue(aTarget(name, 'zip'), { purpose, timeoutMs: 120_000 });
        const phases = { processing: Math.min(waitMs, tookMs), transfer: Math.max(0, tookMs - waitMs) };
        return detector.take(aSample(due, endMs - tookMs, tookMs, { tag: 'ok' }, { bytes: mib, phases }), at(endMs));
      };
      take('b', 1_000, 500, 'scheduled');
      take('c', 2_000, 600, 'scheduled');
      const first = take('a', 60_000, 52_000, 'scheduled');
      expect([first.findings, first.rechecks.map(({ registry }) => registry)]).toEqual([[], names]);
      const { findings } = take('a', 120_000, 52_000, 'recheck');
      expect(findings).toMatchObject([
        {
          change: 'opened',
          finding: {
            kind: 'throughput',
            registry: 'a',
            cause: 'slow',
            actionable: false,
            scope: [{ step: 'zip' }],
            text,
            evidence: { observedSeconds: 52, baselineSeconds: 0.5455 },
          },
        },
      ]);
      const after = [2, 3, 4, 5, 6, 7].map((n) => take('a', n * 100_000, 500, 'scheduled').findings);
      expect(after.map((changes) => changes.map(({ change }) => change))).toEqual([[], [], [], [], [], ['closed']]);
    },
  );
});
