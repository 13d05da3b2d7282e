import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { maskOf } from '../../../src/core/mask-known.ts';
import type { WireAccess } from '../../../src/core/ports.ts';
import { echoes, echoOf, readings, shows } from '../../support/echoes.ts';
import { expectInProportion } from '../../support/growth.ts';

const access = (over: Partial<WireAccess>): WireAccess => ({
  registry: 'm',
  url: 'https://m.example.com',
  ca: [],
  client: null,
  pin: null,
  auth: null,
  proxy: null,
  family: null,
  dnsServer: null,
  allowHosts: [],
  userAgent: '',
  ...over,
});
const basic = (secret: string) => access({ auth: { scheme: 'basic', username: 'robot', secret, hosts: [] } });

describe('what a server may say back to us', () => {
  test.each([
    ['nothing to hide: the very same object', access({}), 'robot', 'robot'],
    ['plain', basic('s3cr3t!'), 'you said s3cr3t!', 'you said ***'],
    ['percent-encoded', basic('s3c/r3t'), '/x?p=s3c%2Fr3t', '/x?p=***'],
    ['base64, padded or not', basic('s3cr3t'), 'Basic cm9ib3Q6czNjcjN0 czNjcjN0==', 'Basic *** ***=='],
    ["a proxy's", access({ proxy: { url: 'http://p', username: 'u', password: 'pr0xy' } }), 'x pr0xy', 'x ***'],
    ['a proxy without password', access({ proxy: { url: 'http://p', username: null, password: null } }), 'x', 'x'],
    ['too short to be one', basic('abc'), 'abcdef', 'abcdef'],
  ])('%s', (_, given, text, want) => {
    expect(maskOf(given).text(text)).toBe(want);
  });

  test('wherever it stands in plain data, keys too; the rest is as it was', () => {
    const data = { a: ['x', 1, null, true], 'k-s3cr3t': { deep: 's3cr3t' }, none: undefined };
    expect(maskOf(basic('s3cr3t')).data(data)).toEqual({
      a: ['x', 1, null, true],
      'k-***': { deep: '***' },
      none: undefined,
    });
    expect(maskOf(access({})).data(data)).toBe(data);
  });

  test.each([
    ['an escaped slash of JSON', 'tok/S/X', '{"t":"tok\\/S\\/X"}', '{"t":"***"}'],
    ['a percent-encoding in lower case', 'tok/S/X', '?t=tok%2fS%2fX&a', '?t=***&a'],
    ['one that was encoded twice', 'tok/S/X', 'tok%252FS%252fX', '***'],
    ['an escape of JSON', 'tok/S/X', 'tok\\u002fS\\u002FX', '***'],
    ['entities of HTML', 'tok/S/X', '<b>tok&sol;S&#47;X</b>tok&#x2f;S&#0047X', '<b>***</b>***'],
    ['in other case, as a host is', 'tok-S-X', 'https://TOK-s-x.example.com', 'https://***.example.com'],
    ['bytes that are read as Latin-1', 'töken', 'tÃ¶ken t%C3%B6ken t\\u00f6ken', '*** *** ***'],
    ['base64 in the middle of more', 'a-long-token', 'QmVhcmVyIGEtbG9uZy10b2tlbg==', 'QmVhcmVyIG***g=='],
    ['a secret with an escape in it', 'a%2fb%41c', 'a%2fb%41c a/bAc a%252fb%2541c', '*** *** ***'],
    ['in a URL that was parsed', 'tok/S+X', 'http://h/tok/u002fS//+X', 'http://h/***'],
    ['nothing of ours', 'tok/S/X', 'toc%2fS\\/X &amp; 100 %', 'toc%2fS\\/X &amp; 100 %'],
  ])('%s', (_, secret, text, want) => {
    expect(maskOf(basic(secret)).text(text)).toBe(want);
  });

  test('the user name of a URL without a password', () => {
    const mask = maskOf(access({ auth: { scheme: 'basic', username: 'gh-token', secret: '', hosts: [] } }));
    expect(mask.text('gh-token Z2gtdG9rZW46')).toBe('*** ***6');
  });

  test('a token that was fetched, from then on', () => {
    const mask = maskOf(access({}));
    expect(mask.text('x fetched-1')).toBe('x fetched-1');
    mask.learn('fetched-1');
    expect(mask.text('x fetched%2D1')).toBe('x ***');
  });

  test('of a secret in any form, wherever the text is cut, no more than its first five characters are left', () => {
    const secrets = fc
      .array(fc.constantFrom(...'abcdefghijklmnopqrstuvwxyzABCDEFGHIJ/+=@:&%"-_.!'), { minLength: 8, maxLength: 400 })
      .map((characters) => `tkn${characters.join('')}`);
    fc.assert(
      fc.property(secrets, echoes, fc.constantFrom(60, 100, 200, 300, 1_200, 2_048, 9_999), (secret, echo, cut) => {
        const text = `${echoOf(secret, echo)} and more`.slice(0, cut);
        expect([shows(readings(maskOf(basic(secret)).text(text)), secret), text]).toEqual([false, text]);
      }),
      { seed: 19, numRuns: 3_000 },
    );
  });

  test('costs in proportion to the text, whatever it and the token are like', () => {
    for (const [token, unit] of [
      ['a'.repeat(8_000), 'a'],
      ['a'.repeat(300), '&#x0'],
    ] as const) {
      const mask = maskOf(access({}));
      mask.learn(token);
      expectInProportion(
        1_000,
        (size) => unit.repeat(size),
        (text) => mask.text(text),
      );
    }
  });
});
