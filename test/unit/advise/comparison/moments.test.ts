import { describe, expect, test } from 'vitest';
import {
  addToMoment,
  isOverdue,
  type Moment,
  type MomentResponse,
  Moments,
} from '../../../../src/advise/comparison/moments.ts';
import { HeadRecord, recordReply, standIn } from '../../../../src/advise/comparison/record.ts';
import { answer, reply } from './answers.ts';

const pace = 30_000;

describe('answers to one question are of one moment', () => {
  const first = answer('a', 200, 100_000);
  const lone = { isScheduled: false };
  const download = { isScheduled: false, isHeavy: true };
  test.each<[string, MomentResponse, MomentResponse, boolean]>([
    ['planned together', first, answer('b', 200, 100_000), true],
    ['planned half a pace later', first, answer('b', 200, 115_000), true],
    ['planned half a pace earlier', first, answer('b', 200, 85_000), true],
    ['planned more than half a pace apart', first, answer('b', 200, 115_001), false],
    ['it came late, and was planned together', first, answer('b', 200, 190_000, { plannedAtMs: 100_000 }), true],
    ['another question', first, answer('b', 200, 100_000, { question: 'info' }), false],
    ['the same mirror again begins the next', first, answer('a', 200, 101_000), false],
    ['of the same confirming round', { ...first, round: 'r/1' }, answer('b', 200, 140_000, { round: 'r/1' }), true],
    ['of its next moment', { ...first, round: 'r/1' }, answer('b', 200, 100_100, { round: 'r/2' }), false],
    ['of a round, and at its pace', first, answer('b', 200, 100_000, { round: 'r/1' }), false],
    ['a second look beside its pace', first, answer('b', 200, 100_000, { isScheduled: false }), false],
    ['second looks within 12 s', { ...first, ...lone }, answer('b', 200, 112_000, lone), true],
    ['second looks further apart', { ...first, ...lone }, answer('b', 200, 112_001, lone), false],
    ['second downloads within 30 s', { ...first, ...download }, answer('b', 200, 130_000, download), true],
    [
      'a lone download, and others of a minute later',
      { ...first, ...download },
      answer('b', 200, 160_000, download),
      false,
    ],
  ])('%s', (_name, one, other, isOne) => {
    const moments = new Moments();
    const a = addToMoment(moments, one, pace);
    const b = addToMoment(moments, other, pace);
    expect(b === a).toBe(isOne);
    expect([...b.responses.keys()]).toEqual(isOne ? ['a', 'b'] : [other.registry]);
  });

  test('a second answer begins the next moment, and others join the nearest that lacks them', () => {
    const moments = new Moments();
    const one = addToMoment(moments, answer('a', 200, 0), pace);
    const two = addToMoment(moments, answer('a', 300, 1_000), pace);
    expect(addToMoment(moments, answer('b', 200, 1_500), pace)).toBe(two);
    expect(addToMoment(moments, answer('b', 250, 2_000), pace)).toBe(one);
    const atMs = ({ responses }: Moment) => [...responses].map(([name, one]) => [name, one.atMs]);
    expect(atMs(one)).toEqual([
      ['a', 0],
      ['b', 2_000],
    ]);
    expect(atMs(two)).toEqual([
      ['a', 1_000],
      ['b', 1_500],
    ]);
    expect(two.responses.get('b')?.reply).toEqual(reply(200));
  });
});

test.each<[string, boolean, number, boolean]>([
  ['12 s for light steps', false, 11_999, false],
  ['and no longer', false, 12_000, true],
  ['3 minutes for artifacts', true, 179_999, false],
  ['and no longer', true, 180_000, true],
])('a moment waits: %s', (_name, isHeavy, afterMs, want) => {
  const made = addToMoment(new Moments(), answer('a', 200, 5_000, { isHeavy, plannedAtMs: 0 }), pace);
  expect(isOverdue(made, 5_000 + afterMs)).toBe(want);
});

describe('the latest answer stands in', () => {
  const record = new HeadRecord();
  recordReply(record, 'mod', reply(200), 10_000);
  recordReply(record, 'mod', reply('x'), 40_000);
  recordReply(record, 'mod', reply(900), 30_000);
  test.each<[string, string, number, ReturnType<typeof standIn>]>([
    ['at once, and the latest by its end', 'mod', 40_000, reply('x')],
    ['while it is three paces old', 'mod', 130_000, reply('x')],
    ['not when it is older', 'mod', 130_001, null],
    ['nothing for another question', 'info', 40_000, null],
  ])('%s', (_name, question, nowMs, want) => expect(standIn(record, question, nowMs, pace)).toEqual(want));
});
