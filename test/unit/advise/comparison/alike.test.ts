import { describe, expect, test } from 'vitest';
import { choose } from '../../../../src/advise/comparison/choose.ts';
import { newContest } from '../../../../src/advise/comparison/contest.ts';
import { closeOverdue } from '../../../../src/advise/comparison/replay.ts';
import { around, moment, momentsOf, order, type Reply1, rule } from './answers.ts';

const by = around(Object.fromEntries(order.map((name) => [name, `${name},direct`])), { home: null });
const fast = { a: 200, b: 200, c: 200, d: 200 } as const;

describe('a line that loses responses: 60 moments in two minutes, each mirror fails in the named ones', () => {
  /** What `choose` says after calm, and then a moment each 2 s. */
  function lossy(failsIn: Readonly<Record<string, readonly number[]>>): string | null {
    const contest = newContest('a');
    momentsOf(contest, by, 0, 400, fast);
    const at = (i: number): number => 400 * 30_000 + 2_000 * i;
    for (let i = 0; i < 60; i += 1) {
      const said = order.map((name): [string, Reply1] => [name, failsIn[name]?.includes(i) === true ? 'x' : 200]);
      moment(contest, by, at(i), Object.fromEntries(said));
    }
    closeOverdue(contest, by, at(60));
    const choice = choose(contest, order, rule(at(59)));
    return choice === null ? null : `${choice.alarm}: ${choice.to}`;
  }
  const head = [46, 49, 52, 55, 57];
  const others = { b: [3, 20, 33], c: [9, 23, 31] };

  test.each<[string, Readonly<Record<string, readonly number[]>>, string | null]>([
    ['the head alone: it is left', { a: head }, 'failures: b'],
    ['the head and one other: it is left', { a: head, b: [3, 20, 33] }, 'failures: c'],
    ['most others too: it is not left', { a: head, ...others }, null],
    ['though one has failed only once', { a: head, ...others, d: [12] }, null],
    ['but the others were dead, and are not back', { a: head, b: [57, 58, 59], c: [57, 58, 59] }, 'failures: d'],
    ['but the head clearly more often than all', { a: [...head, 36, 39, 41, 44], ...others }, 'failures: d'],
    [
      'but one is clearly better than the head: it is left for that one',
      {
        a: [...head, 20, 24, 27, 31, 35, 37],
        b: [3, 8, 14, 20, 33, 38, 41, 44, 47, 50, 53],
        c: [5, 9, 15, 17, 23, 31, 39, 42, 45, 48, 51],
      },
      'failures: d',
    ],
  ])('%s', (_name, failsIn, want) => expect(lossy(failsIn)).toBe(want));
});
