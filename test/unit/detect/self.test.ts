import { describe, expect, it } from 'vitest';
import { contaminatedOf, countSample, judgeSelf, noSelf, type SelfState } from '../../../src/detect/rules/self.ts';

describe('self', () => {
  function counted(contaminated: number, samples: number, atMs = 0): SelfState {
    let state = noSelf;
    for (let i = 0; i < samples; i++) state = countSample(state, i < contaminated, atMs);
    return state;
  }

  it.each([
    { name: 'exactly 5 %', state: counted(1, 20), want: null, shed: 0 },
    { name: 'more than 5 %', state: counted(2, 39), want: 'opened', shed: 0.2 },
    { name: 'more than 5 % of too few', state: counted(19, 19), want: null, shed: 0 },
  ])('$name: $want', ({ state, want, shed }) => {
    const judged = judgeSelf(state, 0);
    expect([judged.event, judged.state.shed]).toEqual([want, shed]);
  });

  it('forgets after five minutes, sheds one step a minute, and gives back the same way', () => {
    let state = counted(20, 20);
    const events: string[] = [];
    const sheds: number[] = [];
    for (let ms = 0; ms <= 15 * 60_000; ms += 1_000) {
      const judged = judgeSelf(state, ms);
      state = judged.state;
      if (judged.event !== null) events.push(`${judged.event} at ${ms / 1_000} s`);
      if (ms % 60_000 === 0) sheds.push(state.shed);
    }
    expect(sheds.slice(0, 5)).toEqual([0.2, 0.4, 0.6, 0.8, 0.8]);
    expect(events).toEqual(['opened at 0 s', 'closed at 480 s']);
    expect(sheds.at(-1)).toBe(0);
    expect(contaminatedOf(state, 15 * 60_000).share).toBeNull();
  });
});
