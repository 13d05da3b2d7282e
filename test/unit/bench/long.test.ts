import { describe, expect, it } from 'vitest';
import type { Day } from '../../../bench/long/days.ts';
import { growthOf } from '../../../bench/long/flat.ts';
import type { HourReport, Minute } from '../../../bench/long/hour.ts';
import type { ReloadsRow } from '../../../bench/long/reloads.ts';
import {
  daysLines,
  daysTargets,
  hourLines,
  hourTargets,
  reloadsLines,
  reloadsTargets,
} from '../../../bench/long/report.ts';
import { countsOf } from '../../../bench/scale/counts.ts';
import { lightTargets, shapeOf } from '../../../bench/scale/world.ts';

describe('growth', () => {
  it.each([
    ['flat', [5, 5, 5, 5, 5, 5], 1],
    ['what fills in the first third does not count', [1, 2, 6, 6, 6, 6], 1],
    ['from the second third to the last', [1, 1, 4, 4, 8, 8], 2],
    ['three values', [9, 2, 3], 1.5],
    ['what is left over belongs to the second', [1, 2, 2, 8, 4], 2],
    ['a peak is no growth', [2, 2, 2, 2, 2, 2, 2, 90, 2], 1],
  ])('%s', (_, values, growth) => expect(growthOf(values)).toBe(growth));
});

function reloadsRow(afterMb: readonly number[], liveLaterMb = 31): ReloadsRow {
  const held = (reloads: number, rssMb: number) => ({ reloads, rssMb, heapMb: 40 });
  return {
    targets: 1_000,
    count: 1_000,
    tookMs: { count: 1_000, median: 20, p99: 40, worst: 50 },
    held: [held(0, 180), ...afterMb.map((mb, at) => held(Math.ceil(1_000 / afterMb.length) * (at + 1), mb))],
    laterMb: 195,
    liveMb: { before: 30, later: liveLaterMb },
    othersCores: 0,
  };
}

describe('reloads', () => {
  it.each([
    ['at both bounds', reloadsRow([190, 200, 210], 34.5), [true, true]],
    ['memory just above', reloadsRow([190, 200, 210.1]), [false, true]],
    ['more lives than before', reloadsRow([190, 200, 200], 34.6), [true, false]],
  ])('%s', (_, row, met) =>
    expect(reloadsTargets({ rows: [row] }).map(({ verdict }) => verdict === 'met')).toEqual(met),
  );

  it('report the memory, whatever is judged', () =>
    expect(reloadsTargets({ rows: [reloadsRow([190, 200, 200])] }).map(({ what, got }) => [what, got])).toEqual([
      [
        'memory over reloads at 1000 targets, last third over second',
        '1.00 × (180 MB before, 200 after 1000, 195 a minute later)',
      ],
      ['live heap after reloads at 1000 targets, over before', '1.03 × (30.0 → 31.0 MB)'],
    ]));

  it('are printed in columns', () =>
    expect(reloadsLines({ rows: [reloadsRow([230])] })).toEqual([
      '1000 targets, 1000 reloads of 20 ms (worst 50), memory of the built package:',
      'after reloads                 0  1000  a minute later',
      'memory, MB                  180   230             195',
      'heap, garbage included, MB   40    40',
      'what lives in the heap: 30.0 MB before, 31.0 a minute later; others used 0.00 cores',
    ]));
});

const day = (at: number, heapMb: number): Day => ({
  day: at,
  probes: at * 100,
  notices: at,
  heapMb,
  stateMb: 1.5,
  stateRows: 10,
});

describe('days', () => {
  it.each([
    ['at the bound', [30, 100, 102], 'met'],
    ['just above', [30, 100, 102.1], 'missed'],
  ])('%s', (_, heaps, verdict) =>
    expect(daysTargets({ days: heaps.map((heap, at) => day(at + 1, heap)) })).toMatchObject([
      { what: 'live heap over simulated days, last third over second', verdict },
    ]),
  );
  it('are a line each', () =>
    expect(daysLines({ days: [day(1, 30.26)] }).slice(1)).toEqual([
      'day  probes  notices  live heap, MB  of it the state file  its rows',
      '1       100        1           30.3                  1.50        10',
    ]));
});

function hourOf(rssMb: readonly number[], over: Partial<HourReport> = {}): HourReport {
  const minutes = rssMb.map(
    (mb, at): Minute => ({
      minute: at + 1,
      rssMb: mb,
      heapMb: 30,
      threads: 20,
      descriptors: 40,
      stateBytes: 2 ** 21,
      writtenBytes: 2 ** 20,
      cpuMs: 1_200,
      probes: 160,
      failed: 0,
      unknown: 1,
      late: 3,
      veryLate: 1,
    }),
  );
  return { targets: 100, everySeconds: 30, minutes, due: 1_000, told: 1_000, othersCores: 0.1, ...over };
}

describe('an hour', () => {
  it.each([
    ['at both bounds', hourOf([90, 100, 105], { told: 995 }), [true, true]],
    ['memory just above', hourOf([90, 100, 105.1]), [false, true]],
    ['a probe too few', hourOf([90, 100, 100], { told: 994 }), [true, false]],
  ])('%s', (_, report, met) => expect(hourTargets(report).map(({ verdict }) => verdict === 'met')).toEqual(met));

  it('shows the first minute, every fifth and the last, and sums over all', () => {
    const lines = hourLines(hourOf(Array.from({ length: 12 }, () => 130)));
    expect(lines.slice(2, -2).map((line) => line.split(/\s+/)[0])).toEqual(['1', '5', '10', '12']);
    expect(lines[2]?.split(/\s+/)).toEqual([
      '1',
      '130',
      '30.0',
      '20',
      '40',
      '2.0',
      '1.0',
      '2.0',
      '%',
      '160',
      '1',
      '3',
      '1',
    ]);
    expect(lines.at(-2)).toBe(
      '1000 probes reported, 1000 due by schedule; 0 failed, 12 unknown, ' +
        '36 began > 5 ms and 12 > 100 ms late; others used 0.10 cores',
    );
  });
});

it('four of five targets of a module are light', () => {
  expect(lightTargets(shapeOf(100))).toBe(80);
});

it('counters of a page are summed over its series', () => {
  const page = [
    'mirror_probe_attempts_total{registry="a",step="mod"} 7',
    'mirror_probe_attempts_total{registry="b",step="mod"} 5',
    'mirror_probe_failures_total{registry="a",step="mod",reason="refused"} 2',
    'mirror_probe_unknown_total{registry="a",step="mod",because="contaminated"} 1',
    'mirror_probe_unknown_total{registry="a",step="mod",because="local"} 3',
    'mirrorwatch_schedule_delay_seconds_bucket{le="0.005"} 9',
    'mirrorwatch_schedule_delay_seconds_bucket{le="0.1"} 15 # {} 0.05',
    'mirrorwatch_schedule_delay_seconds_count 16',
    '',
  ].join('\n');
  expect(countsOf(page)).toEqual({
    attempts: 12,
    failed: 2,
    unknown: 4,
    series: 2,
    starts: 16,
    within5: 9,
    within100: 15,
  });
});
