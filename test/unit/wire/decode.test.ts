import { randomBytes } from 'node:crypto';
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { limits } from '../../../src/core/limits.ts';
import type { Collected } from '../../../src/wire/body-hold.ts';
import { decoded as decode } from '../../../src/wire/exchange.ts';

const plain = Buffer.from('v1.0.0\nv1.1.0\n'.repeat(50));

const packedIn = (body: Buffer): Collected => ({ body, whole: null });

async function decoded(encoding: string | undefined, body: Buffer, bodyBytesMax: number): Promise<Buffer> {
  const requested = encoding === 'deflate' ? 'gzip, deflate' : 'identity';
  return (await decode({ sent: encoding, requested }, packedIn(body), bodyBytesMax, null)).body;
}

/** Compresses to a 48th of its size, less than a bomb does. */
function dense(bytes: number): Buffer {
  const text = Buffer.alloc(bytes, ' ');
  for (let at = 0; at + 4 <= bytes; at += 256) text.writeUInt32LE(Math.imul(at + 1, 2_654_435_761) >>> 0, at);
  return text;
}

describe('an encoded body', () => {
  it.each([
    ['no encoding', undefined, plain],
    ['identity', 'identity', plain],
    ['gzip', 'gzip', gzipSync(plain)],
    ['x-gzip in capitals', 'X-GZIP', gzipSync(plain)],
    ['deflate', 'deflate', deflateSync(plain)],
    ['deflate without its wrapping', 'deflate', deflateRawSync(plain)],
    ['gzip in two members', 'gzip', Buffer.concat([gzipSync(plain.subarray(0, 100)), gzipSync(plain.subarray(100))])],
    ['an encoding we do not know', 'zstd', plain],
    ['the name of an inherited member', 'constructor', plain],
  ])('%s', async (_, encoding, body) => expect((await decoded(encoding, body, 1_000_000)).equals(plain)).toBe(true));

  it.each([
    ['br, which clients do not request', 'br', 'gzip, deflate', brotliCompressSync(plain)],
    ['deflate, if only identity was requested', 'deflate', 'identity', deflateSync(plain)],
    ['several codings', 'gzip, gzip', 'gzip', gzipSync(gzipSync(plain))],
  ])('stays as it was sent: %s', async (_, sent, requested, body) => {
    const { body: left } = await decode({ sent, requested }, packedIn(body), 1_000_000, null);
    expect(left.equals(body)).toBe(true);
  });

  it.each([
    ['cut short', 'gzip', gzipSync(plain).subarray(0, 30), 'Z_BUF_ERROR'],
    ['broken', 'gzip', Buffer.from('this is no gzip'), 'Z_DATA_ERROR'],
    ['a byte over the cap', 'gzip', gzipSync(plain), 'MW_BODY_TOO_LARGE', plain.length - 1],
    [
      'a bomb under a generous cap',
      'gzip',
      gzipSync(Buffer.alloc(limits.decodedBytes + 1)),
      'MW_BODY_TOO_LARGE',
      limits.zipBytes,
    ],
  ])('%s', (_, encoding, body, code, cap = 1_000_000) =>
    expect(decoded(encoding, body, cap)).rejects.toMatchObject({ code, bytesRead: body.length }),
  );

  it('may decode to all that the ask takes, and to no byte more', async () => {
    const long = dense(limits.decodedBytes + 1);
    const packed = gzipSync(long);
    expect(long.length / packed.length).toBeLessThan(limits.decodedFactor);
    expect((await decoded('gzip', packed, limits.indexBytes)).equals(long)).toBe(true);
    await expect(decoded('gzip', packed, long.length - 1)).rejects.toMatchObject({ code: 'MW_BODY_TOO_LARGE' });
  });

  it('is a bomb above 64 times its length', async () => {
    const packed = Buffer.concat([gzipSync(randomBytes(400_000)), gzipSync(Buffer.alloc(40 * 2 ** 20))]);
    const most = limits.decodedFactor * packed.length;
    expect(most).toBeGreaterThan(limits.decodedBytes);
    await expect(decoded('gzip', packed, limits.zipBytes)).rejects.toMatchObject({ code: 'MW_BODY_TOO_LARGE' });
  });

  it('as large as the cap', async () =>
    expect((await decoded('gzip', gzipSync(plain), plain.length)).length).toBe(plain.length));
});
