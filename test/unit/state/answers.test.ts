import { describe, expect, test } from 'vitest';
import type { ControlResponse } from '../../../src/core/due.ts';
import { limits } from '../../../src/core/limits.ts';
import type { Now, Row } from '../../../src/core/ports.ts';
import type { Sample } from '../../../src/core/sample.ts';
import { readResponseRow } from '../../../src/state/answer-read.ts';
import { createResponses } from '../../../src/state/answers.ts';
import { isSoundRow } from '../../../src/state/row-shapes.ts';
import { sampleTls } from '../../support/samples.ts';
import { epochMs, sampleOf } from './sample.ts';

const at = (monotonicMs: number): Now => ({ monotonicMs, wallMs: epochMs + monotonicMs });
const life = { id: 'life', startedAt: at(0) };
const sample = (over: Partial<Sample> = {}, due: Partial<Sample['due']> = {}) => sampleOf(over, {}, due);
const throughJson = (row: Row): unknown => JSON.parse(JSON.stringify(row.value));

/** What comes back of one sample. */
function back(given: Sample): Sample {
  const answers = createResponses(life, 's');
  answers.probed(given, at(1_130));
  const [row] = answers.rows();
  const taken = row === undefined ? undefined : readResponseRow(throughJson(row))?.taken[0];
  if (taken?.kind !== 'probed') throw new Error('no answer came back');
  expect(taken.takenAt).toEqual(at(1_130));
  expect(taken.targetId).toBe(given.due.target.id);
  return taken.sample;
}

describe('an answer comes back with all that is judged', () => {
  test('the address family that it was asked over, where that was said', () => {
    expect(back(sample({ family: 4 }, { family: 4 })).due.family).toBe(4);
    expect(back(sample({ family: 4 })).due).not.toHaveProperty('family');
  });

  test('the HTTP version that it came over, and the one that it was asked over', () => {
    const asked = back(sample({ protocol: '1.1' }, { protocol: '1.1' }));
    expect([asked.protocol, asked.due.protocol, asked.due.family]).toEqual(['1.1', '1.1', undefined]);
    const chosen = back(sample({ protocol: '2' }, { family: 6 }));
    expect([chosen.protocol, chosen.due.protocol, chosen.due.family]).toEqual(['2', undefined, 6]);
    const none = back(sample({}, { protocol: '2' }));
    expect([none.protocol, none.due.protocol]).toEqual([undefined, '2']);
    expect(back(sample())).not.toHaveProperty('protocol');
  });

  test('a row of an older release, which has no HTTP version', () => {
    const answers = createResponses(life, 's');
    answers.probed(sample({ protocol: '2' }, { protocol: '2' }), at(1_130));
    const [written] = answers.rows();
    if (written === undefined) throw new Error('nothing was written');
    const row = throughJson(written) as { around: unknown[][] };
    row.around = row.around.map((one) => one.slice(0, 11));
    const taken = readResponseRow(row)?.taken[0];
    expect(taken?.kind === 'probed' && [taken.sample.protocol, taken.sample.due.protocol]).toEqual([
      undefined,
      undefined,
    ]);
  });

  const tls = { ...sampleTls, authorizationCode: 'CERT_HAS_EXPIRED' };
  const rows: readonly (readonly [string, Sample])[] = [
    ['an ok one', sample()],
    ['nothing timed', sample({ outcome: { tag: 'unknown', because: 'local' }, rttMs: null, status: null })],
    [
      'a failure with what explains it',
      sample({ outcome: { tag: 'failed', failure: { kind: 'server', status: 502 } }, status: 502 }),
    ],
    [
      'wrong bytes',
      sample({ outcome: { tag: 'failed', failure: { kind: 'mismatch', algorithm: 'h1', want: 'w', got: 'g' } } }),
    ],
    [
      'a wish to be left alone',
      sample({
        outcome: { tag: 'failed', failure: { kind: 'throttled', status: 429, retryAfterMs: 6e4 } },
        retryAfterMs: 6e4,
      }),
    ],
    ['a certificate', sample({ tls })],
    ['a miss of a cache', sample({ cache: 'miss' })],
    ['what latest stood for', sample({ facts: { resolvedVersion: 'v1.2.3' } })],
    ['not offered', sample({ facts: { notOffered: true } })],
    ['our own loop stood still', sample({ loopDelayMsMax: 37 })],
    ['a warm one', sample({}, { connection: 'warm' })],
    ['a confirming one', sample({}, { purpose: 'confirm' })],
    ['a second look', sample({}, { purpose: 'recheck' })],
  ];
  test.each(rows)('%s', (_, given) => {
    const got = back(given);
    const judged = ({ due, tls: handshake, ...one }: Sample) => ({
      ...{ purpose: due.purpose, connection: due.connection, plannedAtMs: due.plannedAtMs },
      ...{ outcome: one.outcome, rttMs: one.rttMs, bytes: one.bytes, status: one.status, cache: one.cache },
      ...{ remoteAddress: one.remoteAddress, family: one.family, retryAfterMs: one.retryAfterMs, facts: one.facts },
      ...{ startedMs: one.startedMonotonicMs, endedMs: one.endedMonotonicMs, startedAtMs: one.startedAtMs },
      loopDelayMs: Math.round(one.loopDelayMsMax),
      tls: handshake === null ? null : [handshake.expiresAtMs, handshake.authorizationCode],
    });
    expect(judged(got)).toEqual(judged(given));
  });

  test('controls, gaps and what people said too, in order', () => {
    const answers = createResponses(life, 's');
    const control: ControlResponse = { name: 'c', answered: true, latencyMs: 12.5, code: null, at: at(1_500) };
    answers.control(control, true, at(1_510));
    answers.control({ ...control, answered: false, latencyMs: null, code: 'timeout', at: at(2_000) }, false, at(2_000));
    answers.command({ kind: 'paused', registry: 'a', untilMs: 5 }, at(2_500));
    answers.gap(2_600, 9_000, at(9_000));
    const [row] = answers.rows();
    const read = row === undefined ? null : readResponseRow(throughJson(row));
    expect(read).toEqual({
      life,
      settings: 's',
      taken: [
        { takenAt: at(1_510), kind: 'control', answer: control, isRound: true },
        {
          takenAt: at(2_000),
          kind: 'control',
          answer: { ...control, answered: false, latencyMs: null, at: at(2_000) },
          isRound: false,
        },
        { takenAt: at(2_500), kind: 'told', told: { kind: 'paused', registry: 'a', untilMs: 5 } },
        { takenAt: at(9_000), kind: 'gap', fromMs: 2_600, toMs: 9_000 },
      ],
    });
  });

  test.each([[null], ['x'], [{}], [{ v: 2, life: [], at: [], entries: [] }], [{ v: 1 }]])(
    '%j is no row of ours',
    (value) => expect(readResponseRow(value)).toBeNull(),
  );
});

describe('rows', () => {
  test('one grows under one key; it is handed over again after it grew', () => {
    const answers = createResponses(life, 's');
    answers.probed(sample(), at(1_130));
    const [first] = answers.rows();
    expect(answers.rows()).toEqual([]);
    answers.probed(sample(), at(3_000));
    const [row] = answers.rows();
    expect([row?.key, row?.atMs]).toEqual(['life-000001', epochMs + 1_130]);
    expect(readResponseRow(row?.value)?.taken).toHaveLength(2);
    // What waits for a write grows on.
    expect(row?.value).toBe(first?.value);
  });

  test('a new one begins where the last is full, old, judged by other settings, or before a gap', () => {
    const answers = createResponses(life, 's');
    const keys = (): readonly string[] => answers.rows().map(({ key }) => key);
    answers.probed(sample(), at(1_000));
    answers.probed(sample(), at(1_000 + limits.responseRowMs - 1));
    expect(keys()).toEqual(['life-000001']);
    answers.probed(sample(), at(1_000 + limits.responseRowMs));
    expect(keys()).toEqual(['life-000002']);
    answers.judgedBy('s');
    answers.probed(sample(), at(1_001 + limits.responseRowMs));
    expect(keys()).toEqual(['life-000002']);
    answers.judgedBy('t');
    answers.probed(sample(), at(1_002 + limits.responseRowMs));
    expect(keys()).toEqual(['life-000003']);
    answers.gap(1, 2, at(1_003 + limits.responseRowMs));
    answers.probed(sample(), at(1_004 + limits.responseRowMs));
    expect(keys()).toEqual(['life-000003', 'life-000004']);
    for (let i = 0; i < 1_000; i += 1) answers.probed(sample(), at(1_005 + limits.responseRowMs + i));
    const sizes = answers.rows().map(({ value }) => JSON.stringify(value).length);
    expect(sizes.length).toBeGreaterThan(3);
    for (const size of sizes) expect(size).toBeLessThan(limits.responseRowChars + 200);
  });
});

test('a row with a clock or an entry that is none, or with more levels than any value has, is not read', () => {
  const answers = createResponses(life, 's');
  answers.probed(sample({ outcome: { tag: 'failed', failure: { kind: 'refused', code: 'x' } } }), at(1_130));
  const [written] = answers.rows();
  if (written === undefined) throw new Error('nothing was written');
  const isSound = (change: object): boolean =>
    isSoundRow({ ...written, value: { ...Object(written.value), ...change } });
  expect([isSound({}), isSound({ v: 2, entries: null })]).toEqual([true, true]);
  const wrong = [
    ...[{ at: [1e300, 1] }, { at: [] }, { life: ['life', 0, null] }, { entries: [null] }, { entries: [[1, 1e300]] }],
    ...[{ around: [[{ tag: 'failed' }]] }, { targets: 5 }, { entries: [[1, -3, null]] }],
  ];
  expect(wrong.filter(isSound)).toEqual([]);
  const isSeen = (levels: number): boolean => {
    const value: unknown = JSON.parse(`${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`);
    return isSoundRow({ table: 'seen', key: 'k', atMs: 1, value });
  };
  expect([isSeen(10), isSeen(20_000)]).toEqual([true, false]);
});
