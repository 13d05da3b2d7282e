import { describe, expect, it } from 'vitest';
import { replyTo, walkChain } from '../../../src/advise/comparison/walk.ts';
import type { SettledSample } from '../../../src/core/sample.ts';
import type { ChainMember, Reply } from '../../../src/ecosystems/client.ts';
import { heavy, light } from '../../../src/ecosystems/ecosystem.ts';
import { goClient } from '../../../src/ecosystems/go/client.ts';
import { aDue, aSample, aTarget, refused } from '../detect/world.ts';

function settled(over: Partial<SettledSample>, family?: 4 | 6): SettledSample {
  const due = aDue(aTarget('a'), family === undefined ? {} : { family });
  return { ...aSample(due, 0, 120), cold: false, thresholdMs: null, baselineMs: null, ...over };
}

const steps = {
  mod: light(null, { grain: 'version', usualBytes: 1000 }),
  meta: light(null, { grain: 'version', usualBytes: 1000, isOfArtifact: true }),
  zip: heavy({ grain: 'version' }),
};

const timedOut = (phase: 'connect' | 'processing' | 'transfer') => ({ kind: `timeout_${phase}`, limitMs: 120 });
const wrong = { tag: 'failed', failure: { kind: 'wrong_content', expected: 'a zip' } } as const;
const ofStep = (step: string): SettledSample => settled({ outcome: wrong, due: aDue({ ...aTarget('a'), step }) });

const silent = { tookMs: 120, status: null };
const failedFor = (failure: object, status: number | null = null): SettledSample =>
  settled({ outcome: { tag: 'failed', failure } as SettledSample['outcome'], status });

it.each([
  ['an answer', settled({}), { tag: 'ok', tookMs: 120 }],
  ['over the family that a client tries second', settled({ family: 4 }, 4), { tag: 'ok', tookMs: 420 }],
  ['over the only family, though the other was wished for', settled({ family: 4 }, 6), { tag: 'ok', tookMs: 120 }],
  ['404', settled({ outcome: refused, status: 404 }), { tag: 'gone', tookMs: 120, status: 404 }],
  ['a failure over either', settled({ outcome: refused, family: 4, status: null }, 4), { tag: 'failed', ...silent }],
  [
    'an answer of which a part came',
    failedFor({ kind: 'cut', phase: 'transfer', bytesRead: 3 }, 200),
    { tag: 'failed', tookMs: 120, status: 200, isCut: true },
  ],
  ['connection timeout', failedFor(timedOut('connect')), { tag: 'failed', ...silent }],
  ['a connection and then nothing', failedFor(timedOut('processing')), { tag: 'failed', ...silent, isHung: true }],
  [
    'a head and then nothing',
    failedFor(timedOut('transfer'), 200),
    { tag: 'failed', tookMs: 120, status: 200, isCut: true, isHung: true },
  ],
  [
    'HTTP/2 that never takes a request',
    failedFor({ kind: 'reset', code: 'MW_H2_UNTAKEN' }),
    { tag: 'failed', ...silent, isHung: true },
  ],
  ['another reset', failedFor({ kind: 'reset', code: 'MW_H2_RESET' }), { tag: 'failed', ...silent }],
  ['another content', ofStep('mod'), { tag: 'failed', tookMs: 120, status: 200 }],
  ['of an artifact', ofStep('zip'), { tag: 'failed', tookMs: 120, status: 200, isArtifact: true, isDownload: true }],
  ['of its metadata', ofStep('meta'), { tag: 'failed', tookMs: 120, status: 200, isArtifact: true }],
  ['nothing timed', settled({ rttMs: null, endedMonotonicMs: 80 }), { tag: 'ok', tookMs: 80 }],
] as const)('what a chain would have seen of an answer: %s', (_, sample, want) =>
  expect(replyTo(sample as SettledSample, { steps })).toEqual(want),
);

describe('the walk of a chain', () => {
  const chainOf = (text: string) => {
    const chain = goClient.parse(text.replace(/\b[a-z]\b/g, (letter) => `https://${letter}.example.com`));
    if (chain.tag === 'error') throw new Error(chain.error.kind);
    return chain.value;
  };
  const nameOf = ({ key }: ChainMember): string | null => /^https:\/\/([a-w])\./.exec(key)?.[1] ?? null;
  const replies: Readonly<Record<string, Reply>> = {
    a: { tag: 'failed', tookMs: 30, status: 500 },
    b: { tag: 'ok', tookMs: 7 },
  };

  it.each([
    ['stops behind `,` at a failure', 'a,b', { tag: 'failed', at: 0 }],
    ['goes on behind `|`, and has waited for both', 'a|b', { tag: 'ok', at: 1, tookMs: 37 }],
    ['ends unmeasured at a mirror without a reply', 'a|c|b', { tag: 'unknown', at: 1 }],
    ['fails at `direct`', 'a|direct', { tag: 'failed', at: 1 }],
    ['counts a host that is not monitored as failed after its time', 'x|b', { tag: 'ok', at: 1, tookMs: 5_007 }],
  ] as const)('%s', (_, text, want) => {
    const walker = { client: goClient, nameOf };
    expect(walkChain(walker, chainOf(text), (name) => replies[name] ?? null)).toEqual(want);
  });
});
