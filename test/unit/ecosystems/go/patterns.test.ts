import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isGoPattern, matchesGoPatterns } from '../../../../src/ecosystems/go/patterns.ts';
import { table } from '../../../support/table.ts';

const vectors = ['p', '*/q'];

test.each([
  { name: 'an element alone', globs: vectors, module: 'p', matches: true },
  { name: 'a prefix of the path', globs: vectors, module: 'p/x', matches: true },
  { name: 'a star for one element', globs: vectors, module: 'x/q', matches: true },
  { name: 'a star, and more path', globs: vectors, module: 'x/q/z', matches: true },
  { name: 'another word', globs: vectors, module: 'abc', matches: false },
  { name: 'the word in second place', globs: vectors, module: 'a/p', matches: false },
  { name: 'no part of an element', globs: vectors, module: 'pq', matches: false },
  { name: 'a glob longer than the path', globs: vectors, module: 'q', matches: false },
  { name: 'deeper than the glob says', globs: vectors, module: 'n/o/p/q', matches: false },
  { name: 'a trailing slash is dropped', globs: ['git.example.com/'], module: 'git.example.com/a', matches: true },
  { name: 'an empty glob matches nothing', globs: ['', '/'], module: 'a', matches: false },
  { name: 'a star never matches a slash', globs: ['a*c'], module: 'a/c', matches: false },
  { name: 'a star matches nothing too', globs: ['a*c'], module: 'ac', matches: true },
  { name: 'stars in a row', globs: ['*a*b*'], module: 'xxaxbx', matches: true },
  { name: 'stars in a row, the last letter missing', globs: ['*a*b'], module: 'xaxbx', matches: false },
  { name: 'a question mark is one character', globs: ['a?c'], module: 'abc', matches: true },
  { name: 'a question mark is not none', globs: ['a?c'], module: 'ac', matches: false },
  { name: 'a class', globs: ['v[1-3x]'], module: 'v2', matches: true },
  { name: 'outside of a class', globs: ['v[1-3x]'], module: 'v4', matches: false },
  { name: 'a negated class', globs: ['v[^1-3]'], module: 'v4', matches: true },
  { name: 'an escape', globs: ['a\\*'], module: 'a*', matches: true },
  { name: 'an escape is not a star', globs: ['a\\*'], module: 'ab', matches: false },
  { name: 'an escape in a class', globs: ['a[\\]]'], module: 'a]', matches: true },
  { name: 'names of a domain', globs: ['*.corp.example.com'], module: 'git.corp.example.com/x/y', matches: true },
  { name: 'case counts', globs: ['GIT.example.com'], module: 'git.example.com', matches: false },
  { name: 'a malformed glob matches nothing', globs: ['a[b'], module: 'ab', matches: false },
])('$name', ({ globs, module, matches }) => expect(matchesGoPatterns(globs, module)).toBe(matches));

test.each(
  table<{ readonly glob: string; readonly valid: boolean }[]>(
    'unit/ecosystems/go/patterns',
    '$glob is a pattern: $valid',
  ),
)('$glob is a pattern: $valid', ({ glob, valid }) => expect(isGoPattern(glob)).toBe(valid));

test('a path without special characters matches itself and what lies below, never a shorter one', () => {
  const part = fc.stringMatching(/^[a-z0-9.]{1,8}$/);
  fc.assert(
    fc.property(fc.array(part, { minLength: 1, maxLength: 5 }), part, (parts, below) => {
      const path = parts.join('/');
      expect(matchesGoPatterns([path], path)).toBe(true);
      expect(matchesGoPatterns([path], `${path}/${below}`)).toBe(true);
      expect(matchesGoPatterns([`${path}/${below}`], path)).toBe(false);
    }),
  );
});

test('many stars do not take long: a step a character at most', () =>
  expect(matchesGoPatterns([`${'*a'.repeat(40)}b`], 'a'.repeat(400))).toBe(false));
