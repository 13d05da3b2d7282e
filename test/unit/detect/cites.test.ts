import { describe, expect, test } from 'vitest';
import type { Finding } from '../../../src/core/finding.ts';
import { limits } from '../../../src/core/limits.ts';
import { addProbe, mergeEvidence, selectProbes } from '../../../src/detect/memory/says.ts';

const { findingProbes: most, findingProbesFirst: first } = limits;
const ids = (from: number, to: number): string[] => Array.from({ length: to - from }, (_, n) => `p${from + n}`);
const evidence = (over: Partial<Finding['evidence']>): Finding['evidence'] => ({
  samples: 3,
  failures: 3,
  observedSeconds: null,
  baselineSeconds: null,
  thresholdSeconds: null,
  probeIds: [],
  ...over,
});

describe('which probes a finding names', () => {
  test.each([
    ['all of few', 3, null, ids(0, 3)],
    ['all of as many as there is room for', most, null, ids(0, most)],
    ['of more the first and the newest', most + 1, null, [...ids(0, first), ...ids(first + 1, most + 1)]],
    ['of many more too', 500, null, [...ids(0, first), ...ids(500 - (most - first), 500)]],
    ['and the slowest, wherever it stands', 500, 'p200', [...ids(0, first), 'p200', ...ids(501 - (most - first), 500)]],
    ['which may be among the first', 500, 'p1', [...ids(0, first), ...ids(500 - (most - first), 500)]],
    ['or the newest', 500, 'p499', [...ids(0, first), ...ids(500 - (most - first), 500)]],
  ])('%s', (_, count, slowest, kept) => expect(selectProbes(ids(0, count), slowest)).toEqual(kept));

  test('is the same where they come one by one', () => {
    let now = evidence({ probeIds: ids(0, 3), slowest: { probeId: 'p0', ms: 100 } });
    for (let n = 3; n < 500; n += 1)
      now = addProbe(now, { probeId: `p${n}`, isBad: n % 2 === 0, ms: n === 200 ? 900 : 300 });
    expect(now.probeIds).toEqual(selectProbes(ids(0, 500), 'p200'));
    expect(now.slowest).toEqual({ probeId: 'p200', ms: 900 });
    expect([now.samples, now.failures]).toEqual([500, 3 + 248]);
  });

  test('a probe counts once, and one that is not about time is not the slowest', () => {
    const known = evidence({ probeIds: ['p0'] });
    expect(addProbe(known, { probeId: 'p0', isBad: true, ms: 9 })).toBe(known);
    expect(addProbe(known, { probeId: 'p1', isBad: true, ms: null })).toEqual(
      evidence({ samples: 4, failures: 4, probeIds: ['p0', 'p1'] }),
    );
  });
});

describe('when its rule speaks again', () => {
  test('the numbers are those of now, and what it began with stays named', () => {
    const known = evidence({ probeIds: ids(0, most), slowest: { probeId: 'p12', ms: 900 } });
    const says = evidence({ samples: 40, failures: 30, probeIds: ids(90, 95), slowest: { probeId: 'p94', ms: 500 } });
    expect(mergeEvidence(known, says)).toEqual(
      evidence({
        samples: 40,
        failures: 30,
        probeIds: [...ids(0, first), 'p12', ...ids(first + 6, most), ...ids(90, 95)],
        slowest: { probeId: 'p12', ms: 900 },
      }),
    );
  });

  test('nothing new leaves the list as it is', () => {
    const known = evidence({ probeIds: ids(0, 4) });
    expect(mergeEvidence(known, evidence({ probeIds: ids(2, 4) })).probeIds).toBe(known.probeIds);
  });
});
