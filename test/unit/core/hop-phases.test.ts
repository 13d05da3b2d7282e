import { describe, expect, it } from 'vitest';
import { type Phase, phases } from '../../../src/core/failure.ts';
import { hopPhasesOf } from '../../../src/core/sample.ts';
import type { Hop, Marks } from '../../../src/core/transcript.ts';
import { phasesOf } from '../../../src/probe/measure.ts';

const hop = (marks: Marks, fault: Phase | null): Hop => ({
  url: 'https://a.example.com/',
  aside: false,
  marks,
  reused: false,
  remoteAddress: null,
  remotePort: null,
  family: null,
  proxy: null,
  tls: null,
  requestHeaders: {},
  status: null,
  responseHeaders: {},
  bodyBytes: 0,
  fault: fault === null ? null : { code: 'X', phase: fault, text: '', bytesRead: 0 },
});

describe('the phases of a hop', () => {
  it('are those that measure/ makes a sample of, for every set of marks and every place of a fault', () => {
    const names = ['resolved', 'connected', 'secured', 'firstByte'] as const;
    for (let mask = 0; mask < 16; mask += 1) {
      const marks = {
        start: 1,
        ...Object.fromEntries(names.flatMap((name, i) => (mask & (1 << i) ? [[name, 2 + 3 * i]] : []))),
        end: 20,
      } as Marks;
      for (const fault of [null, ...phases]) {
        const sums: { [P in Phase]?: number } = {};
        for (const [phase, ms] of hopPhasesOf(hop(marks, fault))) sums[phase] = (sums[phase] ?? 0) + ms;
        expect(sums, JSON.stringify({ marks, fault })).toEqual(phasesOf([hop(marks, fault)]).phases);
      }
    }
  });
});
