import { describe, expect, test } from 'vitest';
import type { RecheckOrder } from '../../../src/core/due.ts';
import { abcd, staged, wanted, well } from './four-mirrors.ts';
import { chain } from './outage.ts';
import { mirror, Stage } from './stage.ts';

/** A pace of 30 s with usual answers; what it wants downloaded whole. */
function pace(stage: Stage): readonly RecheckOrder[] {
  stage.paces(1, well);
  return wanted(stage);
}

/** Seconds until the next order, looked at each 30 s; `null`: none within two hours. */
function next(stage: Stage): number | null {
  const fromSeconds = stage.seconds;
  for (let i = 0; i < 240; i += 1) if (pace(stage).length > 0) return stage.seconds - fromSeconds;
  return null;
}

/** `a` answers with an artifact of so many bytes, as do all others, each a second later than the one before. */
function downloaded(stage: Stage, bytes: number, module?: string): void {
  for (const { name } of abcd) {
    stage.sample(name, 900, { step: 'zip', bytes, ...(module === undefined ? {} : { module }) });
    stage.pass(1);
  }
}

describe('a download of the head', () => {
  test('is asked for before any was seen: the artifact of the canary’s module, of it and two others, once', () => {
    const stage = staged();
    expect(pace(stage)).toEqual([
      {
        registry: 'a',
        target: {
          id: 'a|example.com/m|v1.0.0|zip',
          ecosystem: 'go',
          upstream: 'go',
          registry: 'a',
          module: 'example.com/m',
          version: 'v1.0.0',
          step: 'zip',
          weight: 'heavy',
          verifies: { key: 'answer.goVerifies', values: {} },
          canary: false,
        },
        registries: ['b', 'c'],
        forMs: 0,
        stepMs: 150_000,
        isUrgent: false,
        isPeek: false,
      },
    ]);
    expect(next(stage)).toBe(150);
  });

  test('is not asked for while one was seen within two and a half minutes', () => {
    const stage = staged();
    pace(stage);
    stage.pass(100);
    stage.sample('a', 900, { step: 'zip', bytes: 1_000 });
    // It ended .9 s after its start, and is looked at each 30 s.
    expect(next(stage)).toBe(180);
  });

  test.each<[string, number | null, number]>([
    ['no budget', null, 150],
    ['half of 4.8 MB an hour is twenty-four of 100 KB: each two and a half minutes', 4_800_000, 150],
    ['half of 2.4 MB an hour: each five', 2_400_000, 300],
    ['half of 1.2 MB an hour: each ten', 1_200_000, 600],
    ['half of 400 KB an hour: each thirty', 400_000, 1_800],
  ])('%s', (_name, bytesPerHour, want) => {
    const stage = staged(bytesPerHour);
    pace(stage);
    downloaded(stage, 100_000);
    next(stage);
    expect(next(stage)).toBe(want);
  });

  test('is of the smallest artifact seen', () => {
    const stage = staged();
    pace(stage);
    downloaded(stage, 100_000);
    downloaded(stage, 20_000, 'example.com/small');
    downloaded(stage, 50_000, 'example.com/middling');
    next(stage);
    expect(wanted(stage).map((one) => one.target.module)).toEqual(['example.com/small']);
  });

  test('asks along those whose downloads were not seen for the longest', () => {
    const stage = staged();
    pace(stage);
    downloaded(stage, 100_000);
    stage.sample('b', 900, { step: 'zip', bytes: 100_000 });
    next(stage);
    expect(wanted(stage)[0]?.registries).toEqual([]);
    next(stage);
    expect(wanted(stage)[0]?.registries).toEqual(['c', 'd']);
  });

  test('others stand beside it in every second one', () => {
    const stage = staged();
    const beside = Array.from({ length: 6 }, () => {
      next(stage);
      return wanted(stage)[0]?.registries?.length;
    });
    expect(beside).toEqual([2, 0, 2, 0, 2, 0]);
  });

  test('goes on after a probe of a light step over another address family', () => {
    const stage = staged();
    pace(stage);
    downloaded(stage, 100_000);
    stage.sample('a', 40, { purpose: 'peek', bytes: 600 });
    next(stage);
    expect(wanted(stage).map((one) => one.target.step)).toEqual(['zip']);
  });

  test('is not asked for while we suspect ourselves', () => {
    const stage = staged();
    stage.suspect = true;
    expect(next(stage)).toBeNull();
    stage.suspect = false;
    expect(pace(stage)).toHaveLength(1);
  });
});

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

describe('downloads that our own event loop delayed', () => {
  test('decide nothing', () => {
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

  test('that never come do not keep clients where they are', () => {
    expect(slower(null).moves).not.toEqual([]);
  });

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

describe('downloads of mirrors that were not downloaded from yet', () => {
  const names = [...'abcdefghij'];

  /** Seconds at which each mirror was first requested; a download takes so long at a, and light steps so long elsewhere. */
  function firstRequests(zipMs: number, otherMs: number, isServed = true): ReadonlyMap<string, number> {
    const stage = new Stage(
      chain,
      names.map((name) => mirror(name)),
    );
    const served = Object.fromEntries(names.map((name) => [name, name === 'a' ? 200 : otherMs]));
    const first = new Map<string, number>();
    while (stage.seconds < 7_200) {
      stage.paces(1, served);
      for (const { registries } of wanted(stage))
        for (const name of ['a', ...(registries ?? [])]) {
          if (!first.has(name)) first.set(name, stage.seconds);
          if (isServed || name === 'a') stage.sample(name, zipMs, { step: 'zip', bytes: 100_000 });
        }
    }
    return first;
  }

  test.each<[string, number, number, boolean, number, number]>([
    ['builds may be faster there: one or two more each minute', 3_000, 200, true, 300, 780],
    ['they never come: all the same', 3_000, 200, false, 300, 780],
    ['builds can hardly be faster there: as usual', 300, 230, true, 2_400, 3_600],
  ])('%s', (_name, zipMs, otherMs, isServed, least, most) => {
    const first = firstRequests(zipMs, otherMs, isServed);
    expect(first.size).toBe(names.length);
    expect(Math.max(...first.values())).toBeGreaterThanOrEqual(least);
    expect(Math.max(...first.values())).toBeLessThanOrEqual(most);
  });

  test('that never come are not requested each minute for ever', () => {
    const stage = new Stage(
      chain,
      names.map((name) => mirror(name)),
    );
    const served = Object.fromEntries(names.map((name) => [name, 200]));
    let orders = 0;
    while (stage.seconds < 7_200) {
      stage.paces(1, served);
      for (const _order of wanted(stage)) {
        orders += 1;
        stage.sample('a', 3_000, { step: 'zip', bytes: 100_000 });
      }
    }
    // Every 150 s in two hours, and a few more at the start.
    expect(orders).toBeLessThan(7_200 / 150 + 10);
  });
});

describe('a download of the head that failed once by chance', () => {
  test('is not requested for ever because a mirror that no recheck includes served it', () => {
    const five = ['a', 'b', 'c', 'd', 'e'].map((name) => mirror(name));
    const stage = new Stage(chain, five);
    const served = { b: 200, c: 200, d: 200, e: 200 } as const;
    stage.paces(20, { a: 200, ...served });
    for (const { name } of five) stage.sample(name, 900, { step: 'zip' });
    stage.pass(30);
    stage.sample('a', { status: 500, kind: 'server' }, { step: 'zip' });
    for (const name of Object.keys(served)) stage.sample(name, 900, { step: 'zip' });
    let asked = 0;
    for (let second = 0; second < 600; second += 5) {
      stage.pass(5);
      stage.consider();
      const [order] = stage.looks.filter(({ isPeek, target }) => !isPeek && target.step === 'zip');
      if (order === undefined) continue;
      asked += 1;
      for (const name of ['a', ...(order.registries ?? [])]) stage.sample(name, 900, { step: 'zip' });
    }
    expect(asked).toBeGreaterThan(0);
    expect(asked).toBeLessThan(12);
  });
});
