import { expect, it } from 'vitest';
import { ByteWindow } from '../../../src/schedule/host.ts';

const minute = 60_000;

it('sums the last hour, a minute at a time', () => {
  const window = new ByteWindow();
  expect(window.sum(0)).toBe(0);
  window.add(10, 5 * minute);
  window.add(20, 5 * minute + 59_999);
  window.add(100, 30 * minute);
  const rows: readonly (readonly [minute: number, sum: number])[] = [
    [30, 130],
    [65, 130],
    [66, 100],
    [90, 100],
    [91, 0],
  ];
  for (const [later, sum] of rows) expect(window.sum(later * minute)).toBe(sum);
});

it('forgets everything after a long silence and counts on', () => {
  const window = new ByteWindow();
  window.add(10, 0);
  expect(window.sum(1e9)).toBe(0);
  window.add(7, 1e9);
  expect(window.sum(1e9)).toBe(7);
});

it('takes bytes of a probe that ended a little before the newest minute', () => {
  const window = new ByteWindow();
  window.add(1, 10 * minute);
  window.add(2, 9 * minute);
  expect(window.sum(10 * minute)).toBe(3);
});
