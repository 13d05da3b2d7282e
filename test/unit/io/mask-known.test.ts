import { describe, expect, test } from 'vitest';
import type { WireAccess } from '../../../src/core/ports.ts';
import { maskKnown, secretForms } from '../../../src/io/mask-known.ts';

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
    expect(maskKnown(text, secretForms(given))).toBe(want);
  });

  test('wherever it stands in plain data, keys too; the rest is as it was', () => {
    const data = { a: ['x', 1, null, true], 'k-s3cr3t': { deep: 's3cr3t' }, none: undefined };
    expect(maskKnown(data, secretForms(basic('s3cr3t')))).toEqual({
      a: ['x', 1, null, true],
      'k-***': { deep: '***' },
      none: undefined,
    });
    expect(maskKnown(data, [])).toBe(data);
  });
});
