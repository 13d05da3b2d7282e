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
  const subject = { module: 'm', version: null, step: 'list' };
  const trouble = { subject, shelf: { looks: 9, back: null }, reading, backwards: null, probeId: 'x' };
  const context = { limitMs: minute, origin: 'o', isStill: false, known: null, wallAheadMs: 0 };
  expect(explainLag('a', [trouble], context)).toMatchObject({
    text: `a is behind the origin o, ${want}: m lacks v1.1.0 and 1 more version.`,
  });
});

test.each<[string | null, string]>([
  [null, 'the mirror lacks at least 7 records'],
  ['m', 'the serial number of m is at least 7 too low'],
])('records are of the whole mirror, the serial number of a module counts more: %s', (module, want) => {
  const reading: LagReading = {
    lowerMs: 3 * minute,
    upperMs: null,
    agreedMs: 3 * minute,
    oldestMs: 0,
    records: 7,
    missing: null,
    by: 'origin',
    line: null,
  };
  const subject = { module, version: null, step: 'list' };
  const what = { subject, shelf: { looks: 9, back: null }, backwards: null, probeId: 'x' };
  const context = { limitMs: minute, origin: 'o', isStill: false, known: null, wallAheadMs: 0 };
  expect(explainLag('a', [{ ...what, reading }], context)).toMatchObject({
    text: `a is behind the origin o, by at least 3 min: ${want}.`,
  });
});
