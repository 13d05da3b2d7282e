import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { expectedMb, formula, offBy } from '../../../bench/scale/formula.ts';
import { scaleLines, scaleTargets } from '../../../bench/scale/report.ts';
import type { ScaleRow } from '../../../bench/scale/scale.ts';
import { shapeOf } from '../../../bench/scale/world.ts';
import { committed } from '../../../tools/performance/results.ts';
import { repoDir } from '../../support/paths.ts';

const summary = (median: number) => ({ count: 3, median, p99: median, worst: median });
function row(size: number, over: Partial<ScaleRow> = {}): ScaleRow {
  return {
    ...shapeOf(size),
    probesPerSecond: 100,
    startMs: 1_000,
    rssMb: 300,
    rssMbMost: 310,
    cpuCores: 0.2,
    cpuMsPerProbe: 2,
    lateShare: 0.01,
    veryLateShare: 0,
    scrape: { lines: 10, bytes: 100, zippedBytes: 10, tookMs: summary(900), longestTurnMs: 40 },
    pages: [{ path: '/', tookMs: summary(10) }],
    state: { bytes: 1 },
    reloads: { count: 20, tookMs: summary(100), rssMb: [300, 310, 320], longestTurnMs: 90 },
    othersCores: 0,
    ...over,
  };
}

describe('how much is watched', () => {
  it.each([
    [100, { mirrors: 4, modules: 5, targets: 100, everySeconds: 30 }],
    [1_000, { mirrors: 10, modules: 20, targets: 1_000, everySeconds: 30 }],
    [15_000, { mirrors: 10, modules: 300, targets: 15_000, everySeconds: 100 }],
    [1, { mirrors: 4, modules: 2, targets: 40, everySeconds: 30 }],
  ])('%i targets', (size, shape) => expect(shapeOf(size)).toEqual(shape));
});

describe('the formula', () => {
  it('is the one in docs/operations.md', () => {
    const { baseMb, mbOfFirstThousand, mbPerFurtherThousand, mbHoursLater, cpuMsPerProbe } = formula;
    const read = (file: string) => readFileSync(join(repoDir, file), 'utf8').replaceAll(/[\s#]+/g, ' ');
    const page = read('docs/operations.md');
    const first = `${baseMb} MB, ${mbOfFirstThousand} MB for the first 1 000 targets`;
    const said = `${first} and ${mbPerFurtherThousand} MB for each further 1 000. After an hour it`;
    expect(page).toContain(`${said} uses ${mbHoursLater} MB more`);
    expect(read('deploy/kubernetes/mirrorwatch/values.yaml')).toContain(`${said} has ${mbHoursLater} MB more`);
    expect(page).toContain(`${cpuMsPerProbe} ms of CPU a probe`);
  });

  it('grows in proportion up to a thousand targets, and more slowly from there', () => {
    const { baseMb, mbOfFirstThousand, mbPerFurtherThousand } = formula;
    expect([0, 500, 1_000, 3_000].map(expectedMb)).toEqual([
      baseMb,
      baseMb + mbOfFirstThousand / 2,
      baseMb + mbOfFirstThousand,
      baseMb + mbOfFirstThousand + 2 * mbPerFurtherThousand,
    ]);
  });

  it('is within a tenth of every committed result', () => {
    const rows = committed().get('scale')?.scale?.rows ?? [];
    expect(rows.map(({ targets }) => targets)).toEqual([100, 1_000, 15_000]);
    for (const { targets, rssMb } of rows) expect(Math.abs(offBy(rssMb, expectedMb(targets)))).toBeLessThan(0.1);
    const { targets, minutes } = committed().get('hour')?.hour ?? { targets: 0, minutes: [] };
    const later = offBy(minutes.at(-1)?.rssMb ?? Number.NaN, expectedMb(targets) + formula.mbHoursLater);
    expect(Math.abs(later)).toBeLessThan(0.1);
  });

  it('is held against what was measured', () => {
    expect([offBy(110, 100), offBy(90, 100)].map((off) => off.toFixed(2))).toEqual(['0.10', '-0.10']);
    const text = scaleLines({ rows: [row(1_000, { rssMb: 2 * expectedMb(1_000) })] }).join('\n');
    expect(text).toMatch(/^off by +\+100 %$/m);
  });
});

describe('the goals of scale', () => {
  it.each([
    ['memory at its bound, a page in time', row(15_000, { rssMb: 400 }), [true, true, true]],
    ['memory just above', row(15_000, { rssMb: 400.1 }), [false, true, true]],
    [
      'a turn too long and a page too slow',
      row(15_000, { scrape: { ...row(15_000).scrape, tookMs: summary(1_001), longestTurnMs: 50.1 } }),
      [true, false, false],
    ],
    ['memory alone counts at 1 000', row(1_000, { rssMb: 170 }), [true]],
    ['nothing is asked of 100', row(100), []],
    [
      'beside others a time counts for nothing, and memory counts',
      row(15_000, { othersCores: 1 }),
      [true, false, false],
    ],
  ])('%s', (_, one, met) => expect(scaleTargets({ rows: [one] }).map(({ verdict }) => verdict === 'met')).toEqual(met));
});
