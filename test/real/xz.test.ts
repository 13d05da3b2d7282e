import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { heldBodyOf } from '../../src/core/body.ts';
import { decodeBody } from '../../src/ecosystems/http/packages.ts';
import type { Packing } from '../../src/ecosystems/http/profile.ts';
import { commandPath } from '../support/paths.ts';
import { real } from '../support/requires.ts';

/** What the real xz writes. */
const xz = (content: string | Buffer, ...args: string[]): Buffer =>
  execFileSync(commandPath('xz'), ['--stdout', ...args], { input: content, maxBuffer: 2 ** 28 });

/** Reads at most `bytesMax` bytes. */
async function unpacked(body: Uint8Array, packing: Packing, bytesMax = 2 ** 27): Promise<Buffer | 'unreadable'> {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const piece of decodeBody(heldBodyOf(body), packing)) {
      pieces.push(piece);
      bytes += piece.length;
      if (bytes > bytesMax) break;
    }
  } catch {
    return 'unreadable';
  }
  return Buffer.concat(pieces);
}

real('bodies by the real xz are decoded', ['xz'], () => {
  const text = Buffer.from(randomBytes(300_000).toString('base64'));

  test.each<[string, Buffer, Packing]>([
    ['as it is', text, 'plain'],
    ['gzip', gzipSync(text), 'gzip'],
    ['xz', xz(text), 'xz'],
    ['xz with the largest usual dictionary', xz(text, '-9e'), 'xz'],
    ['xz without a sum', xz(text, '--check=none'), 'xz'],
    ['xz by CRC32', xz(text, '--check=crc32'), 'xz'],
    ['xz in two streams', Buffer.concat([xz(text.subarray(0, 1000)), xz(text.subarray(1000))]), 'xz'],
    ['xz of nothing', xz(''), 'xz'],
  ])('%s', async (_, body, packing) => {
    const got = await unpacked(body, packing);
    expect(
      got === 'unreadable' ? got : got.equals(packing === 'plain' || body.length > 100 ? text : Buffer.alloc(0)),
    ).toBe(true);
  });

  const good = xz(text);
  const flipped = Buffer.from(good);
  flipped[good.length - 200] = (flipped[good.length - 200] ?? 0) ^ 1;
  const crc = xz(text, '--check=crc64', '-0');
  // The sum of the block stands before the index of the stream, at its end.
  const badSum = Buffer.from(crc);
  const atSum = badSum.length - 12 - badSum.readUInt32LE(badSum.length - 8) * 4 - 4 - 8;
  badSum[atSum] = (badSum[atSum] ?? 0) ^ 1;

  test.each<[string, Buffer]>([
    ['a byte that flipped', flipped],
    ['a sum that flipped', badSum],
    ['cut', good.subarray(0, good.length / 2)],
    ['cut within its head', good.subarray(0, 4)],
    ['empty', Buffer.alloc(0)],
    ['something behind it', Buffer.concat([good, Buffer.from('garbage')])],
    ['a dictionary above 64 MiB', xz(text, '--lzma2=dict=128MiB')],
    ['a sum by SHA-256, which the decoder does not compute', xz(text, '--check=sha256')],
    ['noise', randomBytes(3_000)],
    ['noise behind a head', Buffer.concat([good.subarray(0, 24), randomBytes(3_000)])],
  ])('xz, %s: unreadable, and the next one is read', async (_, body) => {
    expect(await unpacked(body, 'xz')).toBe('unreadable');
    expect(await unpacked(good, 'xz')).toEqual(text);
  });

  test('a bomb is read as far as the reader wants, in bounded memory, ten times', async () => {
    const bomb = xz(Buffer.alloc(2 ** 27), '-9');
    expect(bomb.length).toBeLessThan(2 ** 15);
    const held = (): number => process.memoryUsage().external;
    await unpacked(bomb, 'xz', 2 ** 22);
    const before = held();
    for (let n = 0; n < 10; n += 1) expect(await unpacked(bomb, 'xz', 2 ** 22)).not.toBe('unreadable');
    expect(held() - before).toBeLessThan(2 ** 27);
    expect(await unpacked(good, 'xz')).toEqual(text);
  });

  test('another form is unreadable', async () => expect(await unpacked(text, 'other')).toBe('unreadable'));
});
