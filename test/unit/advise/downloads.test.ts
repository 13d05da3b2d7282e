import { describe, expect, test } from 'vitest';
import type { LookOrder } from '../../../src/core/due.ts';
import { chain } from './outage.ts';
import { mirror, Stage } from './stage.ts';

const abcd = ['a', 'b', 'c', 'd'].map((name) => mirror(name));
const well = { a: 200, b: 200, c: 200, d: 200 } as const;

function staged(bytesPerHour: number | null = null): Stage {
  const stage = new Stage(chain, abcd);
  return new Stage(chain, abcd, { schedule: { ...stage.config.schedule, bytesPerHour } });
}

/** A pace of 30 s with usual answers; what it wants downloaded. */
function pace(stage: Stage): readonly LookOrder[] {
  stage.paces(1, well);
  return stage.looks;
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
          canary: false,
        },
        registries: ['b', 'c'],
        forMs: 0,
        stepMs: 300_000,
        isUrgent: false,
      },
    ]);
    expect(next(stage)).toBe(300);
  });

  test('is not asked for while one was seen within five minutes', () => {
    const stage = staged();
    pace(stage);
    stage.pass(100);
    stage.sample('a', 900, { step: 'zip', bytes: 1_000 });
    // It ended .9 s after its start, and is looked at each 30 s.
    expect(next(stage)).toBe(330);
  });

  test.each<[string, number | null, number]>([
    ['no budget', null, 300],
    ['half of 2.4 MB an hour is twelve of 100 KB: each five minutes', 2_400_000, 300],
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
    expect(stage.looks.map((one) => one.target.module)).toEqual(['example.com/small']);
  });

  test('asks along those whose downloads were not seen for the longest', () => {
    const stage = staged();
    pace(stage);
    downloaded(stage, 100_000);
    stage.sample('b', 900, { step: 'zip', bytes: 100_000 });
    next(stage);
    expect(stage.looks[0]?.registries).toEqual(['c', 'd']);
  });

  test('is not asked for while we suspect ourselves', () => {
    const stage = staged();
    stage.suspect = true;
    expect(next(stage)).toBeNull();
    stage.suspect = false;
    expect(pace(stage)).toHaveLength(1);
  });
});
