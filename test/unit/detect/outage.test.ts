import { describe, expect, it } from 'vitest';
import {
  decideOpening,
  isOutageOver,
  noOutage,
  openOutage,
  type TargetResult,
  updateOutage,
} from '../../../src/detect/outage/state.ts';
import { aConfig } from './world.ts';

const { outage: outageRule } = aConfig({ mirrors: [] }).detect;

describe('outage', () => {
  const heard = (says: TargetResult['outcome'], fromMs: number, endedMs = fromMs): TargetResult => ({
    outcome: says,
    reason: says === 'failed' ? 'refused' : null,
    status: null,
    fromMs,
    endedMs,
    probeId: `p${endedMs}`,
    isConfirm: false,
  });
  const played = (...all: readonly TargetResult[]) => all.reduce(updateOutage, noOutage);
  const failed = (ms: number) => heard('failed', ms);
  const failAt = (...times: readonly number[]) => played(...times.map(failed));

  /** A letter for each result: x failed, o is good. */
  const playedBy = (letters: string, everyMs: number) =>
    played(...[...letters].map((letter, at) => heard(letter === 'x' ? 'failed' : 'ok', at * everyMs)));

  it.each([
    ['two failures over 10 s', failAt(0, 10_000), null],
    ['three failures over just less than 4 s', failAt(0, 1_000, 3_999), null],
    ['three failures over 4 s', failAt(0, 1_000, 4_000), 'row'],
    ['a success between', played(failed(0), heard('ok', 1), failed(2), failed(9_000)), null],
    [
      'a refusal between: whoever refuses is there',
      played(failed(0), heard('other', 1), failed(2), failed(9_000)),
      null,
    ],
    ['a success at the end', played(failed(0), failed(5_000), failed(6_000), heard('ok', 7_000)), null],
    [
      'news that came too late changes nothing',
      played(failed(5_000), heard('ok', 4_000), failed(7_000), failed(9_000)),
      'row',
    ],
    ['five of nine', playedBy('oxoxoxoxx', 500), null],
    ['four of ten', playedBy('oooxoxoxox', 500), null],
    ['five of ten', playedBy('oxoxoxoxox', 500), 'share'],
    ['five of ten that span just less than 4 s', playedBy('oxoxoxoxox', 499), null],
    ['five of ten, the last one fine', playedBy('xxoxoxoxoo', 500), null],
    ['five of the last ten, many fine before', playedBy(`${'o'.repeat(30)}oxoxoxoxox`, 500), 'share'],
  ])('%s', (_, state, want) => expect(decideOpening(state, outageRule)).toBe(want));

  it.each([
    ['in a row', [0, 0, 0, 0, 0, 0, 0, 1, 1, 1], { samples: 3, failed: 3, fromMs: 14_000 }],
    ['by their share', [0, 1, 0, 1, 0, 1, 0, 1, 0, 1], { samples: 10, failed: 5, fromMs: 2_000 }],
  ])('an outage by failures %s counts what opened it', (_, bad, want) => {
    const state = played(...bad.map((one, i) => heard(one === 1 ? 'failed' : 'ok', i * 2_000)));
    expect(openOutage(state, outageRule, 20_000, false)).toMatchObject(want);
  });

  it('a response with a status is named until a probe that waits for it gets none', () => {
    const by = (reason: TargetResult['reason'], status: number | null, endedMs: number, isConfirm: boolean) =>
      ({ ...heard('failed', endedMs), reason, status, isConfirm }) satisfies TargetResult;
    const late = by('server', 504, 0, false);
    const confirming = [1_000, 2_000].map((ms) => by('timeout_processing', null, ms, true));
    expect(played(late, ...confirming)).toMatchObject({ reason: 'server', status: 504, failures: 3 });
    expect(played(...confirming, { ...late, endedMs: 3_000 })).toMatchObject({ reason: 'server', status: 504 });
    const refused = by('refused', null, 3_000, true);
    expect(played(late, ...confirming, refused)).toMatchObject({ reason: 'refused', status: null });
    const hung = by('timeout_processing', null, 40_000, false);
    expect(played(late, ...confirming, hung)).toMatchObject({ reason: 'timeout_processing', status: null });
    const good = heard('ok', 500);
    expect(played(late, good, ...confirming)).toMatchObject({ reason: 'timeout_processing', status: null });
  });

  it('with the defaults the share never opens an outage sooner than the row', () => {
    for (const fails of [1, 2, 3, 4, 5]) {
      const fine = Array.from({ length: 20 }, (_, i) => heard('ok', i - 100));
      const row = Array.from({ length: fails }, (_, i) => heard('failed', i * 1_000));
      expect(decideOpening(played(...fine, ...row), outageRule)).toBe(fails === 5 ? 'row' : null);
    }
  });

  it.each([
    { name: 'one ok', says: ['ok'] as const, want: false },
    { name: 'two ok', says: ['ok', 'ok'] as const, want: true },
    { name: 'a failure between', says: ['ok', 'failed', 'ok'] as const, want: false },
    { name: 'a refusal between', says: ['ok', 'other', 'ok'] as const, want: false },
  ])('out, then $name closes it: $want', ({ says, want }) => {
    const out = { ...failAt(0, 1_000, 4_000), isOut: true };
    const state = says.reduce((before, one, i) => updateOutage(before, heard(one, 5_000 + i)), out);
    expect(isOutageOver(state, outageRule)).toBe(want);
    expect(decideOpening(state, outageRule)).toBeNull();
  });
});
