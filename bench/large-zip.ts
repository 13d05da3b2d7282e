import { createHash } from 'node:crypto';
import { closeSync, openSync, writeSync } from 'node:fs';
import { crc32, deflateRawSync } from 'node:zlib';

/** What fills the files of a large module: bytes that do not shrink, or text that shrinks to about a quarter. */
export type Filling = 'random' | 'text';

/** A large module zip that was written to a file. */
export interface LargeZip {
  readonly path: string;
  readonly bytes: number;
  readonly plainBytes: number;
  readonly entries: number;
  /** As golang.org/x/mod/sumdb/dirhash has it. */
  readonly h1: string;
}

type Piece = { readonly plain: Buffer; readonly packed: Buffer; readonly crc: number; readonly sha256: string };

const mib = 2 ** 20;
const largeBytes = 4 * mib;
const smallBytes = 8 * 1024;
/** Different contents of each size; names differ always. */
const variety = 8;
/** A fifth of all bytes lies in small files, as sources do; the rest in large ones, as what is vendored does. */
const smallShare = 0.2;

/**
 * Writes a module zip of about so many bytes, uncompressed, with a go.mod, quickly: its files repeat a few contents under
 * different names.
 * @param module  `example.com/large@v1.0.0`
 */
export function writeLargeZip(path: string, module: string, plainBytes: number, filling: Filling): LargeZip {
  const [name = ''] = module.split('@');
  const random = xorshift(1);
  const made = (bytes: number, count: number): readonly Piece[] =>
    Array.from({ length: Math.min(variety, count) }, () =>
      pieceOf(filling === 'random' ? random(bytes) : prose(bytes, random)),
    );
  const files: (readonly [string, Piece])[] = [['go.mod', pieceOf(Buffer.from(`module ${name}\n`))]];
  const smallCount = Math.floor((plainBytes * smallShare) / smallBytes);
  const largeCount = Math.floor((plainBytes * (1 - smallShare)) / largeBytes);
  const [large, small] = [made(largeBytes, largeCount), made(smallBytes, smallCount)];
  for (let n = 0; n < smallCount; n += 1) files.push([`src/${n % 200}/f${n}.go`, small[n % variety] as Piece]);
  for (let n = 0; n < largeCount; n += 1) files.push([`data/blob${n}.bin`, large[n % variety] as Piece]);
  const bytes = writeZip(path, module, files);
  const lines = files.map(([file, { sha256 }]) => [`${module}/${file}`, sha256] as const);
  const sorted = lines.toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([file, sha256]) => `${sha256}  ${file}\n`);
  return {
    path,
    bytes,
    plainBytes: files.reduce((sum, [, { plain }]) => sum + plain.length, 0),
    entries: files.length,
    h1: `h1:${createHash('sha256').update(sorted.join('')).digest('base64')}`,
  };
}

function pieceOf(plain: Buffer): Piece {
  const packed = deflateRawSync(plain, { level: 6 });
  return { plain, packed, crc: crc32(plain), sha256: createHash('sha256').update(plain).digest('hex') };
}

function writeZip(path: string, module: string, files: readonly (readonly [string, Piece])[]): number {
  const file = openSync(path, 'w');
  const centrals: Buffer[] = [];
  let at = 0;
  const put = (part: Buffer): void => {
    at += writeSync(file, part);
  };
  for (const [name, { plain, packed, crc }] of files) {
    const named = Buffer.from(`${module}/${name}`);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(8, 4);
    common.writeUInt32LE(crc, 10);
    common.writeUInt32LE(packed.length, 14);
    common.writeUInt32LE(plain.length, 18);
    common.writeUInt16LE(named.length, 22);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(at, 10);
    centrals.push(Buffer.concat([Buffer.from('PK\x01\x02\x14\0'), common, tail, named]));
    put(Buffer.concat([Buffer.from('PK\x03\x04'), common, named]));
    put(packed);
  }
  const directory = Buffer.concat(centrals);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(files.length, 8);
  end.writeUInt16LE(files.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(at, 16);
  put(directory);
  put(end);
  closeSync(file);
  return at;
}

/** Bytes that look random, the same in each run. */
function xorshift(seed: number): (bytes: number) => Buffer {
  let state = seed;
  return (bytes) => {
    const words = new Int32Array(Math.ceil(bytes / 4));
    for (let n = 0; n < words.length; n += 1) {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      words[n] = state;
    }
    return Buffer.from(words.buffer).subarray(0, bytes);
  };
}

const words =
  'func return err nil if for range context string byte error struct type interface package import const var switch case default defer go chan map slice append len make new panic recover'.split(
    ' ',
  );

/** Text of words and numbers. */
function prose(bytes: number, random: (bytes: number) => Buffer): Buffer {
  const picks = random(Math.ceil(bytes / 3));
  const text: string[] = [];
  for (let n = 0, length = 0; length < bytes; n += 1) {
    const pick = picks[n % picks.length] ?? 0;
    const word = pick < 200 ? (words[pick % words.length] ?? '') : `x${(pick * 2_654_435_761 + n) % 99_991}`;
    text.push(word, pick % 9 === 0 ? '\n' : ' ');
    length += word.length + 1;
  }
  return Buffer.from(text.join('')).subarray(0, bytes);
}
