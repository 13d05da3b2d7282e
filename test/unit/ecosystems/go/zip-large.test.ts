import { createHash, randomFillSync } from 'node:crypto';
import { deflateRawSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { heldBodyOf, type WholeBody } from '../../../../src/core/body.ts';
import { limits } from '../../../../src/core/limits.ts';
import { readModuleZip } from '../../../../src/ecosystems/go/zip-file.ts';
import { malformed, phrase } from '../../../../src/words/tell.ts';
import { worked } from '../worked.ts';
import { hello, type MadeEntry, makeZip } from './zip.ts';

// What is too large for one turn of a thread: hashed piece by piece, to the same hash, within the same rules.

const mib = 2 ** 20;
const random = randomFillSync(Buffer.alloc(3 * mib));
const zeros = Buffer.alloc(20 * mib);
const sha256 = (content: Uint8Array) => createHash('sha256').update(content).digest('hex');
const packed = new Map<unknown, Buffer>([random, zeros].map((content) => [content, deflateRawSync(content)]));

/** An entry; what is deflated of the two large contents is deflated once for all. */
function inside(name: string, more: Partial<MadeEntry>): MadeEntry {
  const known = more.method === undefined ? packed.get(more.content) : undefined;
  return { name: `${hello.prefix}${name}`, ...(known === undefined ? {} : { packed: known }), ...more };
}

/** A body that says how much of it was asked for at a time, at most, and how much in all. */
function watched(body: Uint8Array): WholeBody & { most: number; sum: number } {
  const held = heldBodyOf(body);
  return {
    bytes: held.bytes,
    most: 0,
    sum: 0,
    read(at, bytes) {
      this.most = Math.max(this.most, bytes);
      const part = held.read(at, bytes);
      this.sum += part.length;
      return part;
    },
  };
}

describe('large entries', () => {
  test.each<[string, Partial<MadeEntry>, turns: number]>([
    ['deflated, hardly smaller', { content: random }, 1],
    ['deflated, a thousandth', { content: zeros }, 2],
    ['stored', { content: random, method: 0 }, 0],
    ['larger than a turn of the loop, stored', { content: zeros, method: 0 }, 6],
  ])('%s', async (_, more, wanted) => {
    const small = inside('a.go', { content: 'package a\n' });
    const body = watched(makeZip([inside('large', more), small]));
    const { value, turns } = await worked(readModuleZip(body, hello.prefix));
    const hashes = [sha256(more.content as Buffer), sha256(Buffer.from('package a\n'))];
    expect(value.tag === 'ok' && value.value.map(({ sha256Hex }) => sha256Hex)).toEqual(hashes);
    expect(turns).toBe(wanted);
    // Never more than a piece at a time, whatever the size.
    expect(body.most).toBeLessThanOrEqual(mib);
  });

  const unsound = { tag: 'error', error: malformed('answer.zip', { what: phrase('answer.zipEntries') }) };

  test.each<[string, Partial<MadeEntry>]>([
    ['a wrong checksum', { content: random, crc: 1 }],
    ['a wrong checksum, stored', { content: random, crc: 1, method: 0 }],
    ['less than it declares', { content: random, plainBytes: 4 * mib }],
    ['more than it declares', { content: zeros, plainBytes: 2 * mib }],
    ['an encrypted one', { content: random, flags: 1 }],
    ['bzip2', { content: random, method: 12 }],
  ])('%s is not sound', async (_, more) => {
    const { value } = await worked(readModuleZip(heldBodyOf(makeZip([inside('large', more)])), hello.prefix));
    expect(value).toEqual(unsound);
  });

  test('a damaged stream is not sound, and one that ends early is what it ended as', async () => {
    const zip = makeZip([inside('large', { content: random })]);
    zip.fill(0xff, 1000, 1100);
    expect((await worked(readModuleZip(heldBodyOf(zip), hello.prefix))).value).toEqual(unsound);
    // What follows the end of the stream within the entry is nobody's content, for the go command neither.
    const longer = Buffer.concat([packed.get(zeros) ?? zeros, random]);
    const early = makeZip([inside('large', { content: zeros, packed: longer })]);
    const { value } = await worked(readModuleZip(heldBodyOf(early), hello.prefix));
    expect(value).toMatchObject({ tag: 'ok', value: [{ sha256Hex: sha256(zeros) }] });
  });
});

describe('hostile archives cost no more than they weigh', () => {
  test('what declares more than the cap is refused before an entry is read', async () => {
    const bomb = makeZip([inside('a', { content: zeros, plainBytes: limits.zipBytes + 1 })]);
    const body = watched(bomb);
    const { value, turns } = await worked(readModuleZip(body, hello.prefix));
    expect(value).toMatchObject({ error: { expected: 'zip: a total size within the limit' } });
    // The beginning, the end and the directory.
    expect([turns, body.sum < 4 * limits.bodyBeginBytes]).toEqual([0, true]);
  });

  test('a bomb is inflated no further than it declares', async () => {
    // 20 MiB of zeros in 20 KB; of the packed bytes little is read before it has declared too little.
    const doubled = Buffer.concat([packed.get(zeros) ?? zeros, random, random, random]);
    const body = watched(makeZip([inside('a', { content: zeros, packed: doubled, plainBytes: 2 * mib })]));
    expect((await worked(readModuleZip(body, hello.prefix))).value.tag).toBe('error');
    expect(body.sum).toBeLessThan(4 * mib);
  });

  test('entries that share their bytes are refused: each could take as long as the whole zip', async () => {
    const at = 0;
    const shared = Array.from({ length: 3 }, (_, n) => inside(`${n}`, { content: random, at }));
    const { value } = await worked(readModuleZip(heldBodyOf(makeZip(shared, { once: true })), hello.prefix));
    expect(value).toEqual({ tag: 'error', error: malformed('answer.zip', { what: phrase('answer.zipTwice') }) });
  });

  test('many small entries let the loop turn', async () => {
    const files = Array.from({ length: 3_000 }, (_, n) => inside(`${n}.go`, { content: `package p${n}\n` }));
    const { value, turns } = await worked(readModuleZip(heldBodyOf(makeZip(files)), hello.prefix));
    expect([value.tag, turns > 5]).toEqual(['ok', true]);
  });

  test('a directory past its cap is refused', async () => {
    const name = 'n'.repeat(60_000);
    const wide = Array.from({ length: 600 }, (_, n) => inside(`${name}${n}`, { method: 0 }));
    const { value } = await worked(readModuleZip(heldBodyOf(makeZip(wide)), hello.prefix));
    expect(value).toEqual({ tag: 'error', error: malformed('answer.zip', { what: phrase('answer.zipCap') }) });
  });
});
