import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { maskerOf, maskOf } from '../../../src/core/mask-known.ts';
import type { WireAccess } from '../../../src/core/ports.ts';
import { echoes, echoOf, readings, shows } from '../../support/echoes.ts';
import { expectInProportion } from '../../support/growth.ts';
import { plainAccess } from '../../support/plain-access.ts';

const access = (over: Partial<WireAccess>): WireAccess =>
  plainAccess({ registry: 'm', url: 'https://m.example.com', userAgent: '', ...over });
const basic = (secret: string) => access({ auth: { scheme: 'basic', username: 'robot', secret, hosts: [] } });

test('a URL whose escapes are invalid is masked as it is written', () =>
  expect(maskerOf({}, 'http://ada:hunter%zz2345@store.example')('a hunter%zz2345')).toBe('a ***'));

describe('what a server may say back to us', () => {
  test.each([
    ['nothing to hide: the very same object', access({}), 'robot', 'robot'],
    ['plain', basic('s3cr3t!'), 'you said s3cr3t!', 'you said ***'],
    ['percent-encoded', basic('s3c/r3t'), '/x?p=s3c%2Fr3t', '/x?p=***'],
    ['base64, padded or not', basic('s3cr3t'), 'Basic cm9ib3Q6czNjcjN0 czNjcjN0==', 'Basic *** ***=='],
    ["a proxy's", access({ proxy: { url: 'http://p', username: 'u', password: 'pr0xy' } }), 'x pr0xy', 'x ***'],
    ['a proxy without password', access({ proxy: { url: 'http://p', username: null, password: null } }), 'x', 'x'],
    ['too short to be one', basic('abc'), 'abcdef', 'abcdef'],
  ])('%s', (_, given, text, want) => expect(maskOf(given).text(text)).toBe(want));

  test('wherever it stands in plain data, and in the keys that a server chooses; the rest is as it was', () => {
    const data = { a: ['x', 1, null, true], b: { deep: 's3cr3t' }, tags: { 'k-s3cr3t': 's3cr3t' }, none: undefined };
    expect(maskOf(basic('s3cr3t')).data(data)).toEqual({
      a: ['x', 1, null, true],
      b: { deep: '***' },
      tags: { 'k-***': '***' },
      none: undefined,
    });
    expect(maskOf(access({})).data(data)).toBe(data);
  });

  test('as the name of a key; the state of the signature stays', () => {
    const facts = { signature: { state: 'no_key', key: 'SHA256:s3cr3t' }, unchecked: { key: 'no_key', values: {} } };
    expect(maskOf(basic('s3cr3t')).data(facts).signature).toEqual({ state: 'no_key', key: 'SHA256:***' });
    expect(maskOf(basic('no_key')).data(facts)).toEqual(facts);
  });

  test.each([
    ['an escaped slash of JSON', 'tok/S/X', '{"t":"tok\\/S\\/X"}', '{"t":"***"}'],
    ['a percent-encoding in lower case', 'tok/S/X', '?t=tok%2fS%2fX&a', '?t=***&a'],
    ['an escape of JSON', 'tok/S/X', 'tok\\u002fS\\u002FX', '***'],
    ['quotes and backslashes in JSON', 'to"k\\S/X', '{"t":"to\\"k\\\\S/X"}', '{"t":"***"}'],
    ['in other case, as a host is', 'tok-S-X', 'https://TOK-s-x.example.com', 'https://***.example.com'],
    ['bytes that are read as Latin-1', 'töken', 'tÃ¶ken t%C3%B6ken t\\u00f6ken', '*** *** ***'],
    ['base64 in the middle of more', 'a-long-token', 'QmVhcmVyIGEtbG9uZy10b2tlbg==', 'QmVhcmVyIG***g=='],
    ['base64url', 'tok??>>S', Buffer.from('tok??>>S').toString('base64url'), '***'],
    ['a secret with an escape in it', 'a%2fb%41c', 'a%2fb%41c a%252fb%2541c', '*** ***'],
    ['in a URL that was parsed', 'tok"S X', new URL('http://h/tok"S X?tok"S X').href, 'http://h/***?***'],
    ['nothing of ours', 'tok/S/X', 'toc%2fS\\/X &amp; 100 %', 'toc%2fS\\/X &amp; 100 %'],
  ])('%s', (_, secret, text, want) => expect(maskOf(basic(secret)).text(text)).toBe(want));

  test('the user name of a URL without a password', () => {
    const mask = maskOf(access({ auth: { scheme: 'basic', username: 'gh-token', secret: '', hosts: [] } }));
    expect(mask.text('gh-token Z2gtdG9rZW46')).toBe('*** ***6');
  });

  test.each([
    ['ghp_short', 'x-oauth-basic'],
    ['glpat-0123456789abcdef', 'x'],
  ])('the user name %s, which is the token, before the password %s', (username, secret) => {
    const mask = maskOf(access({ auth: { scheme: 'basic', username, secret, hosts: [] } }));
    const pair = Buffer.from(`${username}:${secret}`).toString('base64');
    // What is left of base64 is its padding, or the password `x`.
    expect(mask.text(`you are ${username}, ${pair}`)).toMatch(/^you are \*{3}, \*{3}(?:=|jp4)$/);
  });

  test('a token that was fetched, from then on', () => {
    const mask = maskOf(access({}));
    expect(mask.text('x fetched-1')).toBe('x fetched-1');
    mask.learn('fetched-1');
    expect(mask.text('x fetched%2D1')).toBe('x ***');
  });

  test('words of ours stay, whatever the secret is', () => {
    const failure = { kind: 'timeout_processing', phase: 'processing', code: 'ECONNRESET', limitMs: 1 };
    const data = {
      outcome: { tag: 'failed', failure },
      responseHeaders: { 'retry-after': '120', 'x-cache': 'outcome' },
    };
    for (const secret of ['processing', 'outcome', 'failure-of-retry-after', 'responseHeaders of 2026', 'econnreset'])
      expect(JSON.stringify(maskOf(basic(secret)).data(data)).replace('"***"', '"outcome"')).toBe(JSON.stringify(data));
  });

  test.each([
    ['whole, in the middle', 'x kzB4ear9QmS7xP93b y', 'x *** y'],
    ['cut at the end of a text', 'x kzB4ear9Qm', 'x ***'],
    ['cut, with the mark of a cut', 'x kzB4ear9Qm…', 'x ***'],
    ['cut after seven characters', 'x kzB4ear', 'x kzB4ear'],
    ['percent-encoded and cut', 'x %6bzB4ear9Q', 'x ***'],
    ['a piece elsewhere stays', 'kzB4ear9QmS7xP93 and ear9QmS7xP93b', 'kzB4ear9QmS7xP93 and ear9QmS7xP93b'],
  ])('a secret: %s', (_, text, want) => expect(maskOf(basic('kzB4ear9QmS7xP93b')).text(text)).toBe(want));

  test('of a long one the first 24 characters are compared, and the rest is masked too', () => {
    const secret = `jxtokn/${'Ab/+9'.repeat(60)}/5d20aa6e`;
    const mask = maskOf(basic(secret));
    expect(mask.text(`a ${secret} b ${encodeURIComponent(secret)}, c`)).toBe('a *** b ***, c');
    expect(mask.text(secret.slice(0, 23))).toBe('***');
    expect(mask.text(`${secret.slice(0, 200)}, d`)).toBe('***, d');
  });

  test('the first bytes of an artifact are dropped where credentials are configured, and only there', () => {
    const seen = { bytes: 9, firstHex: '504b0304' };
    expect(maskOf(basic('s3cr3t')).data({ seen })).toEqual({ seen: { bytes: 9, firstHex: '' } });
    expect(maskOf(basic('s3')).data({ seen })).toEqual({ seen: { bytes: 9, firstHex: '' } });
    const mask = maskOf(access({}));
    mask.learn('fetched-1');
    expect([mask.hidesBodies, mask.data({ seen })]).toEqual([false, { seen }]);
  });

  const secrets = fc
    .array(fc.constantFrom(...'abcdefghijklmnopqrstuvwxyzABCDEFGHIJ/+=@:&%"-_.! \\'), { minLength: 9, maxLength: 400 })
    .map((characters) => `tkn${characters.join('')}k`);
  const cuts = fc.constantFrom(60, 100, 200, 300, 1_200, 2_048, 9_999);

  test('of a whole secret in each form, where the masked text is cut, no six characters are left', () =>
    fc.assert(
      fc.property(secrets, echoes, cuts, (secret, echo, cut) => {
        const text = `${echoOf(secret, echo)} and more`;
        expect([shows(readings(maskOf(basic(secret)).text(text).slice(0, cut)), secret, 6), text]).toEqual([
          false,
          text,
        ]);
      }),
      { seed: 19, numRuns: 500 },
    ));

  test('of a plain or percent-encoded secret that was cut before it is masked, no eight characters are left', () => {
    const plain = echoes.map((echo) => ({ ...echo, coding: 'plain' as const }));
    fc.assert(
      fc.property(secrets, plain, cuts, (secret, echo, cut) => {
        const text = echoOf(secret, echo).slice(0, cut);
        expect([shows(readings(maskOf(basic(secret)).text(text)), secret, 9), text]).toEqual([false, text]);
      }),
      { seed: 19, numRuns: 500 },
    );
  });

  test('costs in proportion to the text, whatever it and the token are like', () => {
    for (const [token, unit] of [
      ['a'.repeat(8_000), 'a'],
      ['\\'.repeat(300), '\\'],
      ['%25'.repeat(300), '%25'],
      ['/'.repeat(300), '\\/'],
      [`${'a'.repeat(23)}b`, 'a'],
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
