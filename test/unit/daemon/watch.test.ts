import { expect, test } from 'vitest';
import { limits } from '../../../src/core/limits.ts';
import { gapBetween } from '../../../src/daemon/news.ts';

const from = { wallMs: 1_700_000_000_000, monotonicMs: 5_000 };
const { suspendMs, clockJumpMs } = limits;

test.each([
  ['a turn later', 1_000, 1_000, null],
  ['at the bound of a stall', suspendMs, suspendMs, null],
  ['just past it', suspendMs + 1, suspendMs + 1, { kind: 'stalled', byMs: suspendMs + 1 }],
  ['stalled comes before a clock that moved', suspendMs + 1, 0, { kind: 'stalled', byMs: suspendMs + 1 }],
  ['a wall clock a little ahead', 1_000, 1_000 + clockJumpMs, null],
  ['ahead by more', 1_000, 1_001 + clockJumpMs, { kind: 'clock_jump', byMs: clockJumpMs + 1 }],
  ['ahead as far as a suspend at most', 1_000, 1_000 + suspendMs, { kind: 'clock_jump', byMs: suspendMs }],
  ['ahead by a suspend', 1_000, 1_001 + suspendMs, { kind: 'suspended', byMs: suspendMs + 1 }],
  ['a wall clock a little behind', 1_000, 1_000 - clockJumpMs, null],
  ['set back', 1_000, 999 - clockJumpMs, { kind: 'clock_jump', byMs: -clockJumpMs - 1 }],
  ['set back by an hour', 1_000, -3_600_000, { kind: 'clock_jump', byMs: -3_601_000 }],
] as const)('%s', (_, livedMs, wallMs, want) => {
  const now = { wallMs: from.wallMs + wallMs, monotonicMs: from.monotonicMs + livedMs };
  const span = { fromMonotonicMs: from.monotonicMs, toMonotonicMs: now.monotonicMs };
  expect(gapBetween(from, now)).toEqual(want === null ? null : { ...span, ...want });
});
