import { describe, expect, it } from 'vitest';
import { replyTo } from '../../../src/advise/answer.ts';
import type { SettledSample } from '../../../src/core/sample.ts';
import { aDue, aSample, aTarget, refused } from '../detect/world.ts';

function settled(over: Partial<SettledSample>, family?: 4 | 6): SettledSample {
  const due = aDue(aTarget('a'), family === undefined ? {} : { family });
  return { ...aSample(due, 0, 120), cold: false, thresholdMs: null, baselineMs: null, ...over };
}

describe('what a chain would have seen of an answer', () => {
  it.each([
    ['an answer', settled({}), { tag: 'ok', tookMs: 120 }],
    ['over the family that a client tries second', settled({ family: 4 }, 4), { tag: 'ok', tookMs: 420 }],
    ['over the only family, though the other was wished for', settled({ family: 4 }, 6), { tag: 'ok', tookMs: 120 }],
    ['404', settled({ outcome: refused, status: 404 }), { tag: 'gone', tookMs: 120, status: 404 }],
    [
      'a failure over either',
      settled({ outcome: refused, family: 4, status: null }, 4),
      { tag: 'failed', tookMs: 120, status: null },
    ],
    [
      'an answer of which a part came',
      settled({ outcome: { tag: 'failed', failure: { kind: 'cut', phase: 'transfer', bytesRead: 3 } } }),
      { tag: 'failed', tookMs: 120, status: 200, isCut: true },
    ],
    ['nothing timed', settled({ rttMs: null, endedMonotonicMs: 80 }), { tag: 'ok', tookMs: 80 }],
  ] as const)('%s', (_, sample, want) => {
    expect(replyTo(sample as SettledSample)).toEqual(want);
  });
});
