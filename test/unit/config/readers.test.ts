import { describe, expect, test } from 'vitest';
import { cronGapsOf, isCron, isTimeZone } from '../../../src/config/cron.ts';
import { replaceEnv } from '../../../src/config/env.ts';
import { findNearestWord } from '../../../src/config/reading.ts';
import { findNetrcLogin } from '../../../src/config/sections/auth.ts';
import { parseControlUrl } from '../../../src/config/sections/controls.ts';
import { findEnvProxy, isExcepted, parseProxyUrl } from '../../../src/config/sections/proxy.ts';
import { isWebhookSecret } from '../../../src/config/sections/webhooks.ts';
import { addressBytesOf, hostAndPort, isLoopback, isWithin, parseNetwork } from '../../../src/core/addresses.ts';
import { durationMs, durationPattern, formatDuration, shareOf, sizeBytes } from '../../../src/core/units.ts';
import { baseUrl, hostOf } from '../../../src/core/url.ts';
import { checkGoproxy, readGoProxyList } from '../../../src/ecosystems/go/client.ts';
import { isModulePath, parseGoModule } from '../../../src/ecosystems/go/names.ts';
import { parseSumdb } from '../../../src/ecosystems/go/sumdb-setting.ts';
import { phrase } from '../../../src/words/tell.ts';
import { table } from '../../support/table.ts';

describe('units', () => {
  test.each([
    ['250ms', 250],
    ['30s', 30_000],
    ['1.5h', 5_400_000],
    ['5m', 300_000],
    ['30d', 2_592_000_000],
  ])('%s is %d ms', (text, ms) => {
    expect(durationPattern.test(text)).toBe(true);
    expect(durationMs(text)).toBe(ms);
  });
  test.each(['30', 's', '-1s', '1h30m', '1 s', '1S', '1e3s', ''])('%j is no duration', (text) =>
    expect(durationPattern.test(text)).toBe(false),
  );
  test.each([
    [90_000, '90s'],
    [120_000, '2m'],
    [86_400_000, '1d'],
    [1500, '1500ms'],
    [0, '0ms'],
  ])('%d ms is written %s', (ms, text) => expect(formatDuration(ms)).toBe(text));
  test('sizes and shares', () => {
    expect([sizeBytes('1KiB'), sizeBytes('1.5MiB'), sizeBytes('2GiB')]).toEqual([1024, 1_572_864, 2_147_483_648]);
    expect([shareOf('0%'), shareOf('20%'), shareOf('99.5%'), shareOf('100%')]).toEqual([0, 0.2, 0.995, 1]);
  });
});

describe('environment', () => {
  const dollars = (text: string): string => text.replaceAll('#', '$');
  const env = { A: 'one', EMPTY: '', REF: dollars('#{A}') };
  test.each(
    table<{ readonly text: string; readonly becomes: string; readonly used: boolean }[]>(
      'unit/config/readers',
      'environment',
    ),
  )('$text', ({ text, becomes, used }) =>
    expect(replaceEnv(dollars(text), env)).toEqual({ text: dollars(becomes), used, mistakes: [] }),
  );
  test('a name of the object’s own prototype is unset', () =>
    expect(replaceEnv(dollars('#{constructor}'), env).mistakes).toEqual([
      phrase('expected.variableSet', { name: 'constructor' }),
    ]));
});

describe('addresses', () => {
  test.each([
    ['127.0.0.1', [127, 0, 0, 1]],
    ['256.0.0.1', null],
    ['::1', [...Array(15).fill(0), 1]],
    ['2001:db8::ff', [32, 1, 13, 184, ...Array(11).fill(0), 255]],
    ['::ffff:10.1.2.3', [10, 1, 2, 3]],
    ['1:2:3', null],
    ['localhost', null],
    ['', null],
  ])('%s', (text, bytes) => expect(addressBytesOf(text)).toEqual(bytes));
  test.each(table<[string, string, boolean][]>('unit/config/readers', '%s within %s: %s'))(
    '%s within %s: %s',
    (address, net, within) => {
      const bytes = addressBytesOf(address);
      const parsed = parseNetwork(net);
      expect(bytes !== null && parsed !== null && isWithin(bytes, parsed)).toBe(within);
    },
  );
  test.each(['10.0.0.0/33', '10.0.0.0/', '10.0.0.0/8/8', 'x/8', '::/129'])('%s is no network', (text) =>
    expect(parseNetwork(text)).toBeNull(),
  );
  test.each(table<[string, boolean][]>('unit/config/readers', '%s is loopback: %s'))(
    '%s is loopback: %s',
    (host, loopback) => expect(isLoopback(host)).toBe(loopback),
  );
  test.each(
    table<[string, { readonly host: string; readonly port: number | null } | null][]>(
      'unit/config/readers',
      'host and port of %s',
    ),
  )('host and port of %s', (text, read) => expect(hostAndPort(text)).toEqual(read));
});

describe('URLs', () => {
  test.each([
    ['https://a.example.com', { url: 'https://a.example.com', user: null }],
    ['https://A.example.com/go//', { url: 'https://a.example.com/go', user: null }],
    ['http://a.example.com:8080/x', { url: 'http://a.example.com:8080/x', user: null }],
    [
      'https://u%40x:p%2Fq@a.example.com/',
      { url: 'https://a.example.com', user: { username: 'u@x', password: 'p/q' } },
    ],
    ['https://token@a.example.com', { url: 'https://a.example.com', user: { username: 'token', password: '' } }],
    ['https://u:%zz@a.example.com', null],
    ['https://a.example.com?x=1', null],
    ['https://a.example.com/#x', null],
    ['ftp://a.example.com', null],
    ['https:///x', null],
    ['a.example.com', null],
    ['https://a b', null],
  ])('base URL %s', (text, read) => expect(baseUrl(text)).toEqual(read));
  test('a proxy has no path', () => {
    expect(parseProxyUrl('http://p:3128/')?.url).toBe('http://p:3128');
    expect(parseProxyUrl('http://p:3128/x')).toBeNull();
  });
  test.each(
    table<[string, { readonly url: string; readonly name: string } | null][]>('unit/config/readers', 'control %s'),
  )('control %s', (text, read) => expect(parseControlUrl(text)).toEqual(read));
  test('a host is named with its port', () =>
    expect([hostOf('https://a.example.com/x'), hostOf('http://[::1]:81/')]).toEqual(['a.example.com:443', '[::1]:81']));
});

describe('Go modules and versions', () => {
  test.each(['rsc.io/quote', 'gopkg.in/yaml.v3', 'github.com/BurntSushi/toml', 'k8s.io/api', 'x.example/a~b'])(
    '%s is a path',
    (path) => expect(isModulePath(path)).toBe(true),
  );
  test.each(table<string[]>('unit/config/readers', '%s is no path'))('%s is no path', (path) =>
    expect(isModulePath(path)).toBe(false),
  );
  test.each(table<[string, string][]>('unit/config/readers', 'Go modules and versions'))('%s: %s', (text, tag) =>
    expect(parseGoModule(text).tag).toBe(tag),
  );
});

/** What a value of GOPROXY, such as https://goproxy.example.com,direct of the file is taken for: entries, each with the separator before it. */
function parseGoChain(chain: string) {
  const mistake = checkGoproxy(chain);
  if (mistake !== null) return { tag: 'error', error: mistake };
  const entries = readGoProxyList(chain);
  const value = entries.map(({ text }, at) => ({ separator: entries[at - 1]?.separator ?? '', text }));
  return { tag: 'ok', value };
}

describe('GOPROXY lines', () => {
  test.each(
    table<[string, readonly { readonly separator: string; readonly text: string }[]][]>(
      'unit/config/readers',
      'GOPROXY lines',
    ),
  )('%s', (chain, entries) => expect(parseGoChain(chain)).toEqual({ tag: 'ok', value: entries }));
  test.each(table<string[]>('unit/config/readers', '%j is none'))('%j is none', (chain) =>
    expect(parseGoChain(chain).tag).toBe('error'),
  );
  test.each([
    'https://u:p;q@a.example.com',
    'https://bücher.example/é',
    'https://[2001:db8::1]:8080/x',
    'https://a_b.x/~y',
  ])('%j is one member', (chain) =>
    expect(parseGoChain(chain)).toEqual({ tag: 'ok', value: [{ separator: '', text: chain }] }),
  );
});

describe('GOSUMDB', () => {
  const key = 'localhost.localdev/sumdb+00000c67+AcTrnkbUA+TU4heY3hkjiSES/DSQniBqIeQ/YppAUtK6';
  const neumann = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW';
  test.each([
    ['off', null],
    [key, { name: 'localhost.localdev/sumdb', verifierKey: key, url: null, home: null }],
    [
      `${neumann} https://sum.example.com/`,
      { name: 'PeterNeumann', verifierKey: neumann, url: 'https://sum.example.com', home: null },
    ],
  ])('%s', (text, value) => expect(parseSumdb(text)).toEqual({ tag: 'ok', value }));
  test.each([
    '',
    'sum.example.com',
    `${key}x`,
    key.replace('00000c67', '00000c68'),
    `${key} x y`,
    `${key} https://u:p@x`,
  ])('%j is none', (text) => expect(parseSumdb(text).tag).toBe('error'));
});

describe('cron', () => {
  test.each(table<[string, boolean][]>('unit/config/readers', '%j is an expression: %s'))(
    '%j is an expression: %s',
    (text, valid) => expect(isCron(text)).toBe(valid),
  );
  test.each(table<[string, number, number][]>('unit/config/readers', '%s: shortest gap %d ms, mean %d ms'))(
    '%s: shortest gap %d ms, mean %d ms',
    (text, shortestMs, meanMs) => expect(cronGapsOf(text)).toEqual({ shortestMs, meanMs }),
  );
  test('zones', () =>
    expect([isTimeZone('Asia/Shanghai'), isTimeZone('UTC'), isTimeZone('Mars/Olympus')]).toEqual([true, true, false]));
});

describe('proxies of the environment', () => {
  const https = 'https://a.example.com/go';
  test.each([
    {
      name: 'by scheme',
      url: https,
      env: { HTTPS_PROXY: 'http://p:1', HTTP_PROXY: 'http://q:1' },
      value: 'http://p:1',
    },
    {
      name: 'http by its own',
      url: 'http://a.example.com',
      env: { HTTPS_PROXY: 'http://p:1', HTTP_PROXY: 'http://q:1' },
      value: 'http://q:1',
    },
    { name: 'lower case', url: https, env: { https_proxy: 'http://p:1' }, value: 'http://p:1' },
    {
      name: 'upper case first',
      url: https,
      env: { HTTPS_PROXY: 'http://p:1', https_proxy: 'http://q:1' },
      value: 'http://p:1',
    },
    { name: 'an empty one is none', url: https, env: { HTTPS_PROXY: '', https_proxy: '' }, value: undefined },
    { name: 'without a scheme', url: https, env: { HTTPS_PROXY: 'p:3128' }, value: 'http://p:3128' },
    { name: 'never for loopback', url: 'https://localhost:8443', env: { HTTPS_PROXY: 'http://p:1' }, value: undefined },
    { name: 'excepted', url: https, env: { HTTPS_PROXY: 'http://p:1', NO_PROXY: 'example.com' }, value: undefined },
    {
      name: 'excepted, lower case',
      url: https,
      env: { HTTPS_PROXY: 'http://p:1', no_proxy: 'example.com' },
      value: undefined,
    },
  ])('$name', ({ url, env, value }) => expect(findEnvProxy(url, env)?.value).toBe(value));
  test.each(table<[string, string, boolean][]>('unit/config/readers', '%s with NO_PROXY=%s: %s'))(
    '%s with NO_PROXY=%s: %s',
    (url, exceptions, excepted) => expect(isExcepted(url, exceptions)).toBe(excepted),
  );
});

describe('netrc', () => {
  const text = `machine a.example.com login bob password one
machine b.example.com
  login eve
  account x
  password two
macdef init
  machine c.example.com login no password no

machine c.example.com password three login ann
machine a.example.com login late password late
machine half.example.com login only
default login d password d
machine after.example.com login x password y
`;
  test.each([
    ['a.example.com', { username: 'bob', password: 'one' }],
    ['b.example.com', { username: 'eve', password: 'two' }],
    ['c.example.com', { username: 'ann', password: 'three' }],
    ['half.example.com', null],
    ['after.example.com', null],
    ['none.example.com', null],
  ])('%s', (host, login) => expect(findNetrcLogin(text, host)).toEqual(login));
});

describe('webhook secrets', () => {
  const secret = (bytes: number): string => `whsec_${Buffer.alloc(bytes, 7).toString('base64')}`;
  test.each([
    [23, false],
    [24, true],
    [64, true],
    [65, false],
  ])('%d bytes: %s', (bytes, valid) => expect(isWebhookSecret(secret(bytes))).toBe(valid));
  test('base64 of the standard alphabet, padded', () =>
    expect([isWebhookSecret(secret(25).replace(/=+$/, '')), isWebhookSecret(`${secret(24).slice(0, -1)}_`)]).toEqual([
      false,
      false,
    ]));
});

describe('the nearest word', () => {
  const known = ['name', 'url', 'weight', 'maintenance', 'timeout'];
  test.each(table<[string, string | null][]>('unit/config/readers', 'the nearest word'))('%s: %s', (word, nearest) =>
    expect(findNearestWord(word, known)).toBe(nearest),
  );
});
