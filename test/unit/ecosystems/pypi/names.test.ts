import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  isProjectPattern,
  matchesProjects,
  normalNameOf,
  parseProject,
  pypiNames,
} from '../../../../src/ecosystems/pypi/names.ts';
import { parseFileName } from '../../../../src/ecosystems/pypi/release.ts';
import { comparePythonVersions, isPythonPrerelease, parseVersion } from '../../../../src/ecosystems/pypi/version.ts';
import { expectInProportion } from '../../../support/growth.ts';
import { table } from '../../../support/table.ts';

describe('names', () => {
  test.each([
    ['Flask_Login', 'flask-login'],
    ['zope.interface', 'zope-interface'],
    ['A__b.-C', 'a-b-c'],
    ['requests', 'requests'],
  ])('%s is %s in a URL', (name, normal) => expect(normalNameOf(name)).toBe(normal));

  test.each([
    ['requests==2.32.3', { module: 'requests', version: '2.32.3' }],
    ['Flask_Login==0.6.3', { module: 'flask-login', version: '0.6.3' }],
    ['requests', { module: 'requests', version: 'latest' }],
    ['requests@latest', { module: 'requests', version: 'latest' }],
    ['requests==latest', { module: 'requests', version: 'latest' }],
    ['torch==2.4.0+cpu', { module: 'torch', version: '2.4.0+cpu' }],
  ])('%s', (text, named) => expect(parseProject(text)).toEqual({ tag: 'ok', value: named }));

  test.each([
    '',
    '==1.0',
    'requests==',
    'requests==two',
    'requests>=2',
    'requests[socks]==2.0',
    '-x==1',
    'a b==1',
    '../x==1',
  ])('%s is refused', (text) => expect(parseProject(text).tag).toBe('error'));

  test.each([
    ['Requests==2.0', { module: 'requests', version: '2.0' }],
    ['requests@2.0', { module: 'requests', version: '2.0' }],
    ['requests', { module: 'requests', version: null }],
    ['requests==', { module: 'requests', version: null }],
  ])('by hand %s', (text, named) => expect(pypiNames.byHand(text)).toEqual(named));
});

describe('private names', () => {
  test.each(table<[readonly string[], string, boolean][]>('unit/ecosystems/pypi/names', '%j and %s: %s'))(
    '%j and %s: %s',
    (patterns, name, matches) => expect(matchesProjects(patterns, name)).toBe(matches),
  );

  test('what is a pattern', () => {
    expect(['corp-*', '*-internal', 'exact'].map(isProjectPattern)).toEqual([true, true, true]);
    expect(['', '*', 'corp/*', 'a b', '[a]', '-x'].map(isProjectPattern)).toEqual(Array(6).fill(false));
  });
});

describe('versions', () => {
  /** Ascending, as PEP 440 has them. */
  const ascending = table<string[]>('unit/ecosystems/pypi/names', 'ascending');

  test('are in the order of PEP 440', () => {
    const read = ascending.map((text) => parseVersion(text));
    for (const [at, a] of read.entries())
      for (const [other, b] of read.entries()) {
        if (a === null || b === null) throw new Error(`${ascending[at]} or ${ascending[other]} is not read`);
        expect(Math.sign(comparePythonVersions(a, b)), `${ascending[at]} and ${ascending[other]}`).toBe(
          Math.sign(at - other),
        );
      }
  });

  test.each(table<[string, string][]>('unit/ecosystems/pypi/names', 'versions'))('%s is %s', (a, b) => {
    expect(parseVersion(a)).not.toBe(null);
    expect(parseVersion(a)).toEqual(parseVersion(b));
  });

  test.each(['', 'latest', '1.0.*', '1..0', '1.0+', '1.0 beta', 'a1', '1'.repeat(201), '1.0+a..b'])(
    '%s is none',
    (text) => expect(parseVersion(text)).toBe(null),
  );

  test('of digits beyond any number keep their order', () => {
    const [a, b] = [parseVersion('1.99999999999999999998'), parseVersion('1.99999999999999999999')];
    expect(a !== null && b !== null && comparePythonVersions(a, b) < 0).toBe(true);
  });

  test('of a local label in digits with an e are no power of ten: hashes of commits look like that', () => {
    const [a, b, c] = ['1.0+1e5', '1.0+100000', '1.0+2e400'].map((text) => parseVersion(text));
    if (!a || !b || !c) throw new Error('one is not read');
    expect(
      [comparePythonVersions(a, b), comparePythonVersions(b, c), comparePythonVersions(a, c)].map(Math.sign),
    ).toEqual([-1, 1, -1]);
  });

  test('which are pre-releases', () => {
    const is = (text: string): boolean => {
      const version = parseVersion(text);
      return version !== null && isPythonPrerelease(version);
    };
    expect(['1.0', '1.0.post1', '1.0rc1', '1.0.dev1', '1.0.post1.dev1'].map(is)).toEqual([
      false,
      false,
      true,
      true,
      true,
    ]);
  });

  test('any text is read or not, in proportion', () => {
    fc.assert(fc.property(fc.string(), (text) => void parseVersion(text)));
    // Longer ones are no versions (versionChars).
    expectInProportion(11, (size) => `1${'.1'.repeat(size)}x`, parseVersion);
    expectInProportion(11, (size) => `1.0+${'a.'.repeat(size)}`, parseVersion);
  });
});

describe('file names', () => {
  test.each(
    table<[string, string, { readonly kind: string; readonly version: string; readonly tags: string } | null][]>(
      'unit/ecosystems/pypi/names',
      'file names',
    ),
  )('%s of %s', (file, project, want) => expect(parseFileName(file, project)).toEqual(want));

  test.each([
    ['dashes', '-'],
    ['separators in turn', '-_'],
    ['names', 'q-'],
  ])('in proportion, whatever number of %s', (_, part) =>
    expectInProportion(
      2_000,
      (size) => `q${part.repeat(size)}.zip`,
      (name) => parseFileName(name, 'six-of-one'),
    ),
  );
});
