import { describe, expect, test } from 'vitest';
import type { Row } from '../../../src/core/ports.ts';
import type { Sample, SettledSample } from '../../../src/core/sample.ts';
import type { Freshness } from '../../../src/core/standing.ts';
import { type TrendCell, type TrendRange, trendGrids, trendRanges } from '../../../src/core/trend.ts';
import { isSoundRow } from '../../../src/state/row-shapes.ts';
import { createTrends } from '../../../src/state/trend.ts';
import { aDue, aSample, aTarget, refused } from '../detect/world.ts';

const minute = 60_000;
const hour = 60 * minute;
/** A whole number of half hours. */
const startMs = Date.UTC(2026, 2, 4, 8);
const canary = aTarget('a');
const other = aTarget('a', 'info');
const mirror = { name: 'a', url: 'https://a.example.com', connections: ['cold', 'warm'] } as const;
const config = { mirrors: [mirror] };
const now = (afterMs: number) => ({ wallMs: startMs + afterMs, monotonicMs: 5_000_000 + afterMs });

interface Told {
  readonly rttMs?: number;
  readonly outcome?: SettledSample['outcome'];
  readonly of?: typeof canary;
  readonly cold?: boolean;
  readonly steady?: Sample['steady'];
  readonly purpose?: 'confirm';
  readonly connection?: 'warm';
}

function settled({ rttMs = 40, outcome = { tag: 'ok' }, of = canary, cold = false, ...told }: Told): SettledSample {
  const { steady, purpose, connection } = told;
  const due = aDue(of, { ...(purpose && { purpose }), ...(connection && { connection }) });
  const sample = aSample(due, 0, rttMs, outcome, steady === undefined ? {} : { steady });
  return { ...sample, cold, thresholdMs: null, baselineMs: null };
}

/** What was settled, by how long after the start. */
function fed(
  told: readonly (readonly [afterMs: number, told: Told])[],
  trends = createTrends(config, []),
): ReturnType<typeof createTrends> {
  for (const [afterMs, one] of told) trends.take(settled(one), now(afterMs));
  return trends;
}

const cellsOf = (trends: ReturnType<typeof createTrends>, range: TrendRange, afterMs: number): readonly TrendCell[] =>
  trends.of('a', range, now(afterMs))?.cells ?? [];

const unknown = { tag: 'unknown', because: 'vantage' } as const;
const freshness = (lowerMs: number | null, upperMs: number | null): Freshness => ({
  lowerMs,
  upperMs,
  missing: null,
  propagation: { releases: 0, p50Ms: null, p90Ms: null },
});

describe('a cell', () => {
  test('holds what was settled in it: of the canary, and why targets failed', () => {
    const trends = fed([
      [0, { rttMs: 40 }],
      [10_000, { rttMs: 40 }],
      [20_000, { outcome: refused }],
      [30_000, { outcome: unknown }],
      [30_000, { of: other, outcome: refused }],
      [40_000, { of: other, rttMs: 9_999 }],
      [50_000, { rttMs: 9_999, cold: true }],
    ]);
    expect(cellsOf(trends, 'hour', minute)).toEqual([
      {
        startMs,
        ok: 3,
        failed: 1,
        unknown: 1,
        p50Ms: expect.closeTo(40, -0.3),
        p95Ms: expect.closeTo(40, -0.3),
        silentMs: 20_000,
        attempts: 6,
        failures: { refused: 2 },
        bytesPerSecond: null,
        lagLowerMs: null,
        lagUpperMs: null,
      },
    ]);
  });

  test.each<[string, Told]>([
    ['a confirming answer', { purpose: 'confirm' }],
    ['an answer of a mirror that is not configured', { of: aTarget('b') }],
  ])('%s does not count', (_what, told) => expect(cellsOf(fed([[0, told]]), 'hour', 0)).toEqual([]));

  test('over a warm connection it is no answer of the canary where there is a cold one, but an attempt', () => {
    const [cell] = cellsOf(fed([[0, { connection: 'warm' }]]), 'hour', 0);
    expect([cell?.ok, cell?.attempts]).toEqual([0, 1]);
  });

  test('throughput is bytes by time over all that moved enough', () => {
    const trends = fed([
      [0, { steady: { bytes: 1_000_000, ms: 500 } }],
      [1_000, { steady: { bytes: 3_000_000, ms: 1_500 }, of: other }],
      [2_000, { outcome: refused, steady: { bytes: 9_000_000, ms: 1 } }],
    ]);
    expect(cellsOf(trends, 'day', 5_000)[0]?.bytesPerSecond).toBe(2_000_000);
  });

  test('lag is that of when it was furthest behind, with the bounds it had then; unknown is not zero', () => {
    const trends = createTrends(config, []);
    for (const [lower, upper] of [
      [0, 9],
      [700, null],
      [null, null],
      [300, 400],
    ] as const)
      trends.fresh('a', freshness(lower, upper), now(0));
    expect(cellsOf(trends, 'hour', 0).map(({ lagLowerMs, lagUpperMs }) => [lagLowerMs, lagUpperMs])).toEqual([
      [700, null],
    ]);
    expect(cellsOf(fed([[0, {}]]), 'hour', 0)[0]?.lagLowerMs).toBeNull();
  });
});

describe('what was not watched', () => {
  test('has no cell', () => {
    const trends = fed([0, 1, 5, 6].map((minutes) => [minutes * minute, {}] as const));
    const starts = cellsOf(trends, 'hour', 8 * minute).map((cell) => (cell.startMs - startMs) / minute);
    expect(starts).toEqual([0, 1, 5, 6]);
  });

  test('within a cell counts as silence, at its beginning, in the middle and at its end', () => {
    const trends = fed([4, 5, 6, 14, 15, 20, 34].map((minutes) => [minutes * minute, {}] as const));
    // From 6 to 14; from 20 to the end at 30; from 30 to 34; and until now.
    expect(cellsOf(trends, 'week', 35 * minute).map(({ silentMs }) => silentMs / minute)).toEqual([10, 4]);
    expect(cellsOf(trends, 'week', 45 * minute).map(({ silentMs }) => silentMs / minute)).toEqual([10, 11]);
  });
});

describe('bounds', () => {
  const week = 7 * 24 * hour;
  const trends = fed([]);
  const rows = new Map<string, string>();
  const kept = (one: Row): void => void rows.set(one.key, JSON.stringify(one.value));
  for (let afterMs = 0; afterMs < 2 * week; afterMs += minute) {
    trends.take(settled({ rttMs: 20 + (afterMs % 977), steady: { bytes: 1_234_567, ms: 97 } }), now(afterMs));
    trends.take(settled({ of: other, outcome: refused }), now(afterMs));
    for (const row of trends.rows(now(afterMs), false)) kept(row);
  }

  test.each(trendRanges)('a %s has so many cells and no more, whatever came before', (range) => {
    const trend = trends.of('a', range, now(2 * week - 1));
    const { cells, cellMs } = trendGrids[range];
    expect(trend?.cells).toHaveLength(cells);
    expect(trend?.cells[0]?.startMs).toBe(trend?.fromMs);
    expect(trend?.fromMs).toBe(startMs + 2 * week - cells * cellMs);
  });

  test('the state file holds 61 rows of a mirror, 90 KB at most where each cell has failures', () => {
    expect(rows.size).toBe(6 + 25 + 29 + 1);
    expect([...rows.values()].reduce((sum, text) => sum + text.length, 0)).toBeLessThan(90_000);
    expect(Math.max(...[...rows.values()].map((text) => text.length))).toBeLessThan(4_096);
  });

  test('after a restart all of it is there again, to a tenth of a millisecond', () => {
    const restored = [...rows].map(([key, text]): Row => ({ table: 'trend', key, atMs: 0, value: JSON.parse(text) }));
    const again = createTrends(config, restored);
    for (const range of trendRanges) {
      const [before, after] = [cellsOf(trends, range, 2 * week - 1), cellsOf(again, range, 2 * week - 1)];
      expect(after.map((cell) => cell.startMs)).toEqual(before.map((cell) => cell.startMs));
      expect(after.map((cell) => [cell.ok, cell.failures, cell.attempts, cell.silentMs])).toEqual(
        before.map((cell) => [cell.ok, cell.failures, cell.attempts, cell.silentMs]),
      );
      for (const [i, cell] of after.entries())
        expect(Math.abs((cell.p50Ms ?? 0) - (before[i]?.p50Ms ?? 0))).toBeLessThan(0.06);
    }
  });
});

describe('the state file', () => {
  const rowsAt = (trends: ReturnType<typeof createTrends>, afterMs: number, everything = false): readonly Row[] =>
    trends.rows(now(afterMs), everything);

  test('is written for a mirror at most once a minute, and at a shutdown', () => {
    const trends = fed([[0, {}]]);
    expect(rowsAt(trends, 1).map(({ key }) => key)).toEqual(['open/a']);
    fed([[2_000, {}]], trends);
    // The clock's minute ends at 40 s: all mirrors are due together.
    expect(rowsAt(trends, 39_999)).toEqual([]);
    expect(rowsAt(trends, 40_000)).toHaveLength(1);
    fed([[41_000, {}]], trends);
    expect(rowsAt(trends, minute - 1)).toEqual([]);
    expect(rowsAt(trends, minute - 1, true)).toHaveLength(1);
    expect(rowsAt(trends, 2 * minute, true)).toEqual([]);
  });

  test('takes ten mirrors a turn, the others with the next', () => {
    const many = Array.from({ length: 25 }, (_, i) => ({ ...mirror, name: `m${i}` }));
    const trends = createTrends({ mirrors: many }, []);
    for (const { name } of many) trends.take(settled({ of: aTarget(name) }), now(0));
    expect([1, 2, 3, 4].map((afterMs) => rowsAt(trends, afterMs).length)).toEqual([10, 10, 5, 0]);
  });

  test('a cell goes on where it was left, and the time between is a silence', () => {
    const before = fed([0, 1, 2].map((minutes) => [minutes * minute, { rttMs: 50 }] as const));
    const again = createTrends(config, rowsAt(before, 2 * minute, true));
    fed([[12 * minute, { rttMs: 50, outcome: refused }]], again);
    const [cell] = cellsOf(again, 'week', 12 * minute);
    expect([cell?.ok, cell?.failed, cell?.silentMs, cell?.failures]).toEqual([3, 1, 10 * minute, { refused: 1 }]);
    expect(cellsOf(again, 'hour', 12 * minute).map(({ startMs: at }) => (at - startMs) / minute)).toEqual([
      0, 1, 2, 12,
    ]);
  });

  test('a cell that was left open is closed with the first answer after it', () => {
    const again = createTrends(config, rowsAt(fed([[29 * minute, {}]]), 29 * minute, true));
    fed([[95 * minute, {}]], again);
    expect(cellsOf(again, 'week', 95 * minute).map(({ startMs: at, silentMs }) => [at - startMs, silentMs])).toEqual([
      [0, 29 * minute],
      [90 * minute, 5 * minute],
    ]);
  });

  test.each<[string, (row: Row) => Row]>([
    ['of another address', (row) => ({ ...row, value: { ...(row.value as object), url: 'https://b.example.com' } })],
    ['of another form', (row) => ({ ...row, value: { ...(row.value as object), v: 2 } })],
    ['of a range that there is not', (row) => ({ ...row, key: row.key.replace(/^(hour|day|week|open)/, 'year') })],
    ['of nobody', (row) => ({ ...row, key: row.key.replace(/a$/, 'b') })],
    ['that is null', (row) => ({ ...row, value: null })],
    ['that is a list', (row) => ({ ...row, value: [] })],
    [
      'whose cells are words',
      (row) => ({ ...row, value: { ...(row.value as object), cells: ['x', [], [0, 0, 0]], open: [['x', {}]] } }),
    ],
  ])('a row %s is left out', (_what, spoiled) => {
    const rows = rowsAt(fed([0, 40, 90].map((minutes) => [minutes * minute, {}] as const)), 90 * minute, true);
    expect(rows.length).toBeGreaterThan(3);
    const again = createTrends(config, rows.map(spoiled));
    expect(trendRanges.flatMap((range) => cellsOf(again, range, 90 * minute))).toEqual([]);
  });
});

test('a stored row with a cell of another form is no sound row', () => {
  const trends = fed([
    [0, { rttMs: 40 }],
    [3 * hour, { outcome: refused }],
    [6 * hour, {}],
  ]);
  const rows = trends.rows(now(7 * hour), true);
  expect(rows.filter((row) => !isSoundRow(row))).toEqual([]);
  const closed = rows.find(({ key }) => key.startsWith('hour/'));
  const open = rows.find(({ key }) => key.startsWith('open/'));
  const wrong = [
    ...[{}, [5], [null], [[1, 5]], [[1, [1e300]]], [['x', []]]].map((cells) => [closed, { cells }] as const),
    ...[{}, [{}], [['hour', null]], [['hour', { startMs: 'x' }]]].map((cells) => [open, { open: cells }] as const),
    ...[{ sums: {} }, { bins: [5] }, { bins: 5 }, { bins: null }, { failures: [null] }, { lag: 5 }].map(
      (part) => [open, { open: [['hour', { startMs, sums: [], bins: [], failures: [], lag: [], ...part }]] }] as const,
    ),
  ];
  const isSound = ([row, change]: (typeof wrong)[number]): boolean =>
    row === undefined || isSoundRow({ ...row, value: { ...Object(row.value), ...change } });
  expect(wrong.filter(isSound)).toEqual([]);
});

test('a reload: keeps what stays, and forgets a mirror that left or moved', () => {
  const trends = fed([[0, {}]]);
  trends.replace({ mirrors: [{ ...mirror, connections: ['cold'] }] });
  expect(cellsOf(trends, 'hour', 0)).toHaveLength(1);
  trends.replace({ mirrors: [{ ...mirror, url: 'https://elsewhere.example.com' }] });
  expect(cellsOf(trends, 'hour', 0)).toEqual([]);
  trends.replace({ mirrors: [] });
  expect(trends.of('a', 'hour', now(0))).toBeNull();
});

test('a wall clock that goes back: a little changes nothing; by more than a cell it begins anew', () => {
  const trends = fed([
    [5 * minute, {}],
    [4.5 * minute, {}],
  ]);
  expect(cellsOf(trends, 'hour', 5 * minute).map(({ ok }) => ok)).toEqual([2]);
  fed([[0, {}]], trends);
  expect(cellsOf(trends, 'hour', minute).map(({ startMs: at, ok }) => [at - startMs, ok])).toEqual([[0, 1]]);
});
