import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  keepMoment,
  type Moment,
  newPast,
  type Past,
  pastMomentsFrom,
  prunePast,
} from '../../../../src/advise/comparison/moments.ts';
import type { Reply } from '../../../../src/ecosystems/client.ts';

function keep(past: Past, atMs: number, replies: Readonly<Record<string, Reply>>, over: Partial<Moment> = {}): void {
  keepMoment(past, {
    question: 'mod',
    isHeavy: false,
    round: null,
    isScheduled: true,
    plannedAtMs: atMs,
    openedAtMs: atMs,
    replies: new Map(Object.entries(replies)),
    answeredAtMs: new Map(),
    late: new Map(),
    everybody: null,
    outcomes: new Map(),
    paired: new Set(),
    isLeftCompared: false,
    ...over,
  });
}

const ok = (tookMs: number): Reply => ({ tag: 'ok', tookMs });

test('an answer comes back as it was, to the microsecond', () => {
  const took = fc.integer({ min: 0, max: 600_000_000 }).map((us) => us / 1_000);
  const status = fc.option(fc.integer({ min: 100, max: 599 }));
  const reply = fc.oneof<fc.Arbitrary<Reply>[]>(
    fc.record({ tag: fc.constant('ok' as const), tookMs: took }),
    fc.record({ tag: fc.constant('gone' as const), tookMs: took, status }),
    fc.record({ tag: fc.constant('failed' as const), tookMs: took, status }),
    fc.record(
      {
        tag: fc.constant('failed' as const),
        tookMs: took,
        status,
        isCut: fc.constant(true),
        isHung: fc.constant(true),
        isArtifact: fc.constant(true),
      },
      { requiredKeys: ['tag', 'tookMs', 'status'] },
    ),
  );
  fc.assert(
    fc.property(reply, reply, fc.boolean(), (a, b, isLate) => {
      const past = newPast();
      keep(past, 5, { a, b }, { late: new Map([['b', isLate ? 0.006 : 0.005]]) });
      const [moment] = pastMomentsFrom(past, 0);
      expect(moment?.replyOf('a')).toEqual(a);
      expect(moment?.replyOf('b')).toEqual(b);
      expect(moment?.replyOf('c')).toBeNull();
      expect([moment?.isMerelyLate('a'), moment?.isMerelyLate('b')]).toEqual([false, isLate]);
    }),
    { seed: 20_261_121 },
  );
});

test('who was not asked, and who did not answer, has no answer in it', () => {
  const past = newPast();
  keep(past, 1, { a: ok(10) });
  keep(past, 2, { b: ok(20), a: { tag: 'unknown' } });
  const answers = pastMomentsFrom(past, 0).map((one) => [one.replyOf('a'), one.replyOf('b')]);
  expect(answers).toEqual([
    [ok(10), null],
    [null, ok(20)],
  ]);
});

test('light moments since a time, and the last downloads whatever their age', () => {
  const past = newPast();
  for (const atMs of [1, 2, 3]) keep(past, atMs, { a: ok(atMs) });
  keep(past, 1, { a: ok(9) }, { isHeavy: true, question: 'zip', isScheduled: false });
  expect(
    pastMomentsFrom(past, 3).map(({ question, isHeavy, isScheduled, atMs }) => [question, isHeavy, isScheduled, atMs]),
  ).toEqual([
    ['mod', false, true, 3],
    ['zip', true, false, 1],
  ]);
});

test('however much is answered, the newest thousand and a quarter more are kept, and forty downloads', () => {
  const past = newPast();
  for (let atMs = 1; atMs <= 5_000; atMs += 1) {
    keep(past, atMs, { a: ok(1) });
    keep(past, atMs, { a: ok(1) }, { isHeavy: true, question: 'zip' });
    expect(past.light.length).toBeLessThanOrEqual(1_250);
    expect(past.heavy.length).toBeLessThanOrEqual(50);
  }
  const times = pastMomentsFrom(past, 0).map(({ atMs }) => atMs);
  expect(Math.max(...times)).toBe(5_000);
  expect(past.light.length).toBeGreaterThanOrEqual(1_000);
  expect(past.heavy.length).toBeGreaterThanOrEqual(40);
});

test('mirrors and questions that are taken away are forgotten, the others keep their answers', () => {
  const past = newPast();
  keep(past, 1, { a: ok(10), b: ok(20), c: ok(30) });
  keep(past, 2, { a: ok(11), b: ok(21), c: ok(31) }, { question: 'info' });
  prunePast(past, (registry, question) => registry !== 'b' && question === 'mod');
  expect(pastMomentsFrom(past, 0).map((one) => ['a', 'b', 'c'].map((name) => one.replyOf(name)))).toEqual([
    [ok(10), null, ok(30)],
  ]);
  expect([...past.columns]).toEqual([
    ['a', 0],
    ['c', 1],
  ]);
  keep(past, 3, { d: ok(40), c: ok(32) });
  expect(pastMomentsFrom(past, 3).map((one) => ['a', 'c', 'd'].map((name) => one.replyOf(name)))).toEqual([
    [null, ok(32), ok(40)],
  ]);
});
