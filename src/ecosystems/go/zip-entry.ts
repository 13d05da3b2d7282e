import { createHash } from 'node:crypto';
import { pipeline } from 'node:stream/promises';
import { crc32, createInflateRaw, inflateRawSync } from 'node:zlib';
import type { WholeBody } from '../../core/body.ts';
import { limits } from '../../core/limits.ts';
import { runMeanwhile, type Talk, yieldToEventLoop } from '../talk.ts';
import { sha256HexOf } from './h1.ts';
import type { ZipEntry } from './zip-directory.ts';

const localBytes = 30;
/** The maximum size of an entry that is read at once, bytes. A larger entry is read in pieces. */
const smallBytes = 2 ** 20;
const pieceBytes = 256 * 1024;

/**
 * Returns the SHA-256 of one entry's content in lower-case hex; `null` if the content is incomplete, contradicts the
 * zip's directory, or cannot be unpacked.
 * @see golang/go archive/zip reader.go
 */
export function* readEntryHash(zip: WholeBody, entry: ZipEntry): Talk<string | null> {
  const local = Buffer.from(zip.read(entry.at, localBytes));
  if (entry.isEncrypted || local.length < localBytes || local.readUInt32LE(0) !== 0x04034b50) return null;
  const start = entry.at + localBytes + local.readUInt16LE(26) + local.readUInt16LE(28);
  if (start + entry.packedBytes > zip.bytes) return null;
  if (entry.method !== 0 && entry.method !== 8) return null;
  if (entry.method === 0 && entry.packedBytes !== entry.plainBytes) return null;
  if (Math.max(entry.packedBytes, entry.plainBytes) <= smallBytes) return hashSmall(zip, start, entry);
  const content = new Content(entry);
  if (entry.method === 0) yield* takeStored(zip, start, entry, content);
  else yield* runMeanwhile(() => inflated(zip, start, entry, content));
  return content.hex();
}

function hashSmall(zip: WholeBody, start: number, entry: ZipEntry): string | null {
  const packed = zip.read(start, entry.packedBytes);
  const plain = entry.method === 0 ? packed : inflateSmall(packed, entry.plainBytes);
  if (plain === null || plain.length !== entry.plainBytes || crc32(plain) !== entry.crc32) return null;
  return sha256HexOf(plain);
}

function inflateSmall(packed: Uint8Array, plainBytes: number): Uint8Array | null {
  try {
    return inflateRawSync(packed, { maxOutputLength: Math.max(plainBytes, 1) });
  } catch {
    return null;
  }
}

function* takeStored(zip: WholeBody, start: number, { packedBytes }: ZipEntry, content: Content): Talk<void> {
  let turnBytes = 0;
  for (const piece of piecesOf(zip, start, packedBytes)) {
    content.take(piece);
    turnBytes += piece.length;
    if (turnBytes < limits.hashTurnBytes) continue;
    yield* yieldToEventLoop();
    turnBytes = 0;
  }
}

async function inflated(zip: WholeBody, start: number, { packedBytes }: ZipEntry, content: Content): Promise<void> {
  const inflate = createInflateRaw({ chunkSize: pieceBytes });
  try {
    await pipeline(piecesOf(zip, start, packedBytes), inflate, async (plain: AsyncIterable<Buffer>) => {
      for await (const piece of plain) if (!content.take(piece)) throw tooMuch;
    });
  } catch (error) {
    const isTheirs = error === tooMuch || (error as NodeJS.ErrnoException).code?.startsWith('Z_') === true;
    if (!isTheirs) throw error;
    content.isBroken = true;
  }
}

const tooMuch = new Error('more than was declared');

function* piecesOf(zip: WholeBody, start: number, bytes: number): Generator<Uint8Array, void> {
  for (let at = 0; at < bytes; at += pieceBytes) yield zip.read(start + at, Math.min(pieceBytes, bytes - at));
}

/** Hashes an entry's content piece by piece; `hex` also checks its length and CRC-32. */
class Content {
  isBroken = false;
  readonly #entry: ZipEntry;
  readonly #hash = createHash('sha256');
  #crc32 = 0;
  #bytes = 0;

  constructor(entry: ZipEntry) {
    this.#entry = entry;
  }

  /** Adds the next piece of the content. Returns false if the content is now longer than the declared size. */
  take(piece: Uint8Array): boolean {
    this.#bytes += piece.length;
    if (this.#bytes > this.#entry.plainBytes) return false;
    this.#hash.update(piece);
    this.#crc32 = crc32(piece, this.#crc32);
    return true;
  }

  hex(): string | null {
    const { plainBytes, crc32: wanted } = this.#entry;
    const isSound = !this.isBroken && this.#bytes === plainBytes && this.#crc32 === wanted;
    return isSound ? this.#hash.digest('hex') : null;
  }
}
