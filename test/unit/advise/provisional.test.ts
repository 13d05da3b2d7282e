import { describe, expect, test } from 'vitest';
import { chain } from './outage.ts';
import { mirror, Stage } from './stage.ts';

const abc = ['a', 'b', 'c'].map((name) => mirror(name));
const well = { a: 200, b: 200, c: 200 } as const;
const down = { ...well, a: 'refused' } as const;

/** Downloads one artifact from all mirrors, in so many milliseconds each. */
function download(stage: Stage, tookMs: Readonly<Record<string, number>>): void {
  for (const [name, ms] of Object.entries(tookMs)) stage.sample(name, ms, { step: 'zip', bytes: 1_000_000 });
}

/** `a` is down since a minute after the start. `count` downloads of each other mirror follow. */
function playedWith(tookMs: Readonly<Record<string, number>>, count: number, before = 0): Stage {
  const stage = new Stage(chain, abc);
  for (let i = 0; i < before; i += 1) download(stage, { a: 900, b: 900, c: 900 });
  stage.paces(2, well);
  stage.paces(8, down);
  for (let i = 0; i < count; i += 1) {
    stage.paces(1, down);
    download(stage, tookMs);
  }
  stage.paces(1, down);
  return stage;
}

const advised = (stage: Stage): readonly string[] =>
  stage.changes.filter(({ change }) => change === 'proposed').map(({ to, cause }) => `${to} ${cause}`);

describe('advice that was given before downloads were known', () => {
  test('is replaced once, with the same cause, if the downloads of another mirror are faster', () => {
    const stage = playedWith({ b: 6_000, c: 3_000 }, 8);
    expect(advised(stage)).toEqual(['b outage', 'c outage']);
    expect(stage.advisor.list()[0]).toMatchObject({ from: 'a', to: 'c', state: 'proposed' });
  });

  test.each([
    ['the downloads are about equal', { b: 3_100, c: 3_000 }, 8, 0],
    ['three downloads are known', { b: 6_000, c: 3_000 }, 3, 0],
    ['many downloads were known before', { b: 6_000, c: 3_000 }, 1, 8],
  ])('stays if %s', (_name, tookMs, count, before) =>
    expect(advised(playedWith(tookMs, count, before))).toEqual(['b outage']),
  );

  test('keeps its confidence when it is replaced', () => {
    const stage = new Stage(chain, abc);
    const slow = { ...well, a: 2_000 };
    stage.paces(2, well);
    stage.paces(33, slow);
    const before = stage.advisor.list()[0];
    for (let i = 0; i < 8 && stage.advisor.list()[0]?.to === 'b'; i += 1) {
      download(stage, { a: 9_000, b: 3_720, c: 3_000 });
      stage.paces(1, slow);
    }
    expect([before?.to, before?.cause, before?.confidence]).toEqual(['b', 'slower', 'medium']);
    expect(stage.advisor.list()[0]).toMatchObject({ to: 'c', cause: 'slower', confidence: 'medium' });
  });

  test('gets a higher confidence with more evidence against the mirror that clients use', () => {
    const stage = new Stage(chain, abc);
    const slow = { ...well, a: 1_000 };
    stage.paces(2, well);
    while (stage.advisor.list().length === 0) stage.paces(1, slow);
    while (stage.advisor.list()[0]?.to === 'b' && stage.seconds < 1_500) {
      download(stage, { a: 9_000, b: 3_720, c: 2_200 });
      stage.paces(1, slow);
    }
    expect(stage.advisor.list()[0]?.to).toBe('c');
    stage.paces(40, slow);
    expect(stage.advisor.list()[0]?.confidence).toBe('medium');
  });

  test('does not count as another departure: clients return after the same wait', () => {
    const waits = [
      { b: 6_000, c: 3_000 },
      { b: 3_000, c: 3_000 },
    ].map((tookMs) => {
      const stage = playedWith(tookMs, 5);
      const fromSeconds = stage.seconds;
      download(stage, { a: 900 });
      while (stage.advisor.list()[0]?.state === 'proposed' && stage.seconds < 7_200) stage.paces(1, well);
      return [advised(stage).length, stage.seconds - fromSeconds];
    });
    expect(waits.map(([count]) => count)).toEqual([2, 1]);
    expect(waits[0]?.[1]).toBe(waits[1]?.[1]);
  });
});
