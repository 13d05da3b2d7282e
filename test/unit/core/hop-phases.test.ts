import { describe, expect, it } from 'vitest';
import { type Phase, phases } from '../../../src/core/failure.ts';
import { hopPhasesOf } from '../../../src/core/sample.ts';
import type { Hop, Marks } from '../../../src/core/transcript.ts';
import { phasesOf } from '../../../src/probe/measure.ts';

function hop(marks: Marks, fault: Phase | null): Hop {
  return {
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
  };
}

const all: Marks = { start: 10, resolved: 13, connected: 20, secured: 41, firstByte: 90, end: 97 };

describe('the phases of a hop', () => {
  it.each<[string, Marks, Phase | null, readonly (readonly [Phase, number])[]]>([
    [
      'whole',
      all,
      null,
      [
        ['resolve', 3],
        ['connect', 7],
        ['tls', 21],
        ['processing', 49],
        ['transfer', 7],
      ],
    ],
    [
      'a kept connection',
      { start: 0, firstByte: 5, end: 6 },
      null,
      [
        ['processing', 5],
        ['transfer', 1],
      ],
    ],
    [
      'no name to resolve, no TLS',
      { start: 0, connected: 2, firstByte: 5, end: 5 },
      null,
      [
        ['connect', 2],
        ['processing', 3],
        ['transfer', 0],
      ],
    ],
    ['no name resolved', { start: 0, end: 8 }, 'resolve', [['resolve', 8]]],
    [
      'refused',
      { start: 0, resolved: 2, end: 8 },
      'connect',
      [
        ['resolve', 2],
        ['connect', 6],
      ],
    ],
    [
      'a certificate refused after its handshake',
      { start: 0, resolved: 2, connected: 3, secured: 7, end: 8 },
      'tls',
      [
        ['resolve', 2],
        ['connect', 1],
        ['tls', 4],
        ['tls', 1],
      ],
    ],
    [
      'cut in the body',
      all,
      'transfer',
      [
        ['resolve', 3],
        ['connect', 7],
        ['tls', 21],
        ['processing', 49],
        ['transfer', 7],
      ],
    ],
    [
      'a fault that names a phase long over',
      { start: 0, resolved: 2, connected: 3, end: 8 },
      'resolve',
      [
        ['resolve', 2],
        ['connect', 1],
        ['tls', 5],
      ],
    ],
  ])('%s', (_name, marks, fault, want) => {
    expect(hopPhasesOf(hop(marks, fault))).toEqual(want);
  });
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
