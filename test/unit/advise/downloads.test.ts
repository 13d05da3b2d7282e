import { describe, expect, test } from 'vitest';
import { downloaded, next, pace, staged, wanted } from './four-mirrors.ts';
import { chain } from './outage.ts';
import { mirror, Stage } from './stage.ts';

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
