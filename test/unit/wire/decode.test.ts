import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { limits } from '../../../src/core/limits.ts';
import { decoded } from '../../../src/wire/exchange.ts';

const plain = Buffer.from('v1.0.0\nv1.1.0\n'.repeat(50));

describe('encoded although identity was asked for', () => {
  it.each([
    ['no encoding', undefined, plain],
    ['identity', 'identity', plain],
    ['gzip', 'gzip', gzipSync(plain)],
    ['x-gzip in capitals', 'X-GZIP', gzipSync(plain)],
    ['deflate', 'deflate', deflateSync(plain)],
    ['deflate without its wrapping', 'deflate', deflateRawSync(plain)],
    ['br', 'br', brotliCompressSync(plain)],
    ['two layers, the last one off first', 'deflate, gzip', gzipSync(deflateSync(plain))],
    ['gzip in two members', 'gzip', Buffer.concat([gzipSync(plain.subarray(0, 100)), gzipSync(plain.subarray(100))])],
    ['an encoding we do not know', 'zstd', plain],
  ])('%s', async (_, encoding, body) => {
    expect((await decoded(encoding, body, 1_000_000)).equals(plain)).toBe(true);
  });

  it.each([
    ['cut short', 'gzip', gzipSync(plain).subarray(0, 30), 'Z_BUF_ERROR'],
    ['broken', 'gzip', Buffer.from('this is no gzip'), 'Z_DATA_ERROR'],
    ['broken brotli', 'br', Buffer.from('<html>'), 'ERR__ERROR_FORMAT_RESERVED'],
    ['a byte over the cap', 'gzip', gzipSync(plain), 'MW_BODY_TOO_LARGE', plain.length - 1],
    [
      'a bomb under a generous cap',
      'gzip',
      gzipSync(Buffer.alloc(limits.decodedBytes + 1)),
      'MW_BODY_TOO_LARGE',
      limits.zipBytes,
    ],
    ['layers without end', 'gzip, gzip, gzip', gzipSync(plain), 'MW_BODY_TOO_LARGE'],
  ])('%s', async (_, encoding, body, code, cap = 1_000_000) => {
    await expect(decoded(encoding, body, cap)).rejects.toMatchObject({ code, bytesRead: body.length });
  });

  it('that was offered may decode to all that the ask takes, and to no byte more', async () => {
    const long = Buffer.alloc(limits.decodedBytes + 1);
    const cap = limits.packumentBytes;
    expect((await decoded('gzip', gzipSync(long), cap, true)).equals(long)).toBe(true);
    const over = gzipSync(Buffer.alloc(cap + 1));
    await expect(decoded('gzip', over, cap, true)).rejects.toMatchObject({ code: 'MW_BODY_TOO_LARGE' });
  });

  it('as large as the cap', async () => {
    expect((await decoded('gzip', gzipSync(plain), plain.length)).length).toBe(plain.length);
  });
});
