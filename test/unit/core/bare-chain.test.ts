import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { bareChainOf } from '../../../src/core/secret.ts';

describe('a chain without its credentials', () => {
  it.each([
    ['nothing to take out', 'https://a:8080/x|http://[::1]:3000,direct', 'https://a:8080/x|http://[::1]:3000,direct'],
    ['empty', '', ''],
    ['user and password', 'https://u:p@a/x,https://b|direct', 'https://a/x,https://b|direct'],
    ['a user alone', 'https://token@a/x', 'https://a/x'],
    ['a password with separators', 'https://u:p,a|s s@a/x,off', 'https://a/x,off'],
    ['a password with a slash, a comma, a question mark', 'https://u:p/q,r?s@a/x,https://b', 'https://a/x,https://b'],
    ['a password with an @', 'https://u:p@q@a/x', 'https://a/x'],
    ['no scheme', 'u:p@a/x,v:q@b', 'a/x,b'],
    ['slashes turned round', 'https:\\\\u:p@a', 'https:\\\\a'],
    ['one slash, three slashes', 'https:/u:p@b,https:///u:p@c', 'https:/b,https:///c'],
    ['a query and a fragment', 'https://a/x?t=s,t,https://b#s|off', 'https://a/x,https://b|off'],
    ['a query before direct', 'https://a/x?t=s,direct', 'https://a/x,direct'],
    ['a scope in the path', 'https://a:8080/@scope/x,direct', 'https://a:8080/@scope/x,direct'],
    ['a password whose @ is missing', 'https://b,https://u:p4ss', 'https://b,https://***'],
  ])('%s', (_, chain, want) => {
    expect(bareChainOf(chain)).toBe(want);
  });

  const part = fc.constantFrom(
    ...'@:/\\?#,| ',
    'https://',
    'direct',
    'u',
    'h.example',
    '8080',
    '[::1]',
    '***',
    's3cret',
  );
  test('whatever it is made of: taken out once is taken out', () => {
    fc.assert(
      fc.property(fc.array(part, { maxLength: 14 }), (parts) => {
        const once = bareChainOf(parts.join(''));
        expect(bareChainOf(once)).toBe(once);
      }),
      { numRuns: 5_000 },
    );
  });

  const letters = fc.stringMatching(/^[a-z0-9!$%&*;=~^._,|@:/?#-]{0,6}$/);
  test('whatever a password is made of, nothing of it stays', () => {
    fc.assert(
      fc.property(letters, letters, fc.constantFrom('', ',direct', '|https://other.example/y'), (a, b, more) => {
        const password = `x${a}S3CRET${b}`;
        // That is a URL by its form.
        fc.pre(!password.includes('://'));
        const bare = bareChainOf(`https://robot:${password}@mirror.example/x${more}`);
        expect(bare).not.toContain('S3CRET');
      }),
      { numRuns: 5_000 },
    );
  });
});
