import { describe, expect, test } from 'vitest';
import type { Advice, AdviceState } from '../../../../src/core/advice.ts';
import { inForce, storiesOf } from '../../../../src/features/replay/story.ts';
import { sampleAdvice } from '../../../support/samples.ts';

function advice(id: string, issuedAtMs: number, state: AdviceState, over: Partial<Advice> = {}): Advice {
  return sampleAdvice({
    id,
    state,
    issuedAtMs,
    expiresAtMs: issuedAtMs + 1_000,
    chain: { before: 'a,b', after: 'b,a' },
    cause: 'slower',
    expected: { ...sampleAdvice().expected, fetchCostSeconds: { before: 2, after: 1 } },
    ...over,
  });
}

describe('when an advice was in force', () => {
  const rows: readonly (readonly [string, Advice, number | null])[] = [
    ['withdrawn: until it was settled', advice('1', 100, 'withdrawn', { settledAtMs: 150 }), 150],
    ['dismissed: likewise', advice('1', 100, 'dismissed', { settledAtMs: 170 }), 170],
    ['proposed: until it expires', advice('1', 100, 'proposed', { expiresAtMs: 400 }), 400],
    ['proposed and not yet expired: still', advice('1', 100, 'proposed', { expiresAtMs: 4_000 }), null],
    ['accepted: until it expires, not when it was settled', advice('1', 100, 'accepted', { settledAtMs: 110 }), null],
  ];
  test.each(rows)('%s', (_, given, endedAtMs) => {
    expect(storiesOf([given], 0, 500)).toMatchObject([
      { issuedAtMs: 100, endedAtMs, expected: { fetchCostSeconds: { before: 2, after: 1 } } },
    ]);
  });

  test('refusals are no advice; what ended before the window, or began after it, is not in it', () => {
    const given = [
      advice('refused', 210, 'refused', { refusal: 'shared_fate' }),
      advice('before', 100, 'withdrawn', { settledAtMs: 200 }),
      advice('into', 150, 'withdrawn', { settledAtMs: 201 }),
      advice('late', 300, 'withdrawn', { settledAtMs: 400 }),
      advice('within', 299, 'withdrawn', { settledAtMs: 400 }),
    ];
    expect(storiesOf(given, 200, 300).map(({ issuedAtMs, endedAtMs }) => [issuedAtMs, endedAtMs])).toEqual([
      [150, 201],
      [299, null],
    ]);
  });
});

describe('the chain in force', () => {
  const of = (...given: Advice[]) =>
    inForce(storiesOf(given, 0, 1_000), 0, 1_000).map(({ fromMs, toMs, chain }) => [fromMs, toMs, chain]);

  test('the declared one where nothing is advised', () => {
    expect(of()).toEqual([[0, 1_000, null]]);
  });

  test('the advised one from its proposal to its end', () => {
    expect(of(advice('1', 100, 'withdrawn', { settledAtMs: 300 }))).toEqual([
      [0, 100, null],
      [100, 300, 'b,a'],
      [300, 1_000, null],
    ]);
  });

  test('a proposal before what was accepted, which is in force again after it', () => {
    const accepted = advice('1', 100, 'accepted', { expiresAtMs: 5_000 });
    const over = advice('2', 400, 'withdrawn', { settledAtMs: 500, chain: { before: 'b,a', after: 'c,b,a' } });
    expect(of(over, accepted)).toEqual([
      [0, 100, null],
      [100, 400, 'b,a'],
      [400, 500, 'c,b,a'],
      [500, 1_000, 'b,a'],
    ]);
  });

  test('the same chain under another id is no move', () => {
    const first = advice('1', 100, 'superseded', { settledAtMs: 300 });
    expect(of(first, advice('2', 300, 'withdrawn', { settledAtMs: 600 }))).toEqual([
      [0, 100, null],
      [100, 600, 'b,a'],
      [600, 1_000, null],
    ]);
  });
});
