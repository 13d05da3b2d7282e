import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Outcome } from '../../../src/core/failure.ts';
import { isDisturbed } from '../../../src/core/sample.ts';
import { noSpeed, updateSpeed } from '../../../src/detect/rules/speed.ts';
import { boundsMsOf, isClear, isContaminated, isSlow } from '../../../src/detect/rules/threshold.ts';
import { aConfig, aDue, aTarget, failedWith, mismatch, refused, timedOut } from './world.ts';

const { spike: rule } = aConfig({ mirrors: [] }).detect;
const ok: Outcome = { tag: 'ok' };
const timeoutMs = 10_000;
const seed = 20_261_121;

describe('contaminated', () => {
  const unknown: Outcome = { tag: 'unknown', because: 'local' };
  it.each<[string, Outcome, number, number, readonly number[] | null, boolean]>([
    ['below the threshold, whatever the delay', ok, 799.9, 799, [800], false],
    ['on the threshold', ok, 800, 0.1, [800], true],
    ['above it by more than the delay', ok, 900, 99.9, [800], false],
    ['above it by the delay', ok, 900, 100, [800], true],
    ['2 s, disturbed by 3 ms', ok, 2_000, 3, [800], false],
    ['on the threshold without a delay', ok, 800, 0, [800], false],
    ['below one bound, across the other', ok, 500, 100, [800, 450], true],
    ['between two bounds', ok, 500, 40, [800, 450], false],
    ['warming', ok, 900, 850, [], false],
    ['a complete download, whatever the delay: its bytes are verified', ok, 200, 150, null, false],
    ['a timeout, just below a quarter', timedOut(), 10_000, 2_499, [800], false],
    ['a timeout, a quarter of it', timedOut(), 10_000, 2_500, [800], true],
    ['a timeout while warming, a quarter of it', timedOut(), 10_000, 2_500, [], true],
    ['a refused connection', refused, 805, 5_000, [800], false],
    ['a status', failedWith('server', 503), 805, 5_000, [800], false],
    ['wrong bytes', mismatch('x'), 805, 5_000, null, false],
    ['what is unknown already', unknown, 805, 5_000, [800], false],
  ])('%s: delay %#', (_, outcome, rttMs, loopDelayMsMax, bounds, want) =>
    expect(isContaminated({ outcome, rttMs, loopDelayMsMax }, bounds)).toBe(want),
  );

  it.each<[string, 'timeout_transfer' | 'timeout_processing', number | undefined, boolean]>([
    ['a body, many delays of a quarter in all', 'timeout_transfer', 15_000, true],
    ['a body, many delays of less', 'timeout_transfer', 14_999, false],
    ['a body, the sum is not known', 'timeout_transfer', undefined, false],
    ['a head: it arrives at once', 'timeout_processing', 15_000, false],
  ])('%s: no delay above 5.4 s of 60 s', (_, kind, loopDelayMsSum, want) => {
    const failure = { kind, limitMs: 60_000 };
    const delays = { loopDelayMsMax: 5_400, ...(loopDelayMsSum === undefined ? {} : { loopDelayMsSum }) };
    expect(isContaminated({ outcome: { tag: 'failed', failure }, rttMs: 60_000, ...delays }, null)).toBe(want);
  });

  const series = fc.record({
    medianMs: fc.double({ min: 1, max: 9_000, noNaN: true }),
    p99Ms: fc.option(fc.double({ min: 1, max: 9_000, noNaN: true })),
    isInSpike: fc.boolean(),
  });
  /** What the mirror took, and what a delay of ours of at most `delayMs` added; round trips lie near a bound half of the time. */
  const taken = series.chain(({ medianMs, p99Ms, isInSpike }) => {
    const bounds = boundsMsOf({ medianMs, p99Ms }, rule, timeoutMs, isInSpike);
    const nearMs = fc.tuple(fc.constantFrom(...bounds), fc.double({ min: -60, max: 60, noNaN: true }));
    const times = fc.oneof(
      nearMs.map(([boundMs, byMs]) => Math.max(0, boundMs + byMs)),
      fc.double({ min: 0, max: 9_900, noNaN: true }),
    );
    const share = fc.constantFrom(0, 0.1, 0.5, 1);
    return fc.record({
      medianMs: fc.constant(medianMs),
      p99Ms: fc.constant(p99Ms),
      isInSpike: fc.constant(isInSpike),
      bounds: fc.constant(bounds),
      trueMs: times,
      delayMs: fc.double({ min: 0, max: 400, noNaN: true }),
      share,
    });
  });

  it('what is judged is judged as it would be without the delay', () => {
    fc.assert(
      fc.property(taken, ({ medianMs, p99Ms, isInSpike, bounds, trueMs, delayMs, share }) => {
        const rttMs = trueMs + share * delayMs;
        // Sums of fractions are exact to a thousandth here.
        fc.pre(bounds.every((boundMs) => Math.abs(boundMs - trueMs) > 1e-3 && Math.abs(boundMs - rttMs) > 1e-3));
        if (isContaminated({ outcome: ok, rttMs, loopDelayMsMax: delayMs }, bounds)) return;
        for (const tailMs of [p99Ms, null]) {
          const slow = (ms: number) => isSlow(ms, { medianMs, p99Ms: tailMs }, rule, timeoutMs);
          expect(slow(rttMs)).toBe(slow(trueMs));
        }
        if (!isInSpike) return;
        const clear = (ms: number) => isClear(ms, { medianMs, p99Ms }, rule, timeoutMs);
        expect(clear(rttMs)).toBe(clear(trueMs));
      }),
      { seed, numRuns: 2_000 },
    );
  });

  it('what is unknown could have been either', () =>
    fc.assert(
      fc.property(taken, ({ medianMs, p99Ms, isInSpike, bounds, trueMs, delayMs, share }) => {
        const rttMs = trueMs + share * delayMs;
        if (!isContaminated({ outcome: ok, rttMs, loopDelayMsMax: delayMs }, bounds)) return;
        const verdicts = [rttMs + 1e-3, rttMs - delayMs - 1e-3].map((ms) => [
          isSlow(ms, { medianMs, p99Ms }, rule, timeoutMs),
          isSlow(ms, { medianMs }, rule, timeoutMs),
          isInSpike && isClear(ms, { medianMs, p99Ms }, rule, timeoutMs),
        ]);
        expect(verdicts[0]).not.toEqual(verdicts[1]);
      }),
      { seed, numRuns: 2_000 },
    ));
});

describe('disturbed', () => {
  it.each([
    ['below 20 ms', 100, 19.9, false],
    ['20 ms and 10 %', 200, 20, true],
    ['20 ms and less than 10 %', 201, 20, false],
    ['nothing was timed', null, 500, false],
  ])('%s', (_, rttMs, loopDelayMsMax, want) => expect(isDisturbed({ rttMs, loopDelayMsMax })).toBe(want));

  it('no baseline learns it, warming or warm, and nothing that is learned is off by more than 20 ms or 10 %', () => {
    const due = aDue(aTarget('a'));
    const probe = fc.record({
      trueMs: fc.double({ min: 1, max: 600, noNaN: true }),
      delayMs: fc.oneof(fc.constant(0), fc.double({ min: 0, max: 300, noNaN: true })),
    });
    fc.assert(
      fc.property(fc.array(probe, { minLength: 1, maxLength: 200 }), (probes) => {
        let state = noSpeed;
        for (const [n, { trueMs, delayMs }] of probes.entries()) {
          const sample = { due, outcome: ok, rttMs: trueMs + delayMs, loopDelayMsMax: delayMs };
          const before = state.baseline.window.length + state.pending.length;
          ({ state } = updateSpeed(state, sample, { rule, nowMs: n * 30_000 }));
          const after = state.baseline.window.length + state.pending.length;
          const learns = delayMs < 20 || delayMs < 0.1 * (trueMs + delayMs);
          if (after < rule.window && state.spike.sinceMs === null) expect(after - before).toBe(learns ? 1 : 0);
        }
      }),
      { seed, numRuns: 200 },
    );
  });
});
