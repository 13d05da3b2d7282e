import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isGoPattern, matchesGoPatterns } from '../../../../src/ecosystems/go/patterns.ts';
import { table } from '../../../support/table.ts';

test.each(
  table<
    { readonly name: string; readonly globs: readonly string[]; readonly module: string; readonly matches: boolean }[]
  >('unit/ecosystems/go/patterns', '$name'),
)('$name', ({ globs, module, matches }) => expect(matchesGoPatterns(globs, module)).toBe(matches));

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
