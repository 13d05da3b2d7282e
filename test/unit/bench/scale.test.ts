import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { expectedMb, formula, offBy } from '../../../bench/scale/formula.ts';
import { committed } from '../../../tools/performance/results.ts';
import { repoDir } from '../../support/paths.ts';

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
});
