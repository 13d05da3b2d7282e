import { describe, expect, test } from 'vitest';
import { abcd, downloaded, next, pace, staged, wanted, well } from './four-mirrors.ts';

describe('a download of home, while clients are elsewhere', () => {
  test('is asked for each minute once it is all that keeps them away, until one came well', () => {
    const stage = staged();
    stage.paces(20, well);
    downloaded(stage, 100_000);
    for (const name of ['b', 'c', 'd'])
      for (let i = 0; i < 8; i += 1) stage.sample(name, 900, { step: 'zip', bytes: 100_000 });
    for (let i = 0; i < 6; i += 1) {
      stage.sample('a', 'refused', { step: 'zip' });
      stage.paces(1, { ...well, a: 'refused' });
    }
    expect(stage.story()).toHaveLength(1);
    const head = stage.advisor.list()[0]?.to;
    // Some 98 clean answers after the last that was bad: until then at its usual pace.
    while (stage.seconds < 20 * 30 + 98 * 30) {
      const seconds = next(stage) ?? 0;
      expect(seconds).toBeGreaterThanOrEqual(120);
      expect(wanted(stage)[0]?.registry).toBe(head);
    }
    stage.paces(12, well);
    const orders = Array.from({ length: 4 }, () => [next(stage), wanted(stage)[0]?.registries?.includes('a')]);
    expect(orders).toEqual([30, 60, 60, 60].map((seconds) => [seconds, true]));
    expect(stage.story()).toHaveLength(1);
    stage.sample('a', 900, { step: 'zip', bytes: 100_000 });
    stage.paces(1, well);
    expect(stage.story()).toHaveLength(2);
  });
});

test('downloads that our own event loop delayed: decide nothing', () => {
  const moves = (loopDelayMsMax: number): number => {
    const stage = staged();
    stage.paces(20, well);
    for (let i = 0; i < 30; i += 1) {
      for (const { name } of abcd)
        stage.sample(name, name === 'a' ? 9_000 : 900, {
          step: 'zip',
          bytes: 100_000,
          loopDelayMsMax: name === 'a' ? loopDelayMsMax : 0,
        });
      stage.paces(1, well);
    }
    return stage.story().length;
  };
  expect([moves(0), moves(2_000)]).toEqual([1, 0]);
});

describe('downloads that decide a move', () => {
  /** Light steps of `a` take twice as long as elsewhere; whether downloads are answered, and how long they take elsewhere. */
  function slower(zipMs: number | null): { readonly moves: readonly string[]; readonly asked: number } {
    const stage = staged();
    stage.paces(60, well);
    let asked = 0;
    for (let i = 0; i < 60; i += 1) {
      const orders = pace(stage);
      for (const { name } of abcd) stage.sample(name, name === 'a' ? 520 : 200);
      if (zipMs === null) continue;
      for (const order of orders.filter(({ target }) => target.step === 'zip'))
        for (const name of ['a', ...(order.registries ?? [])]) {
          asked += 1;
          stage.sample(name, name === 'a' ? 900 : zipMs, { step: 'zip', bytes: 100_000 });
        }
    }
    return { moves: stage.story().map(String), asked };
  }

  test('come before a move for light times, and forbid it where artifacts take longer', () => {
    const [faster, same, dearer] = [slower(700), slower(900), slower(4_000)];
    expect(faster.moves).not.toEqual([]);
    expect(same.moves).not.toEqual([]);
    expect(dearer.moves).toEqual([]);
    expect(dearer.asked).toBeGreaterThan(0);
  });

  test('are requested each minute, 12 times an hour, while a test is past its bound and builds are slower elsewhere', () => {
    const stage = staged();
    stage.paces(60, well);
    const gaps: number[] = [];
    let beforeSeconds = stage.seconds;
    while (stage.seconds < 3 * 3_600) {
      for (const order of wanted(stage)) {
        gaps.push(stage.seconds - beforeSeconds);
        beforeSeconds = stage.seconds;
        for (const name of ['a', ...(order.registries ?? [])])
          stage.sample(name, name === 'a' ? 900 : 4_000, { step: 'zip', bytes: 100_000 });
      }
      stage.paces(1, { ...well, a: 520 });
    }
    expect(gaps.join(' ')).toMatch(/ (60 ){12}(180 )+(60 ){12}180/);
    expect(stage.story()).toEqual([]);
  });

  test('that never come do not keep clients where they are', () => expect(slower(null).moves).not.toEqual([]));

  test('are requested each minute from a mirror whose builds are faster, and of an artifact of median size', () => {
    const stage = staged();
    stage.paces(2, well);
    downloaded(stage, 20_000, 'example.com/small');
    for (let round = 0; round < 3; round += 1)
      for (const { name } of abcd) {
        stage.sample(name, name === 'd' ? 300 : 3_000, { step: 'zip', bytes: 100_000, module: 'example.com/middling' });
        stage.pass(1);
      }
    downloaded(stage, 900_000, 'example.com/large');
    next(stage);
    next(stage);
    const seen = [next(stage), next(stage)];
    expect(seen).toEqual([60, 60]);
    const [order] = wanted(stage);
    expect([order?.target.module, order?.registries?.includes('d')]).toEqual(['example.com/middling', true]);
  });
});
