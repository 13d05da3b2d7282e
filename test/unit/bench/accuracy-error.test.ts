import { describe, expect, it } from 'vitest';
import { baseOf, isLeftOut, type Judged, phaseErrors } from '../../../bench/accuracy-error.ts';
import type { PhaseTimes } from '../../../src/core/sample.ts';
import { sample, target } from '../export/fixture.ts';

const of = target('a', 'mod', 'example.com/m', 'v1.0.0');

function judged(phases: PhaseTimes, loopDelayMsMax = 0, rttMs = 80): Judged {
  return {
    sample: sample(of, { phases, loopDelayMsMax, rttMs }),
    known: { connect: 40, transfer: 0 },
    thresholdMs: 800,
  };
}

describe('what phases take of their own', () => {
  it('is the median of each, and absent where a phase never happened', () =>
    expect(baseOf([1, 3, 2].map((ms) => sample(of, { phases: { connect: ms, tls: 10 * ms } })))).toEqual({
      connect: 2,
      tls: 20,
    }));
});

describe('errors of phases', () => {
  it('are what is beyond known delay and base, either way, for phases of which something is known', () => {
    const rows = phaseErrors(
      [judged({ connect: 42, tls: 5, transfer: 0.5 }), judged({ connect: 40.5, tls: 9, transfer: 0.5 })],
      { connect: 1, tls: 3 },
      'warm',
    );
    expect(rows).toEqual([
      {
        phase: 'connect',
        knownMs: [40],
        baseMs: 1,
        judged: { count: 2, median: 0.5, p99: 1, worst: 1 },
        all: { count: 2, median: 0.5, p99: 1, worst: 1 },
        biasMs: -0.5,
      },
      {
        phase: 'transfer',
        knownMs: [0],
        baseMs: 0,
        judged: { count: 2, median: 0.5, p99: 0.5, worst: 0.5 },
        all: { count: 2, median: 0.5, p99: 0.5, worst: 0.5 },
        biasMs: 0.5,
      },
    ]);
  });

  it('leave contaminated samples out of what is judged, not out of all', () => {
    const [row] = phaseErrors([judged({ connect: 40 }), judged({ connect: 65 }, 25)], {}, 'warming');
    expect(row?.judged).toEqual({ count: 1, median: 0, p99: 0, worst: 0 });
    expect(row?.all).toEqual({ count: 2, median: 0, p99: 25, worst: 25 });
  });
});

describe('which samples a daemon leaves out', () => {
  it.each<[string, number, number, boolean, boolean]>([
    ['no delay', 0, 80, false, false],
    ['below 20 ms', 19.9, 80, false, false],
    ['20 ms and a tenth', 20, 80, false, true],
    ['20 ms, less than a tenth', 20, 300, false, false],
    ['a long delay, below the threshold all the same', 70, 80, false, true],
    ['from above as far as the threshold', 80, 880, true, false],
    ['from above, just short of the threshold', 79, 880, false, false],
  ])('%s', (_, delayMs, rttMs, warm, warming) => {
    const one = judged({ connect: 40 }, delayMs, rttMs);
    expect([isLeftOut(one, 'warm'), isLeftOut(one, 'warming')]).toEqual([warm, warming]);
  });
});
