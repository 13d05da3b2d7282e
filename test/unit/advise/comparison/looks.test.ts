import { describe, expect, test } from 'vitest';
import { pairOf } from '../../../../src/advise/comparison/choose.ts';
import { Contest } from '../../../../src/advise/comparison/contest.ts';
import { recordOf } from '../../../../src/advise/comparison/costs.ts';
import { type RecordOutcome, recordOutcome } from '../../../../src/advise/comparison/record.ts';
import { besideHead, type OddOutcome, oddOf } from '../../../../src/advise/rechecks.ts';
import { bad, good } from './answers.ts';

const now = 100_000;

/** A head `a` whose usual is 200 ms (artifacts: 1 s), and tests against `b` so far on their way. */
function contest(sums: { readonly time?: number; readonly failures?: number } = {}): Contest {
  const made = new Contest('a');
  for (let at = 0; at < 20; at += 1) recordOutcome(recordOf(made, 'a'), good(at, 200));
  recordOutcome(recordOf(made, 'a'), good(20, 1_000, { isHeavy: true }));
  const pair = pairOf(made, 'a', 'b');
  pair.time.light.sum = sums.time ?? 0;
  // Of the rate .2, whose bound is the plain one.
  const [, run] = pair.failures.all;
  if (run !== undefined) run.sum = sums.failures ?? 0;
  return made;
}

const heard = (outcome: RecordOutcome): RecordOutcome => ({ ...outcome, question: outcome.isHeavy ? 'zip' : 'mod' });
const heavy = { isHeavy: true } as const;
const burst: OddOutcome = { question: 'mod', forMs: 15_000, stepMs: 1_000, isUrgent: false };
const once: OddOutcome = { question: 'zip', forMs: 0, stepMs: 10_000, isUrgent: false };
const failed: OddOutcome = { question: 'zip', forMs: 5_000, stepMs: 5_000, isUrgent: false };

describe('what is asked again', () => {
  test.each<[string, Contest, RecordOutcome, readonly OddOutcome[]]>([
    ['nothing after a usual answer', contest(), good(now, 200), []],
    ['a bad answer: each second for 15 s', contest(), bad(now), [burst]],
    ['twice the usual, and no test on its way: nothing', contest(), good(now, 900), []],
    ['twice the usual, the time test at .3: nothing', contest({ time: 4.2 }), good(now, 900), []],
    ['twice the usual, the time test above .3', contest({ time: 4.3 }), good(now, 900), [burst]],
    ['not twice the usual', contest({ time: 4.3 }), good(now, 400), []],
    ['any answer, the time test at .6', contest({ time: 8.4 }), good(now, 200), []],
    ['any answer, the time test above .6', contest({ time: 8.5 }), good(now, 200), [{ ...burst, isUrgent: true }]],
    ['urgent while failures are near too', contest({ failures: 5 }), bad(now), [{ ...burst, isUrgent: true }]],
    ['a test long past its bound has nothing to learn', contest({ time: 22, failures: 13 }), good(now, 200), []],
    ['a failed artifact: for 5 s, or again after them', contest(), bad(now, heavy), [failed]],
    ['a slow artifact: once', contest(), good(now, 2_001, heavy), [once]],
    ['a usual artifact', contest({ time: 8.5 }), good(now, 1_000, heavy), []],
  ])('%s', (_name, made, outcome, want) => expect(oddOf(made, [heard(outcome)], now)).toEqual(want));

  test('while any test is above half of its bound: what was odd last, each 3 s', () => {
    const made = contest({ failures: 4.1 });
    expect(oddOf(made, [heard(good(now, 200))], now)).toEqual([]);
    oddOf(made, [heard(bad(now))], now);
    expect(made.odd).toEqual({ light: 'mod' });
    expect(oddOf(made, [{ ...heard(good(now, 200)), question: 'info' }], now)).toEqual([
      { question: 'mod', forMs: 3_000, stepMs: 3_000, isUrgent: false },
    ]);
    expect(oddOf(made, [], now)).toEqual([]);
  });

  test('a test of downloads: the last odd download, and no light step, also while nothing else is heard', () => {
    const made = contest();
    oddOf(made, [heard(bad(now))], now);
    oddOf(made, [heard(bad(now, heavy))], now);
    recordOutcome(recordOf(made, 'a'), bad(now, heavy));
    const [, run] = made.pairs.get('b')?.failures.heavy ?? [];
    if (run !== undefined) run.sum = 4.1;
    expect(oddOf(made, [heard(good(now, 200))], now)).toEqual([failed]);
    expect(oddOf(made, [], now)).toEqual([failed]);
    recordOutcome(recordOf(made, 'a'), good(now, 1_000, heavy));
    expect(oddOf(made, [], now)).toEqual([once]);
  });
});

describe('who is asked along', () => {
  test.each<[string, readonly string[], string | undefined, readonly string[]]>([
    ['the two best, and who stands behind the head', ['d', 'c', 'b'], 'b', ['d', 'c', 'b']],
    ['nobody twice', ['b', 'c', 'd'], 'b', ['b', 'c']],
    ['nobody that is watched stands behind', ['d', 'c', 'b'], undefined, ['d', 'c']],
  ])('%s', (_name, candidates, fallback, want) => expect(besideHead(candidates, fallback)).toEqual(want));
});

describe('a sum long past its bound whose slowness may be chance', () => {
  const asked = (lastMs: number, rounds = 6): readonly OddOutcome[] => {
    const made = contest({ time: 22 });
    const { light } = pairOf(made, 'a', 'b').time;
    Object.assign(light, { lastMs, rounds });
    light.ratios.variance = 9;
    return oddOf(made, [heard(good(now, 200))], now);
  };

  test('is asked again while it was compared in the last quarter of an hour', () =>
    expect(asked(now - 15 * 60_000)).toEqual([{ ...burst, isUrgent: true }]));

  test('is not, if no comparison came since, or if it is no chance', () => {
    expect(asked(now - 15 * 60_000 - 1)).toEqual([]);
    expect(asked(Number.NEGATIVE_INFINITY)).toEqual([]);
    expect(asked(now, 60)).toEqual([]);
  });
});
