import { expect, test } from 'vitest';
import { explainLag } from '../../../src/detect/findings/lag-says.ts';
import type { LagReading } from '../../../src/detect/memory/subject.ts';

const minute = 60_000;

test.each<[string, number | null, string]>([
  ['bounds apart', 8 * minute, 'by 3 min to 8 min'],
  ['bounds that read alike are said once', 3 * minute + 500, 'by about 3 min'],
  ['no upper bound', null, 'by at least 3 min'],
])('%s', (_name, upperMs, want) => {
  const missing = { count: 2, names: ['v1.1.0'] };
  const reading: LagReading = {
    lowerMs: 3 * minute,
    upperMs,
    agreedMs: 3 * minute,
    oldestMs: 0,
    records: null,
    missing,
    by: 'origin',
    line: null,
  };
  const trouble = {
    module: 'm',
    version: null,
    step: 'list',
    reading,
    backwards: null,
    back: null,
    readings: 9,
    probeId: 'x',
  };
  const context = { limitMs: minute, origin: 'o', isStill: false, known: null, wallAheadMs: 0 };
  expect(explainLag('a', [trouble], context)).toMatchObject({
    text: `a is behind the origin o, ${want}: m lacks v1.1.0 and 1 more version.`,
  });
});
