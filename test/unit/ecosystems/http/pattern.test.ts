import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compilePattern } from '../../../../src/ecosystems/http/pattern.ts';
import { expectInProportion } from '../../../support/growth.ts';
import { table } from '../../../support/table.ts';

function isIn(source: string, text: string): boolean {
  const pattern = compilePattern(source);
  if (pattern.tag === 'error') throw new Error(`${source}: ${pattern.error}`);
  return pattern.value.isIn(text);
}

describe('a pattern is found as JavaScript finds it, line by line', () => {
  test.each(
    table<[string, string, boolean | null][]>(
      'unit/ecosystems/http/pattern',
      'a pattern is found as JavaScript finds it, line by line',
    ),
  )('%s in %j: %s', (source, text, want) => {
    if (want === null) expect(compilePattern(source).tag).toBe('error');
    else {
      expect(isIn(source, text)).toBe(want);
      expect(new RegExp(source, 'm').test(text)).toBe(want);
    }
  });

  const piece = fc.constantFrom('a', 'b', '.', '[ab]', '[^a]', '\\w', '(a|b)', '(?:ab)', '(|a)', '^', '$', '\\n');
  const count = fc.constantFrom('', '', '*', '+', '?', '{2}', '{1,}', '{0,2}', '*?');
  const part = fc.tuple(piece, count).map(([one, many]) => (/^[\^$]$/.test(one) ? one : one + many));
  const source = fc.array(fc.array(part, { maxLength: 5 }), { minLength: 1, maxLength: 3 }).map((alternatives) => {
    return alternatives.map((parts) => parts.join('')).join('|');
  });

  test('any pattern over any short text', () =>
    fc.assert(
      fc.property(source, fc.stringMatching(/^[abc\n]{0,12}$/), (pattern, text) => {
        fc.pre(pattern !== '');
        expect(isIn(pattern, text), `${pattern} in ${JSON.stringify(text)}`).toBe(new RegExp(pattern, 'm').test(text));
      }),
      { numRuns: 3_000 },
    ));
});

describe('what is refused', () => {
  test.each([
    ['nothing', ''],
    ['a back-reference', '(a)\\1'],
    ['looking ahead', '(?=a)'],
    ['looking behind', '(?<=a)b'],
    ['a name', '(?<x>a)'],
    ['a boundary', '\\bx'],
    ['an open group', '(a'],
    ['an open class', '[a'],
    ['a range backwards', '[z-a]'],
    ['a count of nothing', '*a'],
    ['a count of a count', 'a**'],
    ['a count of a line', '^*'],
    ['a backslash at the end', 'a\\'],
    ['a high count', 'a{251}'],
    ['counts that multiply', '(((a{99}){99}){99}){99}'],
    ['counts that multiply nothing', '((((((){99}){99}){99}){99}){99}){99}'],
    ['more than a line', 'a'.repeat(201)],
  ])('%s', (_, source) => expect(compilePattern(source).tag).toBe('error'));

  test('any text at all is read or refused, and no JavaScript pattern means anything else', () =>
    fc.assert(
      fc.property(fc.string({ maxLength: 30 }), (source) => {
        if (compilePattern(source).tag === 'ok') expect(() => new RegExp(source, 'm')).not.toThrow();
      }),
      { numRuns: 2_000 },
    ));
});

describe('no text makes it slow: what it costs is in proportion to the text', () => {
  test.each(['(a+)+$', '(a|a)*$', '(a|aa)+$', '(.*a){11}$', '(\\w*\\w*\\w*)*!', '(a?){50}a{50}b'])(
    '%s in 64 KiB of what makes a backtracker stand still',
    (source) =>
      expectInProportion(
        2 ** 13,
        (size) => `${'a'.repeat(size - 2)}b!`,
        (text) => isIn(source, text),
      ),
  );
});
