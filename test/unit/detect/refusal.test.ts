import { describe, expect, it } from 'vitest';
import type { Outcome } from '../../../src/core/failure.ts';
import { reasons, reasonWeight } from '../../../src/core/failure.ts';
import { noRefusal, refusalOf, updateRefusal } from '../../../src/detect/findings/refusal.ts';
import { aConfig, eventOf, failedWith, refused } from './world.ts';

const { outage: outageRule } = aConfig({ mirrors: [] }).detect;

describe('refusal', () => {
  it('is what the weights say, and absent only while a sibling serves it', () => {
    for (const kind of reasons) {
      const outcome = { tag: 'failed', failure: { kind, status: 0, code: '' } } as unknown as Outcome;
      const refused = kind === 'policy' ? 'denied' : kind;
      expect([kind, refusalOf(outcome, true)]).toEqual([kind, reasonWeight[kind] === 'refusal' ? refused : null]);
    }
    expect(refusalOf(failedWith('absent', 404), false)).toBeNull();
    expect(refusalOf({ tag: 'ok' }, true)).toBeNull();
  });

  it.each([
    { name: 'two refusals', says: 'rr', want: [] },
    { name: 'three refusals', says: 'rrr', want: ['opened 2'] },
    { name: 'an ok between', says: 'rrorr', want: [] },
    { name: 'an outage failure between holds', says: 'rrfr', want: ['opened 3'] },
    { name: 'closes after two ok', says: 'rrroo', want: ['opened 2', 'closed 4'] },
    { name: 'a refusal breaks the ok ones', says: 'rrroroo', want: ['opened 2', 'closed 6'] },
  ])('$name', ({ says, want }) => {
    let state = noRefusal;
    const events = [...says].flatMap((one, i) => {
      const outcome = one === 'o' ? ({ tag: 'ok' } as const) : one === 'r' ? failedWith('denied', 403) : refused;
      const before = state;
      state = updateRefusal(
        state,
        { outcome, refusal: one === 'r' ? 'denied' : null, mayBeChance: false, probeId: `${i}`, endedMs: i * 2_000 },
        outageRule,
      );
      const event = eventOf(before, state);
      return event === null ? [] : [`${event} ${i}`];
    });
    expect(events).toEqual(want);
  });

  it.each([
    { name: 'three within less than 4 s', stepMs: 1_999, want: [] },
    { name: 'three over 4 s', stepMs: 2_000, want: [2] },
  ])('$name: $want', ({ stepMs, want }) => {
    let state = noRefusal;
    const opened = [0, 1, 2].filter((i) => {
      const heard = {
        outcome: failedWith('denied', 403),
        refusal: 'denied' as const,
        mayBeChance: false,
        probeId: `${i}`,
        endedMs: i * stepMs,
      };
      const before = state;
      state = updateRefusal(state, heard, outageRule);
      return eventOf(before, state) === 'opened';
    });
    expect(opened).toEqual(want);
  });

  it.each([
    { name: 'none', wishesMs: [null, null], want: [] },
    { name: 'less than clients wait', wishesMs: [9_999], want: [] },
    { name: 'as long as clients wait', wishesMs: [10_000], want: [0] },
    { name: 'a minute', wishesMs: [60_000], want: [0] },
    { name: 'a minute and a second', wishesMs: [61_000], want: [0] },
    { name: 'as long as clients wait, in two refusals', wishesMs: [5_000, 5_000], want: [1] },
    { name: 'as long as clients wait, with an ok between', wishesMs: [5_000, 'ok', 5_000], want: [] },
  ] as const)('a Retry-After of $name: opened by $want', ({ wishesMs, want }) => {
    let state = noRefusal;
    const opened = wishesMs.flatMap((one, i) => {
      const outcome: Outcome =
        one === 'ok'
          ? { tag: 'ok' }
          : { tag: 'failed', failure: { kind: 'throttled', status: 429, retryAfterMs: one } };
      const before = state;
      const refusal = one === 'ok' ? null : 'throttled';
      const mayBeChance = false;
      state = updateRefusal(state, { outcome, refusal, mayBeChance, probeId: 'x', endedMs: i * 5_000 }, outageRule);
      return eventOf(before, state) === 'opened' ? [i] : [];
    });
    expect(opened).toEqual(want);
  });

  it.each([
    { wishesMs: [10_000], want: [] },
    { wishesMs: [59_999], want: [] },
    { wishesMs: [60_000], want: [0] },
    { wishesMs: [10_000, 10_000], want: [1] },
  ])('Retry-After $wishesMs while the mirror may still serve another step: opened by $want', ({ wishesMs, want }) => {
    let state = noRefusal;
    const opened = wishesMs.flatMap((retryAfterMs, i) => {
      const outcome: Outcome = { tag: 'failed', failure: { kind: 'throttled', status: 429, retryAfterMs } };
      const before = state;
      const heard = { outcome, refusal: 'throttled', mayBeChance: true, probeId: 'x', endedMs: i * 5_000 } as const;
      state = updateRefusal(state, heard, outageRule);
      return eventOf(before, state) === 'opened' ? [i] : [];
    });
    expect(opened).toEqual(want);
  });
});
