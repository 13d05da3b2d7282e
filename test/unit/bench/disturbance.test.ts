import { describe, expect, it } from 'vitest';
import { isCalm, isCalmBetween, type Stretch } from '../../../bench/disturbance.ts';

const stretch = (fromMs: number, othersCores: number, stolenCores = 0): Stretch => ({
  fromMs,
  toMs: fromMs + 1_000,
  othersCores,
  stolenCores,
});

describe('a calm machine', () => {
  it.each([
    ['nobody else', 0, 0, true],
    ['at the bound', 0.15, 0, true],
    ['just above', 0.16, 0, false],
    ['what the hypervisor took counts too', 0.1, 0.06, false],
  ])('%s', (_, othersCores, stolenCores, expected) => expect(isCalm({ othersCores, stolenCores })).toBe(expected));
});

describe('a calm span', () => {
  const stretches = [stretch(0, 0), stretch(1_000, 1), stretch(2_000, 0)];
  it.each([
    ['within a calm stretch', 100, 900, true],
    ['within a busy one', 1_100, 1_200, false],
    ['from a calm into a busy one', 900, 1_001, false],
    ['from a busy into a calm one', 1_999, 2_100, false],
    ['after the busy one', 2_001, 2_900, true],
    ['after all', 3_500, 3_600, true],
  ])('%s', (_, fromMs, toMs, expected) => expect(isCalmBetween(fromMs, toMs, stretches)).toBe(expected));
});
