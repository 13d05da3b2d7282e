import { describe, expect, it } from 'vitest';
import { createSharing } from '../../../src/io/shared-texts.ts';
import { fixtureProbes } from '../api/fixture-samples.ts';

const results = fixtureProbes.flatMap(({ sample, transcript }) =>
  transcript === null ? [] : [{ sample, transcript }],
);

describe('results of threads', () => {
  it('keep every word of theirs', () => {
    const share = createSharing();
    for (const one of results) expect(share(structuredClone(one), one.sample.due)).toEqual(one);
  });

  it('have one handshake, one target and one text where they are equal', () => {
    const share = createSharing();
    const [one] = results.filter(({ sample }) => sample.tls !== null);
    if (one === undefined) throw new Error('no fixture has a handshake');
    const { due } = one.sample;
    const [a, b] = [1, 2].map(() => share(structuredClone(one), due));
    expect(a?.sample.due).toBe(due);
    expect(b?.sample.tls).toBe(a?.sample.tls);
    expect(a?.transcript.hops.map(({ tls }) => tls)).toEqual(b?.transcript.hops.map(({ tls }) => tls));
    expect(b?.transcript.hops.at(-1)?.tls).toBe(a?.sample.tls);
  });
});
