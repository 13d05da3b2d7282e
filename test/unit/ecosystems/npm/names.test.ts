import fc from 'fast-check';
import valid from 'semver/functions/valid.js';
import { describe, expect, it } from 'vitest';
import { atOnce } from '../../../../src/core/slices.ts';
import {
  escapeName,
  isExact,
  isPackageName,
  matchesNpmPatterns,
  nameScopeOf,
  npmNames,
} from '../../../../src/ecosystems/npm/names.ts';
import { selectHighest } from '../../../../src/ecosystems/semver.ts';
import { phrase } from '../../../../src/words/tell.ts';
import { expectInProportion } from '../../../support/growth.ts';
import { table } from '../../../support/table.ts';

describe('names', () => {
  it.each([
    ['lodash@4.17.21', { module: 'lodash', version: '4.17.21' }],
    ['@babel/core@latest', { module: '@babel/core', version: 'latest' }],
    ['@babel/core@8.0.0-alpha.1', { module: '@babel/core', version: '8.0.0-alpha.1' }],
    ['JSONStream@1.3.5', { module: 'JSONStream', version: '1.3.5' }],
    ['-@0.0.1', { module: '-', version: '0.0.1' }],
  ])('%s is a package and its version', (text, value) => expect(npmNames.parse(text)).toEqual({ tag: 'ok', value }));

  it.each([
    ['lodash', phrase('expected.npmPackage', { example: 'lodash@latest' })],
    ['@babel/core', phrase('expected.npmPackage', { example: '@babel/core@latest' })],
    ['lodash@', phrase('expected.npmPackage', { example: 'lodash@latest' })],
    ['lodash@^4.17.0', phrase('expected.npmVersion')],
    ['lodash@v4.17.21', phrase('expected.npmVersion')],
    ['lodash@next', phrase('expected.npmVersion')],
    ['@babel@1.0.0', phrase('expected.npmName')],
    ['../x@1.0.0', phrase('expected.npmName')],
    ['a/b@1.0.0', phrase('expected.npmName')],
    ['', phrase('expected.npmName')],
  ])('%s is refused in words', (text, error) => expect(npmNames.parse(text)).toEqual({ tag: 'error', error }));

  it.each([
    ['lodash', 'lodash'],
    ['@babel/core', '@babel%2fcore'],
    ['.hidden', null],
    ['_private', null],
    ['@scope/', null],
    ['@scope/.x', null],
    ['@scope/a/b', null],
    ['a b', null],
    ['a?b', null],
    ['a%2fb', null],
    ['node_modules', null],
    ['x'.repeat(215), null],
  ])('%s is spelled %s in a path', (name, path) => {
    expect(escapeName(name)).toBe(path);
    expect(isPackageName(name)).toBe(path !== null);
  });

  it('what is asked by hand may be any tag, and the first @ of a scope parts nothing', () => {
    expect(npmNames.byHand('react@next')).toEqual({ module: 'react', version: 'next' });
    expect(npmNames.byHand('@babel/core')).toEqual({ module: '@babel/core', version: null });
  });

  it('a tag is no fixed version', () =>
    expect(['1.0.0', 'latest', '1', null].map((version) => npmNames.isFixed(version))).toEqual([
      true,
      false,
      false,
      false,
    ]));
});

describe('private patterns', () => {
  it.each(table<[string, string, boolean][]>('unit/ecosystems/npm/names', '%s over %s: %s'))(
    '%s over %s: %s',
    (pattern, name, want) => {
      expect(npmNames.private?.isPattern(pattern)).toBe(true);
      expect(matchesNpmPatterns([pattern], name)).toBe(want);
    },
  );

  it.each(['', '@', '@corp/', '/x', 'a/b', 'a b', '@corp/a/b', '.x', '!x'])('%s is no pattern', (text) => {
    expect(npmNames.private?.isPattern(text)).toBe(false);
    expect(matchesNpmPatterns([text], text)).toBe(false);
  });

  it('many stars do not try every way to share a name out', () => {
    expect(matchesNpmPatterns([`${'a*'.repeat(100)}b`], 'a'.repeat(200))).toBe(false);
    const pattern = `${'a*'.repeat(10)}b`;
    expectInProportion(
      100,
      (size) => 'a'.repeat(size),
      (name) => matchesNpmPatterns([pattern], name),
    );
  });

  it.each([
    ['@corp', '@corp'],
    ['@corp/*', '@corp'],
    ['@corp/ui-*', null],
    ['corp-*', null],
  ])('the scope of %s is %s', (pattern, scope) => expect(nameScopeOf(pattern)).toBe(scope));
});

describe('versions', () => {
  it('the order of semver 2.0.0 section 11', () => {
    const order = table<string[]>('unit/ecosystems/npm/names', 'order');
    for (const [at, version] of order.entries()) {
      expect(atOnce(selectHighest(order.slice(0, at + 1).toReversed(), 3, isExact)).kept.at(-1), version).toBe(version);
      expect(atOnce(selectHighest(order.slice(0, at + 1), 1, isExact)).kept.at(-1), version).toBe(version);
    }
    expect(atOnce(selectHighest(order.toReversed(), 3, isExact))).toEqual({
      count: order.length,
      kept: order.slice(-3),
    });
    expect(atOnce(selectHighest([], 3, isExact))).toEqual({ count: 0, kept: [] });
    expect(atOnce(selectHighest(['x', '1', '01.0.0'], 3, isExact))).toEqual({ count: 0, kept: [] });
    expect(
      atOnce(selectHighest(['9007199254740993.0.0', '1.0.0', '1.0.0-9007199254740993'], 3, isExact)).kept.at(-1),
    ).toBe('1.0.0');
  });

  it.each(['1', '1.2', 'v1.2.3', '1.2.3+build', '01.2.3', '1.2.3-', '1.2.3-01', ' 1.2.3', '1.2.3\n', '__proto__'])(
    '%j is no whole version',
    (text) => expect(isExact(text)).toBe(false),
  );

  it('whole is what semver gives back unchanged', () => {
    const part = fc.oneof(
      fc.nat().map(String),
      fc.constantFrom('0', '00', '01', '9007199254740991', '9007199254740992', ''),
    );
    const label = fc.oneof(fc.stringMatching(/^[0-9a-z.-]{0,8}$/), fc.constant('a'.repeat(256)));
    const text = fc
      .tuple(fc.constantFrom('', 'v', '=', ' '), part, part, part, fc.constantFrom('', '-', '+'), label)
      .map(([before, a, b, c, sign, rest]) => `${before}${a}.${b}.${c}${sign}${sign === '' ? '' : rest}`);
    fc.assert(
      fc.property(fc.oneof(text, fc.string()), (version) => {
        expect(isExact(version)).toBe(valid(version) === version);
      }),
      { numRuns: 2_000 },
    );
  });
});
