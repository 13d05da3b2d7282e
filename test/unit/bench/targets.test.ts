import { describe, expect, it } from 'vitest';
import type { AccuracyReport } from '../../../bench/accuracy.ts';
import type { CpuReport, CpuReports } from '../../../bench/cpu.ts';
import type { HashReport, HashRow } from '../../../bench/hash.ts';
import type { ReactionReport } from '../../../bench/reaction.ts';
import { tableOf } from '../../../bench/report.ts';
import { accuracyTargets, cpuTargets, hashTargets, reactionTargets, type Target } from '../../../bench/targets.ts';

const spread = (median: number) => ({ median, least: median, most: median });
const summary = (median: number, p99: number) => ({ count: 10, median, p99, worst: p99 });

function accuracyReport(warm: number): AccuracyReport {
  return {
    perSecond: 200,
    lines: 150_000,
    scrapes: 5,
    mainDelayMsMax: 1,
    probes: 10,
    failed: 0,
    contaminated: { warm, warming: 0.5 },
    workerDelayMs: { p99: 1, worst: 1 },
    rows: [],
    rowsWarming: [],
    rowsQuiet: [],
    link: { lateMsMean: 0, lateMsMax: 0 },
    apparatusFirst: true,
    disturbed: 0,
    othersCores: 0,
    calm: true,
  };
}

/** @param cpu  over undici alone */
function cpuReport(cpu: number, rate: number): CpuReport {
  const round = (cpuMsPerProbe: number) => ({ probes: 1, failed: 0, cpuMsPerProbe, perSecond: 1 });
  return {
    atOnce: 16,
    roundMs: 1_000,
    ours: [round(cpu)],
    theirs: [],
    cpuRatio: spread(cpu),
    rateRatio: spread(rate),
    floors: [{ way: 'undici', rounds: [round(1)], cpuRatio: spread(1) }],
    driverCpuMsPerProbe: 0,
    failed: 0,
    disturbed: 0,
    othersCores: 0,
    calm: true,
  };
}

function reactionReport(worst: number, failed: readonly string[]): ReactionReport {
  return { runs: [], failed, advice: summary(1, 1), webhook: summary(1, worst), othersCores: 0 };
}

const over = (http1: CpuReport, http2: CpuReport): CpuReports => ({ '1.1': http1, '2': http2 });
const verdicts = (targets: readonly Target[]) => targets.map(({ verdict }) => verdict);
const met = (targets: readonly Target[]) => verdicts(targets).map((verdict) => verdict === 'met');

describe('the goals', () => {
  it.each<[string, number, boolean]>([
    ['at the bound', 0.02, true],
    ['just above', 0.0201, false],
  ])('contaminated samples: %s', (_, warm, expected) =>
    expect(met(accuracyTargets(accuracyReport(warm)))).toEqual([expected]),
  );

  it.each<[string, number, number, number, boolean[]]>([
    ['at every bound', 1.05, 1.05, 1, [true, true, true, true]],
    ['too dear over HTTP/1.1', 1.06, 1, 1, [false, true, true, true]],
    ['too dear over HTTP/2', 1.05, 1.06, 1, [true, false, true, true]],
    ['too slow', 0.5, 0.5, 0.99, [true, true, false, true]],
  ])('CPU and rate: %s', (_, http1, http2, rate, expected) =>
    expect(met(cpuTargets(over(cpuReport(http1, rate), cpuReport(http2, 2))))).toEqual(expected),
  );

  it.each<[string, number, string[], boolean]>([
    ['at its bound', 5, [], true],
    ['just above', 5.01, [], false],
    ['a run without advice', 1, ['no webhook'], false],
  ])('reaction: %s', (_, worst, failed, expected) =>
    expect(met(reactionTargets(reactionReport(worst, failed)))).toEqual([expected]),
  );

  it.each<[string, number, number, boolean[]]>([
    ['at both bounds', 0.8, 250, [true, true]],
    ['too slow', 0.79, 250, [false, true]],
    ['too much memory', 2, 251, [true, false]],
  ])('hashing, the worse of two zips: %s', (_, ratio, rssMaxMib, expected) =>
    expect(met(hashTargets(hashReport(ratio, rssMaxMib)))).toEqual(expected),
  );
});

describe('while others were at work', () => {
  const busy = 0.86;
  const both = (report: CpuReport): CpuReports => over(report, report);
  const disturbed: readonly Target['verdict'][] = ['disturbed', 'disturbed', 'disturbed', 'disturbed'];
  it.each<[string, readonly Target[], readonly Target['verdict'][]]>([
    ['contaminated samples', accuracyTargets({ ...accuracyReport(0), calm: false }), ['disturbed']],
    ['CPU and rate', cpuTargets(both({ ...cpuReport(0.1, 9), calm: false })), disturbed],
    ['what was missed is no miss of ours', cpuTargets(both({ ...cpuReport(9, 0.1), calm: false })), disturbed],
    ['reaction', reactionTargets({ ...reactionReport(1, []), othersCores: busy }), ['disturbed']],
    ['hashing, but not its memory', hashTargets({ ...hashReport(2, 200), othersCores: busy }), ['disturbed', 'met']],
  ])('%s', (_, targets, expected) => expect(verdicts(targets)).toEqual(expected));
});

function hashReport(ratio: number, rssMaxMib: number): HashReport {
  const better: HashRow = {
    filling: 'random',
    zipBytes: 1,
    plainBytes: 1,
    entries: 1,
    rounds: 1,
    oursSeconds: spread(1),
    apartSeconds: spread(1),
    pipedSeconds: spread(1),
    ratio: spread(3),
    rssMaxMib: 110,
    rssBeforeMib: 100,
    probe: { transferSeconds: 1, seconds: 1, delayMsMax: 1, rssMaxMib: 1 },
  };
  return { rows: [better, { ...better, filling: 'text', ratio: spread(ratio), rssMaxMib }], othersCores: 0 };
}

describe('tables', () => {
  it('are aligned, the first column to the left', () =>
    expect(
      tableOf([
        ['a', 'long', ''],
        ['bbb', '1', 'x'],
      ]),
    ).toEqual(['a    long', 'bbb     1  x']));
});
