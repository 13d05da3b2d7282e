import { describe, expect, test } from 'vitest';
import { all, calm, type World } from './rounds.ts';

/** 43 minutes in which detect suspects our own line: nothing is judged. */
function suspectLong(stage: ReturnType<typeof calm>): void {
  stage.suspect = true;
  for (let i = 0; i < 43; i += 1) {
    stage.pass(60);
    stage.consider();
  }
  stage.suspect = false;
}

/** Seconds after the calm at which `a` fails; all else is as usual. */
function failsAt(stage: ReturnType<typeof calm>, seconds: readonly number[]): World {
  const fromSeconds = stage.seconds;
  return (name, _step, at) => (name === 'a' && seconds.some((one) => at - fromSeconds === one) ? 'unreachable' : 200);
}

describe('our own line fails for 43 minutes', () => {
  test('three failures of a just before it, two some minutes after it: no move', () => {
    const stage = calm();
    stage.live(32, failsAt(stage, [30, 31, 32]));
    suspectLong(stage);
    // 4 412 s by now: the canary is asked at 4 560 s, and again a second later.
    stage.live(330, failsAt(stage, [148, 149]));
    expect(stage.story().filter((said) => said.startsWith('proposed'))).toEqual([]);
  });

  test('a is dead once it has ended: left as quickly as without it', () => {
    const stage = calm();
    suspectLong(stage);
    // Long enough that the others are measured again.
    stage.live(299, all(200));
    const fromSeconds = stage.seconds;
    stage.live(60, all(200, { a: 'refused' }));
    const proposed = stage.changes.filter((one) => one.change === 'proposed');
    expect(proposed.map((one) => one.to)).toEqual(['b']);
    expect((proposed[0]?.atSeconds ?? 0) - fromSeconds).toBeLessThan(10);
  });
});
