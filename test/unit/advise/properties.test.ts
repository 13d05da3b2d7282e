import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Contest } from '../../../src/advise/comparison/contest.ts';
import { costOf } from '../../../src/advise/comparison/costs.ts';
import { runningOf } from '../../../src/advise/comparison/pair.ts';
import { addResponse, closeOverdue } from '../../../src/advise/comparison/replay.ts';
import type { Standing } from '../../../src/core/standing.ts';
import { answer, around, choose, type Reply1, rule } from './comparison/answers.ts';
import { chain } from './outage.ts';
import { mirror, type Said, Stage } from './stage.ts';

// Printed by fast-check with each counterexample.
const seed = 20_260_301;
const names: readonly string[] = ['a', 'b', 'c'];

const said = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 1, max: 900 }) },
  { weight: 2, arbitrary: fc.integer({ min: 900, max: 70_000 }) },
  { weight: 2, arbitrary: fc.constantFrom<Reply1>('x', 'gone') },
);
const moment = fc.record({
  said: fc.tuple(said, said, said),
  order: fc.shuffledSubarray([0, 1, 2], { minLength: 3 }),
  isHeavy: fc.boolean(),
  isScheduled: fc.boolean(),
});
type Moment = typeof moment extends fc.Arbitrary<infer T> ? T : never;
const by = around({ a: 'a|b,direct', b: 'b,a,direct', c: 'c,direct' });

/** A contest that heard these moments, each in its own order or as they stand. */
function told(moments: readonly Moment[], isShuffled: boolean): { readonly contest: Contest; readonly nowMs: number } {
  const contest = new Contest('a');
  for (const [i, one] of moments.entries()) {
    const atMs = 30_000 * i;
    for (const at of isShuffled ? one.order : [0, 1, 2]) {
      const { isHeavy, isScheduled } = one;
      const question = isHeavy ? 'zip' : 'mod';
      addResponse(contest, answer(names[at] ?? 'a', one.said[at] ?? 1, atMs, { isHeavy, isScheduled, question }), by);
    }
    closeOverdue(contest, () => by, atMs + 15_000);
  }
  return { contest, nowMs: 30_000 * moments.length };
}

describe('the sums', () => {
  test('are finite and never below zero, whatever is answered', () =>
    fc.assert(
      fc.property(fc.array(moment, { minLength: 1, maxLength: 120 }), (moments) => {
        const { contest, nowMs } = told(moments, true);
        for (const pair of contest.pairs.values()) {
          const tests = [pair.failures.all, pair.failures.heavy].flatMap((made) => made.map((run) => run.sum));
          const times = [pair.time.light, pair.time.heavy].flatMap((made) => [made.sum, made.variance, made.levelMs]);
          for (const one of [...tests, ...times]) expect(one).toBeGreaterThanOrEqual(0);
          for (const one of [...tests, ...times, pair.time.light.mean]) expect(Number.isFinite(one)).toBe(true);
          for (const ease of [1, 0.5]) expect(runningOf(pair, false, ease).bound).toBeGreaterThan(0);
        }
        for (const name of names) expect(costOf(contest, name, rule(nowMs)) ?? 0).toBeGreaterThanOrEqual(0);
      }),
      { seed, numRuns: 150 },
    ));

  test('do not depend on the order in which a moment’s answers come', () =>
    fc.assert(
      fc.property(fc.array(moment, { minLength: 1, maxLength: 60 }), (moments) => {
        const [one, other] = [told(moments, true), told(moments, false)];
        expect(one.contest.records).toEqual(other.contest.records);
        expect([...one.contest.pairs].toSorted()).toEqual([...other.contest.pairs].toSorted());
        expect(choose(one.contest, ['b', 'c'], rule(one.nowMs))).toEqual(
          choose(other.contest, ['b', 'c'], rule(other.nowMs)),
        );
      }),
      { seed, numRuns: 150 },
    ));
});

const answered = fc.oneof(
  { weight: 5, arbitrary: fc.integer({ min: 20, max: 600 }) },
  { weight: 2, arbitrary: fc.integer({ min: 600, max: 9_000 }) },
  { weight: 3, arbitrary: fc.constantFrom<Said>('refused', 'reset', { status: 502, kind: 'server' }) },
);

describe('advice', () => {
  test('is none where all mirrors give the same answers', () =>
    fc.assert(
      fc.property(fc.array(fc.tuple(answered, fc.integer({ min: 1, max: 20 })), { maxLength: 12 }), (stretches) => {
        const stage = new Stage(
          chain,
          names.map((name) => mirror(name)),
        );
        for (const [one, count] of stretches) stage.paces(count, { a: one, b: one, c: one });
        expect(stage.story()).toEqual([]);
      }),
      { seed, numRuns: 100 },
    ));

  type Off = 'paused' | 'maintenance' | 'throttled' | 'mismatch';
  const off = fc.constantFrom<Off | null>(null, null, 'paused', 'maintenance', 'throttled', 'mismatch');
  const stretch = fc.record({
    said: fc.tuple(answered, answered, answered),
    off: fc.tuple(off, off, off),
    count: fc.integer({ min: 1, max: 12 }),
  });

  /** Puts a mirror off, or back; its answers come all the same, as those of a probe that was on its way do. */
  function put(stage: Stage, name: string, how: Off | null): void {
    stage.shut(name, 'mismatch');
    const standing: Record<Off, Partial<Standing>> = {
      paused: { paused: { untilMs: 0, reason: '' } },
      maintenance: { inMaintenance: true },
      throttled: { throttledUntilMs: Number.MAX_SAFE_INTEGER },
      mismatch: {},
    };
    stage.mark(name, how === null ? {} : standing[how]);
    if (how === 'mismatch') stage.open(name, 'mismatch', { cause: 'mismatch', actionable: false });
  }

  test('names no mirror that serves wrong bytes, is paused, in maintenance or throttled', () => {
    let proposals = 0;
    fc.assert(
      fc.property(fc.array(stretch, { minLength: 1, maxLength: 12 }), (stretches) => {
        const stage = new Stage(
          chain,
          names.map((name) => mirror(name)),
        );
        stage.paces(6, { a: 200, b: 200, c: 200 });
        for (const one of stretches) {
          for (const [at, name] of names.entries()) put(stage, name, one.off[at] ?? null);
          const told = stage.changes.length;
          stage.paces(one.count, { a: one.said[0], b: one.said[1], c: one.said[2] });
          const how = (name: string): Off | null => one.off[names.indexOf(name)] ?? null;
          for (const [at, { change, to }] of stage.changes.entries()) {
            // The same move by another line, without who serves wrong bytes: nobody was chosen anew.
            const before = stage.changes[at - 1];
            const isSame = before?.change === 'superseded' && before.to === to;
            if (at < told || change !== 'proposed' || isSame) continue;
            proposals += 1;
            expect(how(to)).toBeNull();
          }
          // Where the head itself does and nobody else is well, what was proposed stands.
          for (const advice of stage.advisor.list()) {
            if (advice.state !== 'proposed' || how(advice.to) === 'mismatch') continue;
            for (const name of names)
              if (how(name) === 'mismatch') expect(advice.chain.after).not.toContain(`//${name}.`);
          }
        }
      }),
      { seed, numRuns: 100 },
    );
    expect(proposals).toBeGreaterThan(50);
  });
});
