import { describe, expect, test } from 'vitest';
import { limits } from '../../../src/core/limits.ts';
import type { Beginning } from '../../../src/core/transcript.ts';
import { createDetector } from '../../../src/detect/detector.ts';
import { aConfig, aDue, aMirror, aSample, aTarget, at, countingRandom, refused } from './world.ts';

const zip = aTarget('a', 'zip');
const other = aTarget('a', 'zip', 'example.com/b');
const usual: Beginning = { digest: 'usual', bytes: 100 };
const odd: Beginning = { digest: 'odd', bytes: 100 };
const mismatch = { kind: 'mismatch', algorithm: 'h1', want: 'h1:right', got: 'h1:wrong' } as const;

function world() {
  const config = aConfig({ mirrors: [aMirror('a')] });
  const targets = [aTarget('a'), zip, other];
  const detector = createDetector({ config, targets, restored: [], random: countingRandom(), now: at(0) });
  let ms = 0;
  const take = (
    purpose: 'peek' | 'recheck' | 'scheduled',
    isWrong: boolean,
    facts: object,
    bytes = 0,
    target = zip,
  ) => {
    ms += 1_000;
    const outcome = isWrong ? ({ tag: 'failed', failure: mismatch } as const) : ({ tag: 'ok' } as const);
    const due = aDue(target, { purpose, probeId: `${purpose}-${ms}` });
    return detector.take(aSample(due, ms, 10, outcome, { bytes, facts }), at(ms + 10)).rechecks.length;
  };
  return {
    detector,
    wait: (more: number) => (ms += more),
    take,
    /** The number of downloads that are requested at once after a peek. */
    peek: (begins?: Beginning, facts = {}) => take('peek', false, { ...(begins ? { begins } : {}), ...facts }),
    good: (begins: Beginning, purpose: 'recheck' | 'scheduled' = 'recheck', bytes = 0) =>
      take(purpose, false, { begins }, bytes),
    fails: () => {
      ms += 1_000;
      const due = aDue(zip, { purpose: 'recheck', probeId: `recheck-${ms}` });
      return detector.take(aSample(due, ms, 10, refused), at(ms + 10)).rechecks.length;
    },
    wrong: (begins: Beginning) => take('recheck', true, { begins }),
  };
}

describe('the beginning of an artifact', () => {
  test('that was never downloaded is taken as usual; another one orders a download', () => {
    const { peek } = world();
    expect([peek(usual), peek(usual), peek(), peek(odd)]).toEqual([0, 0, 0, 1]);
  });

  test('is compared with that of every good download', () => {
    const { peek, good } = world();
    expect([good(usual, 'scheduled'), good(odd, 'scheduled'), peek(usual), peek(odd)]).toEqual([0, 0, 0, 0]);
  });

  test.each([
    ['the stated length differs', { digest: 'usual', bytes: 101 }, 1],
    ['no length is stated', { digest: 'usual', bytes: null }, 0],
    ['the bytes differ', { digest: 'odd', bytes: null }, 1],
  ])('%s', (_name, begins, wanted) => {
    const { peek, good } = world();
    good(usual, 'scheduled');
    expect(peek(begins)).toBe(wanted);
  });

  test('of another version is no odd one', () => {
    const { peek } = world();
    expect([peek(usual, { resolvedVersion: 'v1' }), peek(odd, { resolvedVersion: 'v2' })]).toEqual([0, 0]);
  });

  test('that only the first peek had is odd, if the first download begins differently', () => {
    const { peek, good, wrong, detector } = world();
    expect([peek(odd), good(usual, 'scheduled'), wrong(odd), wrong(odd)]).toEqual([0, 1, 1, 0]);
    expect(detector.findings()).toHaveLength(1);
    const well = world();
    expect([well.peek(usual), well.good(usual, 'scheduled'), well.peek(usual)]).toEqual([0, 0, 0]);
  });

  test('that a good download has too needs no more downloads, and counts as usual', () => {
    const { peek, good } = world();
    good(usual, 'scheduled');
    expect([peek(odd), good(odd), peek(odd)]).toEqual([1, 0, 0]);
  });

  test('is searched by more downloads: few of a large artifact', () => {
    const search = (bytes: number) => {
      const { peek, good } = world();
      good(usual, 'scheduled');
      let orders = peek(odd);
      while (good(usual, 'recheck', bytes) > 0) orders += 1;
      return orders;
    };
    expect([search(1_000), search(limits.wrongRechecksBytes)]).toEqual([limits.wrongRechecksMax, limits.wrongRechecks]);
  });

  test('that no download had is searched only a few times, for all artifacts of the mirror, however slow', () => {
    const { peek, good, wait, take } = world();
    good(usual, 'scheduled');
    const found = Array.from({ length: 10 }, () => {
      const orders = peek(odd);
      for (let left = orders; left > 0; ) {
        wait(limits.oddBeginningMs / 3);
        expect(peek(odd)).toBe(0);
        left = good(usual);
      }
      return orders;
    });
    expect(found.reduce((sum, one) => sum + one, 0)).toBe(limits.beginningsInVain);
    take('scheduled', false, { begins: usual }, 0, other);
    expect(take('peek', false, { begins: odd }, 0, other)).toBe(0);
    wait(24 * 3_600_000);
    expect(take('peek', false, { begins: odd }, 0, other)).toBe(1);
  });

  test('of bytes that are declared wrong is not searched', () => {
    const { detector, peek, good, wrong } = world();
    good(usual, 'scheduled');
    peek(odd);
    expect([wrong(odd), wrong(odd)]).toEqual([1, 0]);
    expect(Array.from({ length: 5 }, () => peek(odd))).toEqual([0, 0, 0, 0, 0]);
    // A good download of another backend does not make them unknown.
    good(usual, 'scheduled');
    expect(peek(odd)).toBe(0);
    const [{ id } = { id: '' }] = detector.findings();
    detector.acknowledge(id, 'known', at(60_000));
    expect([peek(odd), wrong(odd)]).toEqual([1, 1]);
  });

  test('is searched again a minute after a download that failed', () => {
    const { peek, good, fails, wait } = world();
    good(usual, 'scheduled');
    expect([peek(odd), fails(), peek(odd)]).toEqual([1, 0, 0]);
    wait(60_000);
    expect(peek(odd)).toBe(1);
  });

  test('shows nothing if the mirror packs the artifact anew for each request', () => {
    const { peek, good } = world();
    const anew = (n: number) => ({ digest: `pack ${n}`, bytes: 100 });
    good(anew(0), 'scheduled');
    expect(peek(odd)).toBe(1);
    let orders = 1;
    while (good(anew(orders)) > 0) orders += 1;
    expect(orders).toBe(limits.beginningsKnown);
    expect(peek(anew(100))).toBe(0);
  });

  test('one search at a time, unless it got no download', () => {
    const { peek, good, wait } = world();
    good(usual, 'scheduled');
    expect([peek(odd), peek(odd)]).toEqual([1, 0]);
    wait(limits.oddBeginningMs);
    expect(peek(odd)).toBe(1);
  });

  test('wrong bytes still need two downloads', () => {
    const { detector, peek, good, wrong } = world();
    good(usual, 'scheduled');
    expect([peek(odd), wrong(odd)]).toEqual([1, 1]);
    expect(detector.findings()).toEqual([]);
    wrong(odd);
    expect(detector.findings()).toMatchObject([{ evidence: { probeIds: ['recheck-3000', 'recheck-4000'] } }]);
  });
});
