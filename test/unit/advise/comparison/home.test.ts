import { describe, expect, test } from 'vitest';
import { pairOf } from '../../../../src/advise/comparison/choose.ts';
import { Contest, dropFailures, moveTo } from '../../../../src/advise/comparison/contest.ts';
import { recordOf } from '../../../../src/advise/comparison/costs.ts';
import {
  type Departure,
  healthBound,
  lastTroubleOf,
  listHomeLacks,
  recentDeparturesOf,
  reviewMsOf,
  updateHealth,
  waitMs,
} from '../../../../src/advise/comparison/home.ts';
import { recordTime } from '../../../../src/advise/comparison/patience.ts';
import { HeadRecord, type RecordOutcome, recordOutcome } from '../../../../src/advise/comparison/record.ts';
import { dropOutdated } from '../../../../src/advise/receive.ts';
import type { View } from '../../../../src/advise/view.ts';
import { around, bad, good, lasts, moment, momentsOf, took } from './answers.ts';

const minute = 60_000;
const hold = 10 * minute;
const hour = 60 * minute;
const now = 10 * 60 * minute;

describe('how long clients stay away at least', () => {
  const failed = (...at: readonly number[]): Departure[] =>
    at.map((atMs) => ({ atMs, isOfTime: false, savedShare: null }));
  const slow = (...at: readonly number[]): Departure[] =>
    at.map((atMs) => ({ atMs, isOfTime: true, savedShare: null }));
  const ago = (...minutes: readonly number[]): Departure[] => failed(...minutes.map((one) => now - one * minute));
  test.each<[string, readonly Departure[], number, number]>([
    ['hold, where home was not left at all', [], hold, 10],
    ['hold, after one departure', ago(12), hold, 10],
    ['doubled by the second', ago(40, 12), hold, 20],
    ['and by the third', ago(90, 40, 12), hold, 40],
    ['an hour at most', ago(120, 90, 40, 12), hold, 60],
    ['and however often', ago(...Array.from({ length: 30 }, (_, i) => i)), hold, 60],
    ['three hours ago counts', ago(180, 12), hold, 20],
    ['longer ago does not', ago(181, 12), hold, 10],
    ['being left because it was slow doubles nothing', [...slow(now - 80 * minute), ...ago(40, 12)], hold, 20],
    ['a hold beyond the hour is kept as it is', ago(40, 12), 90 * minute, 90],
  ])('%s', (_name, departures, holdMs, want) => expect(waitMs(departures, holdMs, now)).toBe(want * minute));

  test('departures lengthen the wait for three hours, and are forgotten after twelve', () => {
    expect(waitMs(failed(0, minute), hold, 180 * minute)).toBe(2 * hold);
    expect(waitMs(failed(0, minute), hold, 181 * minute)).toBe(hold);
    expect(recentDeparturesOf(failed(0, minute, 721 * minute), 721 * minute)).toEqual(failed(minute, 721 * minute));
  });

  test('times are compared over the wait, and over six for twelve hours where it was left again within 32 minutes', () => {
    expect(reviewMsOf(slow(0), hold, hold)).toBe(hold);
    expect(reviewMsOf(slow(0, 33 * minute), hold, 190 * minute)).toBe(hold);
    expect(reviewMsOf(slow(0, 32 * minute), hold, 190 * minute)).toBe(6 * hold);
    expect(reviewMsOf(slow(0, 32 * minute), hold, 721 * minute)).toBe(hold);
  });
});

describe('the health of home', () => {
  const health = (said: string): number => {
    const made = [...said].reduce((sum, one) => updateHealth(sum, one === 'x'), 0);
    return Math.round(made * 1_000) / 1_000;
  };
  test.each<[string, string, number]>([
    ['47 clean answers are not enough', '.'.repeat(47), 2.162],
    ['48 are', '.'.repeat(48), 2.208],
    ['a bad one takes all away that was good', `${'.'.repeat(40)}x`, -0.46],
    ['and never leaves anything above zero', `${'.'.repeat(96)}x`, 0],
    ['two bad ones are no worse than one', 'xxxx', -2.3],
    ['after a bad one 98 are needed', `x${'.'.repeat(97)}`, 2.162],
    ['and enough', `x${'.'.repeat(98)}`, 2.208],
    ['no more than twice the bound is kept', '.'.repeat(500), 4.4],
  ])('%s', (_name, said, want) => expect(health(said)).toBe(want));

  test('the bound', () => expect(healthBound).toBe(2.2));
});

describe('the last trouble of a mirror', () => {
  const said = (text: string, isHeavyAt = -1): number => {
    const record = new HeadRecord();
    for (const [at, one] of [...text].entries()) {
      const more = { isHeavy: at === isHeavyAt };
      recordOutcome(record, one === 'x' ? bad(1_000 * at, more) : good(1_000 * at, 200, more));
    }
    return lastTroubleOf(record);
  };
  test.each<[string, string, number]>([
    ['two in a row are none that has an end', '..xx.xx', Number.NEGATIVE_INFINITY],
    ['three are', '.xxx', 3_000],
    ['which ends with the last of them', '.xxxxx..', 5_000],
    ['the last one counts', 'xxx.xxx.xx', 6_000],
    [
      'a rate has an end where so many good answers would be no chance',
      `x.x.x.x.x${'.'.repeat(10)}`,
      Number.NEGATIVE_INFINITY,
    ],
    ['which takes one more here', `x.x.x.x.x${'.'.repeat(11)}`, 8_000],
    ['a third: more of them', `x..x..x..x${'.'.repeat(17)}`, Number.NEGATIVE_INFINITY],
    ['and then it has', `x..x..x..x${'.'.repeat(18)}`, 9_000],
    ['one failure has no rate', `x${'.'.repeat(500)}`, Number.NEGATIVE_INFINITY],
    [
      'what comes and goes has not ended in a pause as before',
      `xx${'.'.repeat(40)}xx${'.'.repeat(59)}`,
      Number.NEGATIVE_INFINITY,
    ],
    ['but in one half as long again', `xx${'.'.repeat(40)}xx${'.'.repeat(97)}`, 43_000],
  ])('%s', (_name, text, want) => expect(said(text)).toBe(want));

  test('a download among them counts as one of them', () => {
    expect(said('.xxx', 2)).toBe(3_000);
    expect(said('.x.x', 2)).toBe(Number.NEGATIVE_INFINITY);
  });

  test('what is heard late belongs to when it came: a good answer heard before it ends nothing', () => {
    const record = new HeadRecord();
    for (const one of [bad(0), bad(1_000), bad(2_000), good(9_000, 200), bad(2_071)]) recordOutcome(record, one);
    expect(lastTroubleOf(record)).toBe(2_071);
  });
});

const isAsGood = (...given: Parameters<typeof listHomeLacks>): boolean => listHomeLacks(...given).next().done === true;

describe('whether home is as good as where clients are', () => {
  /** Each good light one twice: one alone says nothing of how they scatter. */
  const of = (...outcomes: readonly RecordOutcome[]): HeadRecord => {
    const record = new HeadRecord();
    for (const one of outcomes)
      for (let times = one.bad || one.isHeavy ? 1 : 2; times > 0; times -= 1) recordOutcome(record, one);
    return record;
  };
  const at = now - minute;
  const heavy = { isHeavy: true } as const;
  test.each<[string, HeadRecord, HeadRecord, boolean]>([
    ['as fast', of(good(at, 200)), of(good(at, 200)), true],
    ['slower by our own noise', of(good(at, 15)), of(good(at, 4)), false],
    ['as fast but for our own noise', of(good(at, 14)), of(good(at, 4)), true],
    ['slower by a fifth', of(good(at, 240)), of(good(at, 200)), true],
    ['by more', of(good(at, 241)), of(good(at, 200)), false],
    ['by a twentieth and a tenth of a second of more', of(good(at, 1_150)), of(good(at, 1_000)), true],
    ['and not beyond', of(good(at, 1_151)), of(good(at, 1_000)), false],
    ['by a twentieth of much', of(good(at, 10_600)), of(good(at, 10_000)), true],
    ['the mean over hold counts, not a lucky answer', of(good(at - 1, 900), good(at, 10)), of(good(at, 200)), false],
    // 210 ms in the mean; a mean of 216 would do.
    ['a mean that is as good by chance', of(good(at - 1, 330), good(at, 90)), of(good(at, 180)), false],
    ['and scatters less', of(good(at - 1, 215), good(at, 205)), of(good(at, 180)), true],
    ['what was before hold does not', of(good(now - hold - 1, 9_000), good(at, 200)), of(good(at, 200)), true],
    ['one failure more', of(bad(at - 1), good(at, 200)), of(good(at, 200)), false],
    ['as many failures', of(bad(at - 1), good(at, 200)), of(bad(at - 1), good(at, 200)), true],
    ['a failure before hold, within the hour', of(bad(now - hour), good(at, 200)), of(good(at, 200)), false],
    ['a failure before the hour', of(bad(now - hour - 1), good(at, 200)), of(good(at, 200)), true],
    ['its last artifact failed, long ago', of(bad(minute, heavy), good(at, 200)), of(good(at, 200)), false],
    ['artifacts slower, whatever their age', of(good(minute, 900, heavy)), of(good(minute, 700, heavy)), false],
    ['artifacts as fast', of(good(minute, 800, heavy)), of(good(minute, 700, heavy)), true],
    ['not measured here', of(good(at, 900)), of(), true],
    [
      'light steps slower, and artifacts so much faster that a build is too',
      of(good(at, 400), good(at, 1_000, heavy), good(at, 1_000, heavy)),
      of(good(at, 200), good(at, 3_000, heavy), good(at, 3_000, heavy)),
      true,
    ],
    [
      'light steps slower, and one artifact that was faster, perhaps by chance',
      of(good(at, 400), good(at, 1_800, heavy)),
      of(good(at, 200), good(at, 3_000, heavy)),
      false,
    ],
    [
      'light steps slower, and four artifacts that were faster, although one was not',
      of(good(at, 400), ...[1_000, 1_400, 1_800, 4_200].map((ms) => good(at, ms, heavy))),
      of(good(at, 200), ...[2_600, 2_600, 2_600, 2_600].map((ms) => good(at, ms, heavy))),
      true,
    ],
    [
      'the same of three',
      of(good(at, 400), ...[1_000, 1_400, 3_900].map((ms) => good(at, ms, heavy))),
      of(good(at, 200), ...[2_600, 2_600, 2_600].map((ms) => good(at, ms, heavy))),
      false,
    ],
  ])('%s', (_name, home, here, want) => expect(isAsGood(home, here, hold, hold, now, false)).toBe(want));

  test.each<[string, HeadRecord, HeadRecord, boolean]>([
    ['one failure more', of(bad(at - 1), good(at, 200)), of(good(at, 200)), true],
    ['two more', of(bad(at - 2), bad(at - 1), good(at, 200)), of(good(at, 200)), false],
    [
      'light steps slower, although a build is faster',
      of(good(at, 400), good(at, 1_000, heavy), good(at, 1_000, heavy)),
      of(good(at, 200), good(at, 3_000, heavy), good(at, 3_000, heavy)),
      false,
    ],
  ])('left because it was slow: %s', (_name, home, here, want) =>
    expect(isAsGood(home, here, hold, hold, now, true)).toBe(want),
  );

  test('each lack is named, and failures by whether they are within the wait', () => {
    const lacksOf = (home: HeadRecord): readonly string[] => [
      ...listHomeLacks(home, of(good(at, 200)), hold, hold, now, false),
    ];
    const old = now - 2 * hold;
    expect(lacksOf(of(good(at, 200)))).toEqual([]);
    expect(lacksOf(of(bad(old), good(at, 900)))).toEqual(['slower', 'failures']);
    expect(lacksOf(of(bad(at - 1), good(at, 200), bad(at, heavy)))).toEqual(['recent', 'downloads']);
  });

  test.each<[string, number, number, number, boolean]>([
    ['what was before the end of its last trouble does not count', 30, 30, 10, true],
    ['what came after it does', 30, 29, 10, false],
    ['a trouble of more than an hour ago leaves an hour', 90, 59, 10, false],
    ['and no more than that', 90, 61, 10, true],
    ['a trouble within the wait leaves the wait', 5, 9, 10, false],
    ['a wait of an hour and more is compared as a whole', 30, 90, 100, false],
  ])('%s', (_name, troubleAgo, failedAgo, overMinutes, want) => {
    const troubledMs = now - troubleAgo * minute;
    const failed = now - failedAgo * minute;
    const trouble = [troubledMs - 2, troubledMs - 1, troubledMs].map((one) => bad(one));
    // After the trouble good answers stand around the one that failed: it is in no row.
    const single = failed > troubledMs ? [good(failed - 1, 200), bad(failed), good(failed + 1, 200)] : [bad(failed)];
    const home = of(...[...trouble, ...single, good(at, 200)].toSorted((a, b) => a.atMs - b.atMs));
    expect(isAsGood(home, of(good(at, 200)), overMinutes * minute, overMinutes * minute, now, false)).toBe(want);
  });
});

describe('another head', () => {
  const by = around({ a: 'a,direct', b: 'b,direct', c: 'c,direct' });

  test('all pairs begin anew, what is known of the mirrors stays', () => {
    const contest = new Contest('a');
    momentsOf(contest, by, 0, 4, { a: 1_000, b: 200 });
    contest.odd = { light: 'mod' };
    moveTo(contest, 'a', 'a');
    expect(contest.pairs.size).toBe(1);
    moveTo(contest, 'b', 'a');
    expect([contest.pairs.size, contest.odd, contest.health, contest.head]).toEqual([0, {}, 0, 'b']);
    expect(recordOf(contest, 'a').light).toHaveLength(4);
    expect(pairOf(contest, 'b', 'a').time.light.seen).toBe(4);
  });

  test('back at a home that is well, the failures of its last trouble do not count again', () => {
    const back = (health: number): number => {
      const contest = new Contest('b');
      momentsOf(contest, by, 0, 4, { a: 'x', b: 200 });
      momentsOf(contest, by, 120_000, 4, { a: 200, b: 200 });
      contest.health = health;
      moveTo(contest, 'a', 'a');
      return recordOf(contest, 'a').light.filter(({ bad }) => bad).length;
    };
    expect([back(healthBound), back(0)]).toEqual([0, 4]);
  });
});

describe('failures over the other address family are dropped', () => {
  const chains = around({ a: 'a,direct', b: 'b,a,direct', c: 'c,a,direct' });

  test('those of another mirror leave what the head has just failed', () => {
    const contest = new Contest('a');
    contest.outcomes.push(...moment(contest, chains, 1_000, { a: 'x', b: 90, c: 90 }));
    const found = (name: string): View =>
      ({
        now: { wallMs: 0, monotonicMs: 2_000 },
        mirrors: [{ name }],
        standingOf: () => ({ oneFamily: 'known' }),
        group: { contest, late: { held: new Map(), oneFamily: new Map() } },
      }) as unknown as View;
    dropOutdated(found('b'), false);
    expect(contest.outcomes.map(({ bad }) => bad)).toEqual([true]);
    dropOutdated(found('a'), false);
    expect(contest.outcomes).toEqual([]);
  });

  test('a good download after the last light response counts as the last', () => {
    const contest = new Contest('a');
    moment(contest, chains, 1_000, { b: 'x' });
    moment(contest, chains, 2_000, { b: 90 }, { question: 'zip', isHeavy: true });
    moment(contest, chains, 3_000, { b: 'x' });
    dropFailures(contest, 'b', 2_500);
    expect(took(lasts(contest)['b'])).toBe(90);
  });

  test('a later failure in the same moment is not merely late', () => {
    const contest = new Contest('a');
    for (let at = 0; at < 40; at += 1)
      for (const name of ['a', 'b', 'c']) recordTime(recordOf(contest, name).times.light, 200);
    moment(contest, chains, 1_000, { b: 'x' }, { isGivenUp: true, isScheduled: false });
    expect(lasts(contest)['b']?.late).toBeGreaterThan(0);
    dropFailures(contest, 'b', 0);
    moment(contest, chains, 2_000, { b: 'x', a: 90, c: 90 }, { isScheduled: false });
    expect(lasts(contest)['b']).toEqual(bad(2_000, { isScheduled: false }));
  });
});
