import { describe, expect, it } from 'vitest';
import { replyTo } from '../../../src/advise/answer.ts';
import type { SettledSample } from '../../../src/core/sample.ts';
import { heavy, kilobytes, light } from '../../../src/ecosystems/ecosystem.ts';
import { aDue, aSample, aTarget, refused } from '../detect/world.ts';

function settled(over: Partial<SettledSample>, family?: 4 | 6): SettledSample {
  const due = aDue(aTarget('a'), family === undefined ? {} : { family });
  return { ...aSample(due, 0, 120), cold: false, thresholdMs: null, baselineMs: null, ...over };
}

const steps = {
  mod: light(null, { grain: 'version', usualBytes: kilobytes(1) }),
  meta: light(null, { grain: 'version', usualBytes: kilobytes(1), isOfArtifact: true }),
  zip: heavy({ grain: 'version' }),
};

const timedOut = (phase: 'connect' | 'processing' | 'transfer') =>
  ({ tag: 'failed', failure: { kind: `timeout_${phase}`, limitMs: 120 } }) as const;
const wrong = { tag: 'failed', failure: { kind: 'wrong_content', expected: 'a zip' } } as const;
const ofStep = (step: string): SettledSample => settled({ outcome: wrong, due: aDue({ ...aTarget('a'), step }) });

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
    [
      'connection timeout',
      settled({ outcome: timedOut('connect'), status: null }),
      { tag: 'failed', tookMs: 120, status: null },
    ],
    [
      'a connection and then nothing',
      settled({ outcome: timedOut('processing'), status: null }),
      { tag: 'failed', tookMs: 120, status: null, isHung: true },
    ],
    [
      'a head and then nothing',
      settled({ outcome: timedOut('transfer') }),
      { tag: 'failed', tookMs: 120, status: 200, isCut: true, isHung: true },
    ],
    [
      'HTTP/2 that never takes a request',
      settled({ outcome: { tag: 'failed', failure: { kind: 'reset', code: 'MW_H2_UNTAKEN' } }, status: null }),
      { tag: 'failed', tookMs: 120, status: null, isHung: true },
    ],
    [
      'another reset',
      settled({ outcome: { tag: 'failed', failure: { kind: 'reset', code: 'MW_H2_RESET' } }, status: null }),
      { tag: 'failed', tookMs: 120, status: null },
    ],
    ['another content', ofStep('mod'), { tag: 'failed', tookMs: 120, status: 200 }],
    ['of an artifact', ofStep('zip'), { tag: 'failed', tookMs: 120, status: 200, isArtifact: true }],
    ['of its metadata', ofStep('meta'), { tag: 'failed', tookMs: 120, status: 200, isArtifact: true }],
    ['nothing timed', settled({ rttMs: null, endedMonotonicMs: 80 }), { tag: 'ok', tookMs: 80 }],
  ] as const)('%s', (_, sample, want) => {
    expect(replyTo(sample as SettledSample, { steps })).toEqual(want);
  });
});
