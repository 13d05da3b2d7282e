import { expect, it } from 'vitest';
import { createPieces } from '../../../src/io/pieces.ts';
import { costMs } from '../../support/growth.ts';

/** Computes until this thread has spent so much processor time. @returns what it had spent by then */
function burn(ms: number): number {
  const endMs = spentMs() + ms;
  while (spentMs() < endMs);
  return endMs;
}

function spentMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}

it('says how long the longest piece took, and when each begins and ends', () => {
  const told: boolean[] = [];
  const { timed, longestMs } = createPieces((isReading) => void told.push(isReading));
  expect(longestMs()).toBe(0);
  const cost = costMs(() => {
    expect(timed(() => burn(60))).toBeGreaterThan(0);
    expect(() => timed(() => JSON.parse('{'))).toThrow(SyntaxError);
  });
  expect(longestMs()).toBeGreaterThanOrEqual(60);
  expect(longestMs()).toBeLessThanOrEqual(cost + 10);
  expect(told).toEqual([true, false, true, false]);
});

it('adds up the pieces of one answer, and begins anew with the next', () => {
  const { timed, nextAnswer, longestMs } = createPieces();
  nextAnswer();
  for (let piece = 0; piece < 4; piece += 1) timed(() => burn(20));
  expect(longestMs()).toBeGreaterThanOrEqual(80);
  const before = longestMs();
  nextAnswer();
  timed(() => burn(20));
  expect(longestMs()).toBe(before);
});
