import { describe, expect, it } from 'vitest';
import {
  contaminatedOf,
  countSample,
  judgeSelf,
  noSelf,
  pauseSelf,
  type SelfState,
} from '../../../src/detect/findings/self.ts';
import { eventOf } from './world.ts';

describe('self', () => {
  const calm = { contaminated: false, disturbed: false };
  const contaminated = { ...calm, contaminated: true };
  const disturbed = { ...calm, disturbed: true };

  function counted(spoiled: number, samples: number, atMs = 0, as = contaminated): SelfState {
    let state = noSelf;
    for (let i = 0; i < samples; i++) state = countSample(state, i < spoiled ? as : calm, atMs);
    return state;
  }

  it.each([
    { name: 'exactly 5 %', state: counted(5, 100), want: null, shed: 0 },
    { name: 'more than 5 %', state: counted(6, 100), want: 'opened', shed: 0.2 },
    { name: 'half disturbed', state: counted(50, 100, 0, disturbed), want: null, shed: 0 },
    { name: 'more than half disturbed', state: counted(51, 100, 0, disturbed), want: 'opened', shed: 0 },
    { name: 'more than 5 % of too few', state: counted(99, 99), want: null, shed: 0 },
  ])('$name: $want', ({ state, want, shed }) => {
    const judged = judgeSelf(state, 0);
    expect([eventOf(state, judged), judged.shed]).toEqual([want, shed]);
  });

  it('looks back over a hundred samples where five minutes hold fewer, and over an hour at most', () => {
    let state = counted(10, 60);
    for (let i = 0; i < 40; i++) state = countSample(state, calm, 20 * 60_000);
    expect(contaminatedOf(state, 21 * 60_000)).toEqual({ samples: 100, contaminated: 10, disturbed: 0, share: 0.1 });
    for (let i = 0; i < 60; i++) state = countSample(state, calm, 22 * 60_000);
    expect(contaminatedOf(state, 23 * 60_000)).toEqual({ samples: 100, contaminated: 0, disturbed: 0, share: 0 });
    expect(contaminatedOf(counted(10, 60), 60 * 60_000).samples).toBe(0);
  });

  it('counts nothing in the first minute after a start or a reload', () => {
    let state = pauseSelf(noSelf, 1_000);
    for (let i = 0; i < 200; i++) state = countSample(state, contaminated, 60_999);
    expect(judgeSelf(state, 60_999)).toEqual(state);
    for (let i = 0; i < 100; i++) state = countSample(state, contaminated, 61_000);
    expect(eventOf(state, judgeSelf(state, 61_000))).toBe('opened');
  });

  it('forgets after an hour, sheds one step a minute, and gives back the same way', () => {
    let state = counted(100, 100);
    const events: string[] = [];
    const sheds: number[] = [];
    for (let ms = 0; ms <= 75 * 60_000; ms += 1_000) {
      const before = state;
      state = judgeSelf(state, ms);
      const event = eventOf(before, state);
      if (event !== null) events.push(`${event} at ${ms / 1_000} s`);
      if (ms % 60_000 === 0) sheds.push(state.shed);
    }
    expect(sheds.slice(0, 5)).toEqual([0.2, 0.4, 0.6, 0.8, 0.8]);
    expect(events).toEqual(['opened at 0 s', 'closed at 3780 s']);
    expect(sheds.at(-1)).toBe(0);
    expect(contaminatedOf(state, 75 * 60_000).share).toBeNull();
  });

  it('gives its load back while half of the samples are disturbed, and closes when a quarter is', () => {
    let state = counted(51, 100, 0, disturbed);
    state = judgeSelf({ ...state, shed: 0.4, isOpen: true }, 1_000);
    expect([state.shed, state.isOpen]).toEqual([0.2, true]);
    state = judgeSelf(state, 61_000);
    expect([state.shed, state.isOpen]).toEqual([0, true]);
    for (let i = 0; i < 103; i++) state = countSample(state, calm, 62_000);
    expect(eventOf(state, judgeSelf(state, 122_000))).toBeNull();
    state = countSample(state, calm, 122_000);
    expect(eventOf(state, judgeSelf(state, 122_000))).toBe('closed');
  });
});
