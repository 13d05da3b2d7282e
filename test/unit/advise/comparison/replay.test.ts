import { describe, expect, test } from 'vitest';
import { pairOf } from '../../../../src/advise/comparison/choose.ts';
import { Contest } from '../../../../src/advise/comparison/contest.ts';
import { failureSumOf } from '../../../../src/advise/comparison/failures.ts';
import { alarmOf } from '../../../../src/advise/comparison/pair.ts';
import { addResponse, closeOverdue } from '../../../../src/advise/comparison/replay.ts';
import type { Reply } from '../../../../src/ecosystems/client.ts';
import { answer, around, bad, good, lasts, moment, momentsOf, type Reply1, took } from './answers.ts';

describe('a chain is replayed over the answers of one moment', () => {
  test.each<[string, string, Readonly<Record<string, Reply1>>, number | 'bad']>([
    ['the head answers', 'a,b,direct', { a: 200, b: 90 }, 200],
    ['`,` stops at a bad answer', 'a,b,direct', { a: 'x', b: 90 }, 'bad'],
    ['`,` goes on at a 404', 'a,b,direct', { a: 'gone', b: 90 }, 130],
    ['`|` goes on at anything', 'a|b,direct', { a: 'x', b: 90 }, 130],
    ['`|` and the next is bad too', 'a|b,direct', { a: 'x', b: 'x' }, 'bad'],
    ['`|` twice', 'a|b|c,direct', { a: 'x', b: 'x', c: 70 }, 150],
    ['direct is bad', 'a,direct', { a: 'gone', b: 90 }, 'bad'],
    ['direct behind `|` is bad', 'a|direct', { a: 'x', b: 90 }, 'bad'],
    ['off is bad', 'a|off', { a: 'x', b: 90 }, 'bad'],
    ['a stranger is as bad as direct', 'a|x,direct', { a: 'x', b: 90 }, 'bad'],
    ['a stranger that nobody reaches', 'a,x,direct', { a: 200, b: 90 }, 200],
    ['a 404 of all', 'a,b', { a: 'gone', b: 'gone' }, 'bad'],
  ])('%s', (_name, chain, said, want) => {
    const contest = new Contest('a');
    moment(contest, around({ a: chain, b: 'b,a,direct' }), 1_000, said);
    expect(took(lasts(contest)['a'])).toBe(want);
  });

  test('of every mirror that answered, each with the chain that it would give', () => {
    const contest = new Contest('a');
    const heard = moment(contest, around({ a: 'a,b,direct', b: 'b|a,direct', c: 'c,a,direct' }), 7_000, {
      a: 200,
      b: 'x',
      c: 'x',
    });
    expect(lasts(contest)).toEqual({ a: good(7_000, 200), b: good(7_000, 240), c: bad(7_000) });
    expect(heard).toEqual([good(7_000, 200)]);
  });
});

describe('what no answer decides yet', () => {
  const by = around({ a: 'a|b,direct', b: 'b,direct' });

  test('waits for the next', () => {
    const contest = new Contest('a');
    expect(addResponse(contest, answer('a', 'x', 0), by)).toEqual([]);
    expect(lasts(contest)).toEqual({});
    // Known with b's answer, and as old as a's own.
    expect(addResponse(contest, answer('b', 90, 500), by)).toEqual([good(0, 130)]);
    expect(contest.moments.open.size).toBe(0);
  });

  test('is closed after 12 s by the latest answer of who did not come', () => {
    const contest = new Contest('a');
    moment(contest, by, 0, { a: 200, b: 90 });
    addResponse(contest, answer('a', 'x', 30_000), by);
    expect(closeOverdue(contest, () => by, 41_999)).toEqual([]);
    expect(closeOverdue(contest, () => by, 42_000)).toEqual([good(30_000, 130)]);
    expect(contest.moments.open.size).toBe(0);
  });

  test.each<[string, number, number | 'bad']>([
    // The moment opens at the start named and is closed 12 s later.
    ['which stands in while it is three paces old', 90_000 - 12_000, 130],
    ['and no longer', 90_001 - 12_000, 'bad'],
  ])('%s', (_name, atMs, want) => {
    const contest = new Contest('a');
    addResponse(contest, answer('b', 90, 0), by);
    addResponse(contest, answer('a', 'x', atMs), by);
    closeOverdue(contest, () => by, atMs + 12_000);
    expect(took(lasts(contest)['a'])).toBe(want);
  });

  test('does not wait for a mirror that is away: what it said last stands in, else it is bad', () => {
    const away = { ...by, isAway: (registry: string) => registry === 'b' };
    const contest = new Contest('a');
    expect(addResponse(contest, answer('a', 'x', 0), away)).toEqual([bad(0)]);
    addResponse(contest, answer('b', 90, 1_000), by);
    expect(addResponse(contest, answer('a', 'x', 30_000), away)).toEqual([good(30_000, 130)]);
  });

  test('a mirror that did not answer is not compared, and not called bad', () => {
    const contest = new Contest('a');
    momentsOf(contest, around({ a: 'a,direct', b: 'b,direct' }), 0, 5, { a: 200 });
    expect(lasts(contest)['b'] ?? null).toBeNull();
    expect(contest.pairs.size).toBe(0);
  });
});

describe('an answer that comes later than clients wait', () => {
  const by = around({ a: 'a|b,direct', b: 'b,direct' });
  test.each<[string, number, boolean, number | 'bad']>([
    ['10 s while nothing is known', 10_000, false, 10_000],
    ['more: bad, after as long as that', 10_001, false, 'bad'],
    ['60 s for an artifact', 60_000, true, 60_000],
    ['more', 60_001, true, 'bad'],
  ])('%s', (_name, tookMs, isHeavy, want) => {
    const contest = new Contest('b');
    addResponse(contest, answer('b', tookMs, 0, { isHeavy }), by);
    expect(took(lasts(contest)['b'])).toBe(want);
  });

  test('costs those who go on only as long as they wait', () => {
    const contest = new Contest('a');
    moment(contest, by, 0, { a: 60_000, b: 90 });
    expect(lasts(contest)['a']).toEqual(good(0, 10_090));
  });
});

describe('head against candidate', () => {
  const by = around({ a: 'a,direct', b: 'b,direct', c: 'c,direct' });

  test('each pair is compared once in a moment, in any order of responses', () => {
    const contest = new Contest('a');
    for (const name of ['b', 'a', 'c']) addResponse(contest, answer(name, name === 'a' ? 'x' : 90, 0), by);
    expect([...contest.pairs.keys()].toSorted()).toEqual(['b', 'c']);
    for (const pair of contest.pairs.values()) expect(failureSumOf(pair.failures.all)).toBeCloseTo(Math.log(180), 10);
  });

  test('trouble is over for all candidates once the head is well, also for those that were not asked then', () => {
    const contest = new Contest('a');
    const by = around({ a: 'a,direct', b: 'b,direct', c: 'c,direct' });
    const rule = { failuresMin: 3, spanMs: 4_000, ratio: 1.25, isRecent: false, ease: 1 };
    const alarms = () => ['b', 'c'].map((name) => alarmOf(pairOf(contest, 'a', name), rule, false));
    for (let n = 0; n < 6; n += 1) moment(contest, by, 1_000 * n, { a: 'x', b: 200, c: 200 }, { round: `r/${n}` });
    expect(alarms()).toEqual(['failures', 'failures']);
    for (let n = 6; n < 10; n += 1) moment(contest, by, 1_000 * n, { a: 200, b: 200 }, { round: `r/${n}` });
    expect(alarms()).toEqual([null, null]);
    moment(contest, by, 10_000, { a: 'x', b: 200, c: 200 }, { round: 'r/10' });
    expect(alarms()).toEqual(['failures', 'failures']);
  });

  test('a candidate’s own failure raises what its failures are taken to be', () => {
    const contest = new Contest('a');
    momentsOf(contest, by, 0, 1, { a: 200, b: 'x' });
    // It is one of its last eight responses, and of 400.
    momentsOf(contest, by, 30_000, 1, { a: 'x', b: 90 });
    expect(failureSumOf(pairOf(contest, 'a', 'b').failures.all)).toBeCloseTo(Math.log(0.9 / 0.125), 10);
  });

  // The bound, where more than one in fifty healthy responses is as late.
  const raised = 2.35;

  test('what we gave up before a client would may have been merely late, as often as good answers are everywhere', () => {
    const sumOf = (isGivenUp: boolean, heads: readonly number[], others: readonly number[]): number => {
      const contest = new Contest('a');
      for (let at = 0; at < 40; at += 1)
        moment(contest, by, 30_000 * at, { a: heads[at % heads.length] ?? 0, b: others[at % others.length] ?? 0 });
      const late: Reply = { tag: 'failed', tookMs: 1_500 };
      for (const one of [answer('a', 'x', 1_200_000, { reply: late, isGivenUp }), answer('b', 90, 1_200_000)])
        addResponse(contest, one, by);
      return failureSumOf(pairOf(contest, 'a', 'b').failures.all);
    };
    const [steady, tail] = [[200], [...Array<number>(9).fill(200), 2_000]];
    const certain = Math.log(0.9 / 0.005);
    expect(sumOf(false, tail, tail)).toBeCloseTo(certain, 10);
    expect(sumOf(true, steady, tail)).toBeCloseTo(certain, 10);
    // What it alone is late with is its trouble.
    expect(sumOf(true, tail, steady)).toBeCloseTo(certain, 10);
    // A tenth of them takes longer here and there.
    expect(sumOf(true, tail, tail)).toBeCloseTo(Math.log((0.9 + 0.1 * 0.1) / (0.005 + 0.995 * 0.1)) / raised, 10);
  });

  test('a good response after the time limit counts like a timeout, where times scatter everywhere', () => {
    const sumOf = (others: number): number => {
      const contest = new Contest('a');
      const rare = (at: number, ms: number) => (at < 2 ? ms : 200);
      for (let at = 0; at < 40; at += 1) moment(contest, by, 30_000 * at, { a: rare(at, 9_000), b: rare(at, others) });
      moment(contest, by, 1_200_000, { a: 8_000, b: 200 });
      return failureSumOf(pairOf(contest, 'a', 'b').failures.all);
    };
    expect(sumOf(200)).toBeCloseTo(Math.log(0.9 / 0.005), 10);
    expect(sumOf(9_000)).toBeCloseTo(Math.log((0.9 + 0.1 * 0.05) / (0.005 + 0.995 * 0.05)) / raised, 10);
  });

  // Of 400 answers of c, and of 400 good ones of b.
  test.each<[string, string, { readonly bad: number; readonly all: number }]>([
    ['what fails by the way over the long run is background', `x${'.'.repeat(49)}`, { bad: 8, all: 800 }],
    ['two in a row are', `xx${'.'.repeat(98)}`, { bad: 8, all: 800 }],
    ['three in a row are trouble, and none', `xxx${'.'.repeat(47)}`, { bad: 0, all: 776 }],
    ['of each no more than .03', 'x.', { bad: 12, all: 800 }],
  ])('%s', (_name, pattern, { bad, all }) => {
    const contest = new Contest('a');
    for (let at = 0; at < 400; at += 1)
      moment(contest, by, 30_000 * at, { a: 200, b: 90, c: pattern[at % pattern.length] === 'x' ? 'x' : 110 });
    moment(contest, by, 30_000 * 400, { a: 'x', b: 90, c: 110 });
    const others = (bad + Math.sqrt(bad)) / (200 + all);
    const p0 = Math.max(0.005, others);
    const sum = failureSumOf(pairOf(contest, 'a', 'b').failures.all);
    expect(sum).toBeCloseTo(Math.log(0.9 / p0) / (1 + 75 * others), 10);
  });

  test('while clients are elsewhere each scheduled answer of home speaks for its health', () => {
    const contest = new Contest('b');
    momentsOf(contest, by, 0, 3, { a: 200, b: 200 });
    momentsOf(contest, by, 90_000, 2, { a: 200, b: 200 }, { isScheduled: false });
    expect(contest.health).toBeCloseTo(3 * 0.046, 10);
  });
});
