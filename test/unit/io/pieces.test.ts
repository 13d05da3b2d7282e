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

it('does not charge the time that the thread waits for a core', () => {
  let [spent, elapsed] = [0, 0];
  const { timed, longestMs } = createPieces(
    undefined,
    () => spent,
    () => elapsed,
  );
  const compute = (spentMs: number, elapsedMs: number) =>
    timed(() => {
      spent += spentMs;
      elapsed += elapsedMs;
    });
  compute(1, 700);
  expect(longestMs()).toBe(1);
  compute(600, 700);
  expect(longestMs()).toBe(601);
});

it('adds up the pieces of one answer, and begins anew with the next', () => {
  const { timed, nextResponse: nextAnswer, longestMs } = createPieces();
  nextAnswer();
  for (let piece = 0; piece < 4; piece += 1) timed(() => burn(20));
  expect(longestMs()).toBeGreaterThanOrEqual(80);
  const before = longestMs();
  nextAnswer();
  timed(() => burn(20));
  expect(longestMs()).toBe(before);
});

it('charges what the thread does between pieces of one body that come in one turn', async () => {
  const [own, other] = [createPieces(), createPieces()];
  own.received(1);
  for (let piece = 0; piece < 4; piece += 1) {
    burn(20);
    own.received(1);
  }
  expect(own.longestMs()).toBeGreaterThanOrEqual(80);
  const before = own.longestMs();
  // The next turn, and work for another probe in between, are not of this body.
  await new Promise((resolve) => setImmediate(resolve));
  burn(20);
  own.received(1);
  burn(20);
  other.received(1);
  burn(20);
  own.received(1);
  expect([own.longestMs(), other.longestMs()]).toEqual([before, 0]);
});

it('allows a long body more: 100 ms for each MiB, whether received or decoded', () => {
  let spent = 0;
  const {
    timed,
    nextResponse: nextAnswer,
    received,
    decoded,
    longestMs,
  } = createPieces(
    undefined,
    () => spent,
    () => spent,
  );
  const spend = (ms: number) => timed(() => (spent += ms));
  const mib = 2 ** 20;
  const rows = [
    [64, () => decoded(64 * mib)],
    [128, () => Array.from({ length: 128 }, () => received(mib))],
  ] as const;
  for (const [mibs, told] of rows) {
    const before = longestMs();
    nextAnswer();
    told();
    spend(mibs * 100);
    expect(longestMs()).toBe(before);
    spend(1);
    expect(longestMs()).toBe(mibs * 100 + 1);
  }
  nextAnswer();
  spend(20_000);
  expect(longestMs()).toBe(20_000);
});
