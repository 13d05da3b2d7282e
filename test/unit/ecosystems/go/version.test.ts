import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { latestOf, sortVersions } from '../../../../src/ecosystems/go/list.ts';
import {
  compareVersions,
  isCanonical,
  isPrerelease,
  isPseudo,
  isSemver,
} from '../../../../src/ecosystems/go/version.ts';
import { table } from '../../../support/table.ts';

test.each([
  // version, semver, canonical, pre-release, pseudo
  ['v1.2.3', true, true, false, false],
  ['v1.2.3-rc.1', true, true, true, false],
  ['v1.2.3+incompatible', true, true, false, false],
  ['v1.2.3+meta', true, false, false, false],
  ['v1', true, false, false, false],
  ['v1.2', true, false, false, false],
  ['v1-rc', false, false, false, false],
  ['v01.2.3', false, false, false, false],
  ['v1.2.3-01', false, false, false, false],
  ['v1.2.3-0a', true, true, true, false],
  ['v1.2.3-', false, false, false, false],
  ['v1.2.3-a..b', false, false, false, false],
  ['1.2.3', false, false, false, false],
  ['latest', false, false, false, false],
  ['v0.0.0-20170915032832-14c0d48ead0c', true, true, true, true],
  ['v1.2.3-pre.0.20170915032832-14c0d48ead0c', true, true, true, true],
  ['v1.2.4-0.20170915032832-14c0d48ead0c', true, true, true, true],
  ['v2.0.0-20170915032832-14c0d48ead0c+incompatible', true, true, true, true],
  ['v1.2.4-1.20170915032832-14c0d48ead0c', true, true, true, false],
  ['v1.0.0-20170915032832', true, true, true, false],
])('what kind of version: %s', (version, semver, canonical, prerelease, pseudo) =>
  expect([isSemver(version), isCanonical(version), isPrerelease(version), isPseudo(version)]).toEqual([
    semver,
    canonical,
    prerelease,
    pseudo,
  ]),
);

/** Ascending; golang/mod semver/semver_test.go orders them so. */
const ascending = table<string[]>('unit/ecosystems/go/version', 'ascending');

describe('order', () => {
  test('every pair of the ladder, both ways', () => {
    for (const [i, a] of ascending.entries()) {
      for (const [j, b] of ascending.entries())
        expect(Math.sign(compareVersions(a, b)), `${a} ${b}`).toBe(Math.sign(i - j));
    }
  });

  test.each([
    ['v1', 'v1.0.0'],
    ['v1.0.0+meta', 'v1.0.0'],
    ['bad', 'worse'],
  ])('%s equals %s', (a, b) => expect(compareVersions(a, b)).toBe(0));

  test('sorting gives the ladder from any shuffle', () => {
    const ladder = ascending.slice(1);
    fc.assert(
      fc.property(fc.shuffledSubarray(ladder, { minLength: ladder.length }), (shuffled) => {
        expect(sortVersions([...shuffled, ...shuffled])).toEqual(ladder);
      }),
    );
  });
});

test.each(
  table<[string, readonly string[], boolean | null, Readonly<Record<string, string>>][]>(
    'unit/ecosystems/go/version',
    'latest: %s',
  ),
)('latest: %s', (_, versions, hasMod, want) => expect(latestOf(versions, hasMod)).toEqual(want));
