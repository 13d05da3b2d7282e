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

  test('words of ours stay, whatever the secret is', () => {
    const failure = { kind: 'timeout_processing', phase: 'processing', code: 'ECONNRESET', limitMs: 1 };
    const data = {
      outcome: { tag: 'failed', failure },
      responseHeaders: { 'retry-after': '120', 'x-cache': 'outcome' },
    };
    for (const secret of ['processing', 'outcome', 'failure-of-retry-after', 'responseHeaders of 2026', 'econnreset'])
      expect(JSON.stringify(maskOf(basic(secret)).data(data)).replace('"***"', '"outcome"')).toBe(JSON.stringify(data));
  });

  const token = 'kzB4ear9QmS7xP93b';
  const hex = (text: string) => Buffer.from(text).toString('hex');
  test.each([
    ['fourteen of seventeen characters', 'x kzB4ear9QmS7xP y', 'x *** y'],
    ['six from its middle, in a long text', `${'0 '.repeat(40_000)}ar9QmS!`, `${'0 '.repeat(40_000)}***!`],
    ['five are too few', 'kzB4e B4ear r9QmS', 'kzB4e B4ear r9QmS'],
    ['two pieces side by side', 'kzB4eamS7xP9', '***'],
    ['reversed', 'b39Px7SmQ9rae4Bzk and b39Px7', '*** and ***'],
    ['hexadecimal', '6b7a42346561723951|6B7A4234656172|6b:7a:42:34:65:61:72', '***|***|***'],
    ['base32', 'NN5EENDFMFZDSULNKM3XQUBZGNRA====|GRSWC4RZKFWVGNY=', '***====|***Y='],
    ['dashed', 'kzB4-ear9-QmS7-xP93-b k-z-B-4-e-a-r', '*** ***'],
    [
      'other marks between',
      'k.z.B.4.e.a.r|r_9_Q_m_S_7|x, P, 9, 3, b|z\u200bB\u200b4\u200be\u200ba\u200br',
      '***|***|x, P, 9, 3, b|***',
    ],
    [
      'coded when reversed',
      `${hex('b39Px7')} ${[...hex('ear9Qm')].reverse().join('')} ${btoa('7SmQ9rae4')}`,
      '*** *** ***',
    ],
    ['base64 of a piece', `${btoa('4ear9QmS7')}|${btoa('xx4ear9QmS7xx')}`, '***|eHg***eA=='],
    ['base64 of a piece with its user', btoa('robot:kzB4ear9Q'), '***'],
    ['percent-encoded, JSON, HTML', '%72%39%51%6d%53%37 r9\\u0051mS7 r9&#81;mS7', '*** *** ***'],
    ['in other case', 'KZB4EAR9 kzb4ear9', '*** ***'],
  ])('a piece of a secret: %s', (_, text, want) => {
    expect(maskOf(basic(token)).text(text)).toBe(want);
  });

  test('a secret below twelve characters is masked whole only, in every form', () => {
    const mask = maskOf(basic('s3cr3t-pw9x'));
    expect(mask.text('s3cr3t-pw9 3cr3t-pw9x')).toBe('s3cr3t-pw9 3cr3t-pw9x');
    expect(mask.text('s3cr3t-pw9x x9wp-t3rc3s 7333637233742d70773978 s3-cr-3t-pw-9x')).toBe('*** *** *** ***');
  });

  test('a piece that is also in the name, the URL or the module stays; a longer one and the whole do not', () => {
    const url = 'https://mirror.example.com/proxy';
    const mask = maskOf({ ...basic('mirror-golang-proxy'), url }).beside(['golang.org/x/net']);
    expect(mask.text('golang.org mirror.example.com')).toBe('golang.org mirror.example.com');
    expect(mask.text('mirror-g|olang-p|golang-proxy|mirror-golang-proxy')).toBe('***|***|***|***');
    expect(maskOf({ ...basic('proxy-example'), registry: 'proxy-example' }).text('proxy-example')).toBe('***');
  });

  test('a few characters of a hexadecimal secret within a digest are chance', () => {
    const mask = maskOf(basic('5d20aa6e93be77d1c04f'));
    const sum = (piece: string) => piece.padEnd(64, '0');
    expect(mask.text(`sha256:${sum('93be77d1')} ${sum('5d20aa6e93be')}`)).toBe(
      `sha256:${sum('93be77d1')} ***${'0'.repeat(52)}`,
    );
    expect(mask.text('etag 93be77d1')).toBe('etag ***');
  });

  test('of a secret in any form and any cut, wherever the text is cut, no six characters are left', () => {
    const secrets = fc
      .array(fc.constantFrom(...'abcdefghijklmnopqrstuvwxyzABCDEFGHIJ/+=@:&%"-_.!'), { minLength: 9, maxLength: 400 })
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
