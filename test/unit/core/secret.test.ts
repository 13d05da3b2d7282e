import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { maskChain, maskUrl, Secret } from '../../../src/core/secret.ts';
import { expectInProportion } from '../../support/growth.ts';

describe('a secret', () => {
  const secret = new Secret('hunter2');
  test.each([
    ['as a string', String(secret)],
    ['in a template', `${secret}`],
    ['as JSON', JSON.parse(JSON.stringify(secret))],
    ['inside JSON', JSON.parse(JSON.stringify({ secret })).secret],
    ['inspected', inspect(secret)],
    ['inspected with all that is hidden', inspect(secret, { showHidden: true, depth: 9 })],
    ['joined', [secret].join()],
  ])('%s is ***', (_, shown) => {
    expect(shown).toBe('***');
  });
  test('is returned only by reveal, not by enumeration or a clone', () => {
    expect(secret.reveal()).toBe('hunter2');
    expect([Object.keys(secret), JSON.stringify({ ...secret }), JSON.stringify(structuredClone(secret))]).toEqual([
      [],
      '{}',
      '{}',
    ]);
  });
});

describe('a URL for people', () => {
  test.each([
    ['nothing to hide', 'https://a.example.com/x', 'https://a.example.com/x'],
    ['user and password', 'https://u:p@a.example.com/x', 'https://***@a.example.com/x'],
    ['a user alone', 'https://token@a.example.com/', 'https://***@a.example.com/'],
    ['an empty user', 'https://:p@a.example.com/', 'https://***@a.example.com/'],
    ['query values', 'https://a.example.com/x?sig=s&b=c', 'https://a.example.com/x?sig=***&b=***'],
    ['a repeated name', 'https://a.example.com/?a=1&a=2', 'https://a.example.com/?a=***'],
    ['values without a name', 'https://a.example.com/?s3cret&c2VjcmV0==', 'https://a.example.com/?***'],
    ['one of them beside others', 'https://a.example.com/?a=1&s3cret', 'https://a.example.com/?a=***&***'],
    ['a password with a question mark', 'https://u:x@h?s3cret=y@a.example.com/x', 'https://***@h/?***'],
    ['no URL, with a user', 'u:p@host/path', '***@host/path'],
    ['a password with a slash', 'https://u:p/q@a.example.com/x', 'https://***@a.example.com/x'],
    ['a bad URL, with a user', 'https://u:p@[bad/path', 'https://***@[bad/path'],
    ['no URL at all', 'direct', 'direct'],
  ])('%s', (_, url, want) => {
    expect(maskUrl(url)).toBe(want);
  });

  test('costs in proportion to the names of its query', () => {
    const named = (names: number) => `https://h/?${Array.from({ length: names }, (_, at) => `k${at}`).join('&')}`;
    expectInProportion(1_000, named, maskUrl);
  });

  test.each([
    [
      'separators are kept',
      'https://u:p@a.example.com,https://b.example.com|direct',
      'https://***@a.example.com/,https://b.example.com|direct',
    ],
    ['nothing to hide', 'https://a.example.com,off', 'https://a.example.com,off'],
    ['empty', '', ''],
    ['a password with a comma and a bar', 'https://u:pa,s|s@h/x', 'https://***@h/x'],
    ['a password with a blank', 'https://u:pa ss@h/x', 'https://***@h/x'],
    ['a password with a slash and a comma', 'https://u:p/q,r@h/x', 'https://***,***@h/x'],
    ['a token in a query', 'https://h/x?token=s,t,https://b?sig=u', 'https://h/x?token=***,https://b?sig=***'],
    ['a token in a fragment', 'https://h/x#s,https://i', 'https://h/x#***,https://i'],
    ['a password under way', 'https://i,https://u:pass', 'https://i,https://***'],
    ['several, with blanks between', 'https://u:p@a/x https://v:q@b/y', 'https://***@a/x https://***@b/y'],
    ['no scheme', '//u:p@h/x w:q@i/y', '//***@h/x ***@i/y'],
    ['slashes that a browser takes, too', 'https:\\\\u:p@h https:/w:q@i', '***@h https:/***@i'],
    ['the folder of a scope', 'https://h/@scope/x,direct', 'https://h/@scope/x,direct'],
  ])('a chain: %s', (_, chain, want) => {
    expect(maskChain(chain)).toBe(want);
  });
});
