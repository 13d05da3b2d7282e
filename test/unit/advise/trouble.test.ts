import { describe, expect, it } from 'vitest';
import type { TallySample } from '../../../src/advise/tally.ts';
import { troubleOf } from '../../../src/advise/trouble.ts';

/** A response to a request sent at second `from`, which ended at second `to`. */
function sampleOf(id: string, tag: 'ok' | 'failed', from: number, to: number): TallySample {
  const target = { id, weight: id.startsWith('zip') ? 'heavy' : 'light' };
  const reason = tag === 'failed' ? 'server' : null;
  return { atMs: 1_000 * from, tookMs: 1_000 * (to - from), tag, reason, target } as TallySample;
}

describe('the kind of trouble, by the last responses', () => {
  it('one probe in twenty fails: not "1 of 1"', () => {
    const sample = (tag: 'ok' | 'failed', at: number) =>
      ({
        atMs: 1_000 * at,
        tookMs: 0,
        tag,
        reason: tag === 'failed' ? 'server' : null,
        target: { id: `a${at % 20}` },
      }) as TallySample;
    const light = (isBad: (at: number) => boolean) =>
      Array.from({ length: 100 }, (_, at) => sample(isBad(at) ? 'failed' : 'ok', at));
    const troubleBy = (isBad: (at: number) => boolean) =>
      troubleOf({ samples: { light: light(isBad), heavy: [] }, rows: { light: null, heavy: null } });
    // From the first failure on: 20, 41, 62, 83, 98.
    expect(troubleBy((at) => at === 98 || (at >= 20 && (at - 20) % 21 === 0))).toMatchObject({ failed: 5, all: 80 });
    // Of one failure alone nothing else is known.
    expect(troubleBy((at) => at === 98)).toMatchObject({ failed: 1, all: 2 });
    // A burst stays a burst, beside one failure long before.
    expect(troubleBy((at) => at === 20 || at >= 96)).toMatchObject({ failed: 4, all: 4 });
  });

  it('one download in five fails, between many good light requests', () => {
    const sample = (isGood: boolean, at: number, weight: 'light' | 'heavy') =>
      ({
        atMs: 1_000 * at,
        tookMs: 0,
        tag: isGood ? 'ok' : 'failed',
        reason: isGood ? null : 'server',
        target: { id: `${weight}${at % 7}`, weight },
      }) as TallySample;
    const light = Array.from({ length: 150 }, (_, at) => sample(true, 4 * at, 'light'));
    const troubleBy = (failed: readonly number[], until: number) =>
      troubleOf({
        samples: {
          light,
          heavy: Array.from({ length: until }, (_, at) => sample(!failed.includes(at), 20 * at, 'heavy')),
        },
        rows: { light: null, heavy: null },
      });
    expect(troubleBy([4, 9, 14, 19], 24)).toMatchObject({ kind: 'share', isOfDownloads: true, failed: 4, all: 20 });
    // Of nine downloads, three failed. Then twelve succeed.
    expect(troubleBy([4, 8, 12], 24)).toMatchObject({ kind: 'share' });
    expect(troubleBy([4, 8, 12], 25)).toMatchObject({ kind: 'none' });
    // Two failed downloads are too few.
    expect(troubleBy([20, 29], 30)).toMatchObject({ kind: 'none' });
  });

  it('a row of failed downloads is over after two good ones, one of an artifact that failed', () => {
    const light = Array.from({ length: 60 }, (_, at) => sampleOf(`light${at % 7}`, 'ok', 10 * at, 10 * at));
    const troubleBy = (...heavy: TallySample[]) =>
      troubleOf({ samples: { light, heavy }, rows: { light: null, heavy: null } });
    const rowOf = (tag: 'ok' | 'failed', from: number, ...ids: readonly string[]) =>
      ids.map((id, at) => sampleOf(id, tag, from + 10 * at, from + 10 * at + 5));
    const row = [...rowOf('ok', 0, 'zip1', 'zip2'), ...rowOf('failed', 101, 'zip1', 'zip2', 'zip1', 'zip2')];
    expect(troubleBy(...row, ...rowOf('ok', 401, 'zip1', 'zip2', 'zip1'))).toMatchObject({
      kind: 'none',
      fromMs: 140_000,
    });
    expect(troubleBy(...row, ...rowOf('ok', 401, 'zip1', 'zip2'))).toMatchObject({ kind: 'none' });
    expect(troubleBy(...row.slice(0, 4), ...rowOf('ok', 401, 'zip1', 'zip2'))).toMatchObject({ kind: 'none' });
    // One good download shows little, and so do other artifacts. An artifact that still fails is a reason.
    expect(troubleBy(...row, ...rowOf('ok', 401, 'zip1'))).toMatchObject({ kind: 'share' });
    const ofOne = [...rowOf('ok', 0, 'zip1'), ...rowOf('failed', 101, 'zip1', 'zip1', 'zip1')];
    expect(troubleBy(...ofOne, ...rowOf('ok', 401, 'zip2', 'zip3'))).toMatchObject({ kind: 'targets' });
    expect(
      troubleBy(...rowOf('failed', 101, 'zip1', 'zip2', 'zip3'), ...rowOf('ok', 401, 'zip4', 'zip5')),
    ).toMatchObject({
      kind: 'share',
    });
    // A download that started before the last failure ended is no evidence. Failures in two rows are a failure rate.
    const early = sampleOf('zip1', 'ok', 133, 300);
    expect(troubleBy(...row, early, ...rowOf('ok', 401, 'zip2'))).toMatchObject({ kind: 'share', failed: 4, all: 6 });
    const again = [...row, ...rowOf('ok', 201, 'zip1'), ...rowOf('failed', 301, 'zip1')];
    expect(troubleBy(...again, ...rowOf('ok', 401, 'zip1', 'zip2'))).toMatchObject({
      kind: 'share',
      failed: 5,
      all: 8,
    });
    // Light requests fail too.
    const info = sampleOf('light1', 'failed', 135, 135);
    const mixed = {
      light: [...light.slice(0, 15), info].sort((a, b) => a.atMs - b.atMs),
      heavy: [...row, ...rowOf('ok', 401, 'zip1', 'zip2')],
    };
    expect(troubleOf({ samples: mixed, rows: { light: null, heavy: null } })).toMatchObject({
      kind: 'share',
      failed: 5,
    });
  });

  describe('downloads that failed in a row', () => {
    const row = { fromMs: 301_000, reason: 'reset', status: null, timeouts: 0, waitedMs: 0, hasCanary: false } as const;
    /** Light requests each 10 s, of which one in `lightEvery` fails, and `count` failed downloads from second 301 on. */
    const troubleBy = (lightEvery: number, okAt: readonly number[], count: number) => {
      const light = Array.from({ length: 34 }, (_, at) =>
        sampleOf(`light${at % 7}`, at % lightEvery === 1 ? 'failed' : 'ok', 10 * at, 10 * at),
      );
      const failed = Array.from({ length: count }, (_, at) => sampleOf(`zip${at % 4}`, 'failed', 301 + at, 302 + at));
      const heavy = [...okAt.map((at) => sampleOf('zip9', 'ok', at, at + 1)), ...failed];
      const targets = new Set(failed.map(({ target }) => target.id));
      return troubleOf({ samples: { light, heavy }, rows: { light: null, heavy: { ...row, count, targets } } });
    };
    const never = Number.POSITIVE_INFINITY;

    it.each<[string, number, readonly number[], number, object | null]>([
      ['light requests fail too', 3, [100, 200], 2, { isOfDownloads: false, failed: 13 }],
      ['light requests fail too, and no download succeeded', 3, [], 6, { isOfDownloads: false, failed: 17 }],
      ['downloads succeeded minutes ago', never, [100, 200], 2, { isOfDownloads: true, failed: 2, all: 4 }],
      ['but four of them', never, [100, 200], 4, null],
      ['no download succeeded', never, [], 2, null],
      ['the last good download is older than five minutes', never, [0], 2, null],
      ['one light request of many failed', 30, [], 2, null],
    ])('%s', (_name, lightEvery, okAt, count, share) => {
      const want = share === null ? null : expect.objectContaining({ reason: 'server', ...share });
      expect(troubleBy(lightEvery, okAt, count)).toEqual({ kind: 'downloads', row: expect.anything(), share: want });
    });
  });

  it('downloads that failed in an outage are no reason once it is over', () => {
    const sample = (tag: 'ok' | 'failed', id: string, at: number) => {
      const target = { id, weight: id.startsWith('zip') ? 'heavy' : 'light', canary: id === 'mod' };
      return { atMs: 1_000 * at, tookMs: 0, tag, reason: tag === 'failed' ? 'server' : null, target } as TallySample;
    };
    const troubleBy = (downFor: number, zips: readonly (readonly [id: string, at: number])[]) => {
      const heavy = zips.map(([id, at]) => sample('failed', id, at));
      const light = Array.from({ length: 30 }, (_, at) => sample(at < downFor ? 'failed' : 'ok', 'mod', at));
      const row = {
        count: zips.length,
        fromMs: 0,
        reason: 'server',
        status: null,
        timeouts: 0,
        waitedMs: 0,
        hasCanary: false,
      } as const;
      const targets = new Set(zips.map(([id]) => id));
      return troubleOf({ samples: { light, heavy }, rows: { light: null, heavy: { ...row, targets } } });
    };
    expect(
      troubleBy(5, [
        ['zip1', 2],
        ['zip1', 4],
      ]),
    ).toEqual({ kind: 'none', count: 25, fromMs: 5_000 });
    expect(
      troubleBy(5, [
        ['zip1', 2],
        ['zip2', 4],
      ]),
    ).toEqual({ kind: 'none', count: 25, fromMs: 5_000 });
    // Downloads fail after the outage too, or there was none.
    expect(
      troubleBy(5, [
        ['zip1', 2],
        ['zip1', 6],
        ['zip1', 8],
      ]),
    ).toMatchObject({ kind: 'targets', failing: [{ count: 2 }] });
    expect(
      troubleBy(5, [
        ['zip1', 2],
        ['zip2', 6],
      ]),
    ).toMatchObject({ kind: 'downloads' });
    expect(
      troubleBy(2, [
        ['zip1', 0],
        ['zip1', 1],
      ]),
    ).toMatchObject({ kind: 'targets' });
  });

  it('requests that failed in an outage are no reason once it is over', () => {
    const sample = (tag: 'ok' | 'failed', from: number, to: number, id = 'mod') => {
      const [reason, target] = [tag === 'failed' ? 'timeout_processing' : null, { id, canary: id === 'mod' }];
      return { atMs: 1_000 * from, tookMs: 1_000 * (to - from), tag, reason, target } as TallySample;
    };
    const rowOf = (tag: 'ok' | 'failed', from: number, to: number) =>
      Array.from({ length: to - from }, (_, at) => sample(tag, from + at, from + at + 1));
    const troubleBy = (...light: TallySample[]) =>
      troubleOf({ samples: { light, heavy: [] }, rows: { light: null, heavy: null } });
    const outage = [...rowOf('ok', 0, 30), ...rowOf('failed', 30, 43)];
    expect(troubleBy(...outage, ...rowOf('ok', 43, 45))).toEqual({ kind: 'none', count: 2, fromMs: 43_000 });
    // A stopped server goes on: a request from long before responds too.
    const hung = sample('ok', 38, 44, 'info');
    expect(troubleBy(...outage, ...rowOf('ok', 43, 46), hung)).toEqual({ kind: 'none', count: 3, fromMs: 43_000 });
    // One good response shows little, and a mirror that failed before too is unreliable.
    expect(troubleBy(...outage, ...rowOf('ok', 43, 44))).toMatchObject({ kind: 'share', failed: 13, all: 14 });
    const before = sample('failed', 20, 21, 'info');
    expect(troubleBy(before, ...outage, ...rowOf('ok', 43, 46))).toMatchObject({ kind: 'share', failed: 14 });
  });

  it('"all probes" of a span in which all results are still stored', () => {
    const good = (id: string, at: number) =>
      ({ atMs: at, tookMs: 0, tag: 'ok', reason: null, target: { id } }) as TallySample;
    const heavy = Array.from({ length: 10 }, (_, at) => good('zip', 60_000 * at));
    const light = Array.from({ length: 120 }, (_, at) => good('mod', 400_000 + 1_000 * at));
    // Older results of light requests were dropped, and can have been failures.
    expect(troubleOf({ samples: { light, heavy }, rows: { light: null, heavy: null } })).toEqual({
      kind: 'none',
      count: 123,
      fromMs: 400_000,
    });
  });
});
