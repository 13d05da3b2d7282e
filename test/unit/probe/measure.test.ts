import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Due } from '../../../src/core/due.ts';
import type { Phase } from '../../../src/core/failure.ts';
import type { PhaseTimes } from '../../../src/core/sample.ts';
import type { Hop, Marks, Transcript } from '../../../src/core/transcript.ts';
import { cacheOf, measure, phasesOf } from '../../../src/probe/measure.ts';
import { sampleTarget } from '../../support/sample-target.ts';
import { sampleTls } from '../../support/samples.ts';
import { table } from '../../support/table.ts';

const hopOf = (marks: Marks, more: Partial<Hop> = {}): Hop => ({
  url: 'https://mirror.example.com/a',
  aside: false,
  marks,
  reused: false,
  remoteAddress: '192.0.2.7',
  remotePort: 443,
  family: 4,
  proxy: null,
  tls: null,
  requestHeaders: {},
  status: 200,
  responseHeaders: {},
  bodyBytes: 10,
  fault: null,
  ...more,
});

const faultIn = (phase: Phase): Partial<Hop> => ({
  fault: { code: 'ECONNRESET', phase, text: '', bytesRead: 0 },
  status: null,
});

const names = ['start', 'resolved', 'connected', 'secured', 'firstByte', 'end'] as const;
/** The marks of a hop, in the order of `names`; `-`: it was not reached. */
const marksOf = (text: string): Marks =>
  Object.fromEntries(
    text.split(' ').flatMap((ms, at) => (ms === '-' ? [] : [[names[at], Number(ms)]])),
  ) as unknown as Marks;

test.each<[string, string, Phase | null, PhaseTimes]>([
  [
    'a cold hop over TLS',
    '100 101 103 107 115 131',
    null,
    { resolve: 1, connect: 2, tls: 4, processing: 8, transfer: 16 },
  ],
  ['a cold hop without TLS', '0 1 3 - 7 7', null, { resolve: 1, connect: 2, processing: 4, transfer: 0 }],
  ['an address literal', '0 - 3 - 7 9', null, { connect: 3, processing: 4, transfer: 2 }],
  ['a kept connection', '0 - - - 7 9', null, { processing: 7, transfer: 2 }],
  ['failed while resolving', '0 - - - - 5', 'resolve', { resolve: 5 }],
  ['failed while connecting', '0 1 - - - 5', 'connect', { resolve: 1, connect: 4 }],
  ['failed while connecting to a literal', '0 - - - - 5', 'connect', { connect: 5 }],
  ['failed in the handshake', '0 1 2 - - 5', 'tls', { resolve: 1, connect: 1, tls: 3 }],
  ['refused for its certificate, after the handshake', '0 1 2 4 - 5', 'tls', { resolve: 1, connect: 1, tls: 3 }],
  ['silent after the handshake', '0 - 1 2 - 9', 'processing', { connect: 1, tls: 1, processing: 7 }],
  ['a kept connection that died', '0 - - - - 9', 'processing', { processing: 9 }],
  ['cut in the body', '0 - 1 - 2 9', 'transfer', { connect: 1, processing: 1, transfer: 7 }],
  ['a fault that names a phase long over', '0 - 1 2 - 9', 'resolve', { connect: 1, tls: 1, processing: 7 }],
])('phases of one hop: %s', (_, marks, phase, phases) => {
  const hop = hopOf(marksOf(marks), phase === null ? {} : faultIn(phase));
  expect(phasesOf([hop])).toEqual({ phases, rttMs: hop.marks.end - hop.marks.start });
});

describe('phases of several hops', () => {
  const cold = hopOf({ start: 0, resolved: 1, connected: 3, secured: 7, firstByte: 15, end: 31 });
  const next = hopOf({ start: 31, resolved: 41, connected: 42, secured: 43, firstByte: 44, end: 45 });

  test('add up, time between hops in the next one', () =>
    expect(phasesOf([cold, next])).toEqual({
      phases: { resolve: 11, connect: 3, tls: 5, processing: 9, transfer: 17 },
      rttMs: 45,
    }));

  test('asides are not of its time', () =>
    expect(phasesOf([{ ...next, aside: true }, cold, { ...next, aside: true }])).toEqual(phasesOf([cold])));

  test('nothing timed has no round trip', () => {
    expect(phasesOf([{ ...cold, aside: true }])).toEqual({ phases: {}, rttMs: null });
    expect(phasesOf([])).toEqual({ phases: {}, rttMs: null });
  });

  test('tile every hop that can be', () => {
    const gap = fc.double({ min: 0, max: 1e4, noNaN: true });
    const hop = fc.record({
      gaps: fc.tuple(gap, gap, gap, gap, gap),
      has: fc.tuple(fc.boolean(), fc.boolean(), fc.boolean(), fc.boolean()),
      phase: fc.constantFrom<Phase>('resolve', 'connect', 'tls', 'processing', 'transfer'),
      fails: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(hop, { minLength: 1, maxLength: 5 }), (made) => {
        let at = 1e6;
        const hops = made.map(({ gaps, has, phase, fails }) => {
          const start = at;
          const mark = (index: 0 | 1 | 2 | 3, name: keyof Marks) => {
            at += gaps[index];
            return has[index] ? { [name]: at } : {};
          };
          const marks = {
            start,
            ...mark(0, 'resolved'),
            ...mark(1, 'connected'),
            ...mark(2, 'secured'),
            ...mark(3, 'firstByte'),
            end: 0,
          };
          at += gaps[4];
          return hopOf({ ...marks, end: at }, fails ? faultIn(phase) : {});
        });
        const { phases, rttMs } = phasesOf(hops);
        const sum = Object.values(phases).reduce((a, b) => a + b, 0);
        expect(Math.abs(sum - (rttMs ?? Number.NaN))).toBeLessThan(1e-6);
        expect(Math.abs((rttMs ?? 0) - (at - 1e6))).toBeLessThan(1e-6);
        expect(Object.values(phases).every((spent) => spent >= 0)).toBe(true);
      }),
    );
  });
});

describe('cache headers', () => {
  test.each(
    table<[string, Record<string, string>, 'hit' | 'miss' | null][]>('unit/probe/measure', 'cache headers: %s'),
  )('%s', (_, headers, cache) => expect(cacheOf(headers)).toBe(cache));

  // With time that grows by the square of what a server sends this would not end.
  test.each(['"\\"', 'tcp_', '"', ';'])('megabytes of %j say nothing', (text) => {
    const value = text.repeat(3_000_000);
    expect(cacheOf({ 'cache-status': value, 'x-cache': value, age: value })).toBe(null);
  });
});

const tls = { ...sampleTls, issuer: 'Example CA' };

const due: Due = {
  probeId: 'p1',
  target: sampleTarget({ registry: 'm', module: null, version: null, step: 'sumdb' }),
  connection: 'cold',
  purpose: 'scheduled',
  timeoutMs: 1_000,
  plannedAtMs: 90,
  round: null,
};

const transcriptOf = (hops: readonly Hop[], more: Partial<Transcript> = {}): Transcript => ({
  probeId: 'p1',
  startedAtMs: Date.UTC(2026, 0, 1),
  startedMonotonicMs: 100,
  hops,
  verdict: { outcome: { tag: 'ok' }, facts: { notOffered: true } },
  errorLine: null,
  loopDelayMsMax: 3,
  worker: 1,
  ...more,
});

describe('samples', () => {
  test('a whole one', () => {
    const aside = hopOf(
      { start: 100, connected: 110, firstByte: 120, end: 130 },
      { aside: true, tls, bodyBytes: 7, responseHeaders: { 'x-cache': 'MISS' } },
    );
    const moved = hopOf(
      { start: 130, connected: 131, firstByte: 140, end: 150 },
      { status: 302, bodyBytes: 0, family: 6, remoteAddress: '2001:db8::1' },
    );
    const last = hopOf(
      { start: 150, connected: 151, firstByte: 160, end: 170 },
      {
        url: 'https://cdn.example.net/z',
        tls: { ...tls, issuer: 'CDN' },
        bodyBytes: 30,
        responseHeaders: { 'x-cache': 'HIT' },
      },
    );
    expect(measure(due, transcriptOf([aside, moved, last]))).toEqual({
      due,
      startedAtMs: Date.UTC(2026, 0, 1),
      startedMonotonicMs: 100,
      endedMonotonicMs: 170,
      outcome: { tag: 'ok' },
      phases: { connect: 2, processing: 18, transfer: 20 },
      rttMs: 40,
      bytes: 30,
      wireBytes: 37,
      requests: 3,
      status: 200,
      finalUrl: 'https://cdn.example.net/z',
      remoteAddress: '2001:db8::1',
      family: 6,
      tls,
      cache: 'hit',
      retryAfterMs: null,
      facts: { notOffered: true },
      loopDelayMsMax: 3,
      worker: 1,
    });
  });

  test('ended by an aside: its status is what a client saw', () => {
    const aside = hopOf({ start: 100, firstByte: 120, end: 130 }, { aside: true, status: 404 });
    expect(measure(due, transcriptOf([aside]))).toMatchObject({
      rttMs: null,
      phases: {},
      status: 404,
      bytes: 0,
      wireBytes: 10,
    });
  });

  test('no hop at all', () =>
    expect(measure(due, transcriptOf([]))).toMatchObject({
      rttMs: null,
      requests: 0,
      status: null,
      finalUrl: null,
      endedMonotonicMs: 100,
      tls: null,
      family: null,
    }));

  test.each<[string, readonly Hop[], number | null]>([
    ['seconds', [hopOf({ start: 0, end: 1 }, { status: 429, responseHeaders: { 'retry-after': '7' } })], 7_000],
    [
      'a date',
      [
        hopOf(
          { start: 0, end: 1 },
          { status: 503, responseHeaders: { 'retry-after': 'Thu, 01 Jan 2026 00:00:09 GMT' } },
        ),
      ],
      9_000,
    ],
    [
      'the longest of several',
      [
        hopOf({ start: 0, end: 1 }, { responseHeaders: { 'retry-after': '7' } }),
        hopOf({ start: 1, end: 2 }, { responseHeaders: { 'retry-after': '3' } }),
      ],
      7_000,
    ],
    [
      'that of a host it sent us to',
      [
        hopOf({ start: 0, end: 1 }),
        hopOf({ start: 1, end: 2 }, { url: 'https://cdn.example.net/', responseHeaders: { 'retry-after': '7' } }),
      ],
      7_000,
    ],
    ['none', [hopOf({ start: 0, end: 1 })], null],
  ])('Retry-After: %s', (_, hops, ms) => expect(measure(due, transcriptOf(hops)).retryAfterMs).toBe(ms));

  test('survives JSON', () => {
    const sample = measure(due, transcriptOf([hopOf({ start: 0, end: 1 })]));
    expect(JSON.parse(JSON.stringify(sample))).toEqual(sample);
  });
});

describe('the rate of a transfer, slow start left out', () => {
  const kib = 1024;
  const due = { target: { step: 'x' } } as unknown as Due;
  /** 256 KiB in the first second, the rest in half of one. */
  const moved = (bodyBytes: number, more: Partial<Hop> = {}) =>
    hopOf({ start: 0, firstByte: 0, end: 1_500 }, { bodyBytes, ramp: { atMs: 1_000, bytes: 256 * kib }, ...more });
  const steadyOf = (...hops: readonly Hop[]) => {
    const verdict = { outcome: { tag: 'ok' }, facts: {} } as const;
    const told = { hops, verdict, startedAtMs: 0, startedMonotonicMs: 0 } as unknown as Transcript;
    return measure(due, told).steady;
  };

  test.each<[string, readonly Hop[], { bytes: number; ms: number } | undefined]>([
    ['as much again is enough', [moved(512 * kib)], { bytes: 256 * kib, ms: 500 }],
    ['a byte less tells delay', [moved(512 * kib - 1)], undefined],
    [
      'a redirect before it counts for nothing',
      [hopOf({ start: 0, end: 9 }), moved(1024 * kib)],
      { bytes: 768 * kib, ms: 500 },
    ],
    [
      'nor does what was asked aside',
      [moved(512 * kib), moved(9_000 * kib, { aside: true })],
      { bytes: 256 * kib, ms: 500 },
    ],
    ['a small body', [hopOf({ start: 0, firstByte: 1, end: 2 })], undefined],
    ['a cut one', [moved(9_000 * kib, faultIn('transfer'))], undefined],
    ['one that came at once', [moved(512 * kib, { marks: { start: 0, firstByte: 0, end: 1_000 } })], undefined],
  ])('%s', (_, hops, want) => expect(steadyOf(...hops)).toEqual(want));
});
