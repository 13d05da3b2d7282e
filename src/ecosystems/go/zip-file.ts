import { createHash } from 'node:crypto';
import { pipeline } from 'node:stream/promises';
import { crc32, createInflateRaw, inflateRawSync } from 'node:zlib';
import { isMarkup, type WholeBody } from '../../core/body.ts';
import type { ProbeFailure } from '../../core/failure.ts';
import { limits } from '../../core/limits.ts';
import { error, ok, type Result, type Sentence } from '../../core/result.ts';
import { malformed, phrase, wrongContent } from '../../words/tell.ts';
import { matchesBeginning, runMeanwhile, type Talk, yieldToEventLoop } from '../talk.ts';
import { type HashedFile, sha256HexOf } from './h1.ts';

interface ZipEntry {
  readonly name: string;
  /** Compression method: 0 stored, 8 deflate. Other methods are not supported. */
  readonly method: number;
  readonly isEncrypted: boolean;
  readonly crc32: number;
  readonly packedBytes: number;
  readonly plainBytes: number;
  /** The offset of the entry's local header in the zip. */
  readonly at: number;
}

/**
 * The result of reading a zip's central directory. `cut`: there is no end record. `broken`: the end record or the
 * directory is invalid.
 */
type Directory =
  | { readonly tag: 'ok'; readonly entries: readonly ZipEntry[] }
  | { readonly tag: 'cut' }
  | { readonly tag: 'broken'; readonly what: Sentence };

/** How many bytes at the end of a zip the go command searches for the end record. @see golang/go archive/zip reader.go */
const endWindowBytes = 65 * 1024;
const endBytes = 22;
const headerBytes = 46;
const locatorBytes = 20;
const wideBytes = 56;
const whole32 = 0xffffffff;
const whole16 = 0xffff;

/**
 * Reads the central directory of a zip or zip64.
 * @param most  the limits; a zip with more entries or a longer directory is `broken`
 * @see APPNOTE.TXT 6.3.10 sections 4.3.12 to 4.3.16; docs/protocols/common.md#shapes-of-bodies
 */
function readDirectory(zip: WholeBody, most: { readonly entries: number; readonly bytes: number }): Directory {
  const end = findEnd(zip);
  if (end === null) return { tag: 'cut' };
  const place = directoryPlace(zip, end);
  if (place === null) return { tag: 'broken', what: phrase('answer.zipEnd') };
  if (place.count > most.entries) return { tag: 'broken', what: phrase('answer.zipMany') };
  if (place.at + place.bytes > end.at) return { tag: 'broken', what: phrase('answer.zipDirectory') };
  if (place.bytes > most.bytes) return { tag: 'broken', what: phrase('answer.zipCap') };
  const directory = part(zip, place.at, place.bytes);
  const entries: ZipEntry[] = [];
  let at = 0;
  for (let left = place.count; left > 0; left--) {
    const read = readEntry(directory, at);
    if (read === null) return { tag: 'broken', what: phrase('answer.zipDirectory') };
    entries.push(read.entry);
    at = read.next;
  }
  if (at !== directory.length) return { tag: 'broken', what: phrase('answer.zipDirectory') };
  return { tag: 'ok', entries };
}

function part(zip: WholeBody, at: number, bytes: number): Buffer {
  const { buffer, byteOffset, byteLength } = zip.read(at, bytes);
  return Buffer.from(buffer, byteOffset, byteLength);
}

interface End {
  readonly at: number;
  readonly record: Buffer;
}

/**
 * Finds the end record of a zip as the go command does: the last one, whose comment must fit into the file. Bytes behind
 * the comment do not count. `null`: there is no such record.
 */
function findEnd(zip: WholeBody): End | null {
  const from = Math.max(0, zip.bytes - endWindowBytes);
  const tail = part(zip, from, endWindowBytes);
  for (let at = tail.length - endBytes; at >= 0; at--) {
    if (tail.readUInt32LE(at) !== 0x06054b50) continue;
    const fits = at + endBytes + tail.readUInt16LE(at + 20) <= tail.length;
    return fits ? { at: from + at, record: tail.subarray(at) } : null;
  }
  return null;
}

function directoryPlace(zip: WholeBody, { at: end, record }: End): { count: number; bytes: number; at: number } | null {
  const place = { count: record.readUInt16LE(10), bytes: record.readUInt32LE(12), at: record.readUInt32LE(16) };
  if (place.count !== whole16 && place.bytes !== whole32 && place.at !== whole32) return place;
  const locatorAt = end - locatorBytes;
  const locator = locatorAt < 0 ? null : part(zip, locatorAt, locatorBytes);
  // Without a zip64 locator, 65535 and 0xffffffff are real values: a zip without zip64 can have exactly 65535 entries.
  if (locator === null || locator.readUInt32LE(0) !== 0x07064b50) return place;
  const wideAt = toNumber(locator.readBigUInt64LE(8));
  if (wideAt === null || wideAt + wideBytes > locatorAt) return null;
  const wide = part(zip, wideAt, wideBytes);
  if (wide.readUInt32LE(0) !== 0x06064b50) return null;
  const count = toNumber(wide.readBigUInt64LE(32));
  const bytes = toNumber(wide.readBigUInt64LE(40));
  const at = toNumber(wide.readBigUInt64LE(48));
  return count === null || bytes === null || at === null ? null : { count, bytes, at };
}

function readEntry(zip: Buffer, at: number): { entry: ZipEntry; next: number } | null {
  if (at + headerBytes > zip.length || zip.readUInt32LE(at) !== 0x02014b50) return null;
  const nameAt = at + headerBytes;
  const extraAt = nameAt + zip.readUInt16LE(at + 28);
  const extraEnd = extraAt + zip.readUInt16LE(at + 30);
  const next = extraEnd + zip.readUInt16LE(at + 32);
  if (next > zip.length) return null;
  const sizes = widen(zip.subarray(extraAt, extraEnd), [
    zip.readUInt32LE(at + 24),
    zip.readUInt32LE(at + 20),
    zip.readUInt32LE(at + 42),
  ]);
  if (sizes === null) return null;
  const [plainBytes, packedBytes, localAt] = sizes;
  return {
    entry: {
      name: zip.toString('utf8', nameAt, extraAt),
      method: zip.readUInt16LE(at + 10),
      isEncrypted: (zip.readUInt16LE(at + 8) & 1) === 1,
      crc32: zip.readUInt32LE(at + 16),
      packedBytes,
      plainBytes,
      at: localAt,
    },
    next,
  };
}

/**
 * Replaces each value 0xffffffff by the eight bytes for it in the zip64 extra field; `null`: these bytes are missing.
 */
function widen(extra: Buffer, sizes: readonly [number, number, number]): readonly [number, number, number] | null {
  if (!sizes.includes(whole32)) return sizes;
  for (let at = 0; at + 4 <= extra.length; ) {
    const length = extra.readUInt16LE(at + 2);
    const field = extra.subarray(at + 4, at + 4 + length);
    if (extra.readUInt16LE(at) === 1) {
      let used = 0;
      const wide = sizes.map((size) => {
        if (size !== whole32) return size;
        used += 8;
        return used > field.length ? null : toNumber(field.readBigUInt64LE(used - 8));
      });
      const [plain, packed, local] = wide;
      return plain == null || packed == null || local == null ? null : [plain, packed, local];
    }
    at += 4 + length;
  }
  return null;
}

/** Converts a value to a number; `null`: a number cannot represent the value exactly. */
function toNumber(value: bigint): number | null {
  return value > BigInt(Number.MAX_SAFE_INTEGER) ? null : Number(value);
}

/** True for the first bytes of a zip, with or without entries. */
export function matchesZip(body: Uint8Array): boolean {
  return ['504b0304', '504b0506'].includes(Buffer.from(body.subarray(0, 4)).toString('hex'));
}

/** True if a body begins and ends like a complete zip without a comment. One byte at each end may be wrong. */
export function isSpoiltZip(body: WholeBody): boolean {
  return (
    matchesBeginning(body.read(0, 4), '504b0304') &&
    matchesBeginning(body.read(Math.max(0, body.bytes - 22), 22), '504b0506')
  );
}

/**
 * Hashes every file of a module zip. A zip above the go command's size limits is malformed.
 * @param prefix  `module@version/`, unescaped: each file's name must begin with it
 * @returns       the hashes, or a failure: `wrong_content` for markup, `cut` if the end record is missing, `malformed`
 *                for anything else that is wrong
 * @see docs/protocols/go.md#rules-of-a-module-zip, docs/protocols/common.md#what-a-response-proves; golang/mod
 * zip/zip.go
 */
export function* readModuleZip(zip: WholeBody, prefix: string): Talk<Result<readonly HashedFile[], ProbeFailure>> {
  const begin = zip.read(0, limits.bodyBeginBytes);
  if (isMarkup(begin)) return error(wrongContent('answer.moduleZip'));
  if (!matchesZip(begin)) return error(malformed('answer.moduleZip'));
  const directory = readDirectory(zip, { entries: limits.zipEntries, bytes: limits.zipDirectoryBytes });
  if (directory.tag === 'cut') return error({ kind: 'cut', phase: 'transfer', bytesRead: zip.bytes });
  if (directory.tag === 'broken') return error(malformed('answer.zip', { what: directory.what }));
  const broken = brokenRule(directory.entries, prefix, zip.bytes);
  if (broken !== null) return error(malformed('answer.zip', { what: broken }));
  const files: HashedFile[] = [];
  let turnBytes = 0;
  for (const entry of directory.entries) {
    const hex = yield* readEntryHash(zip, entry);
    if (hex === null) return error(malformed('answer.zip', { what: phrase('answer.zipEntries') }));
    files.push({ name: entry.name, sha256Hex: hex });
    turnBytes += limits.hashEntryBytes + entry.plainBytes;
    if (turnBytes < limits.hashTurnBytes) continue;
    yield* yieldToEventLoop();
    turnBytes = 0;
  }
  return ok(files);
}

/** Returns the first rule of docs/protocols/go.md#rules-of-a-module-zip that the entries break; `null`: none. */
function brokenRule(entries: readonly ZipEntry[], prefix: string, zipBytes: number): Sentence | null {
  const folded = new Map<string, string>();
  let plainBytes = 0;
  let packedBytes = 0;
  for (const { name, plainBytes: bytes, packedBytes: packed } of entries) {
    const inside = name.slice(prefix.length);
    if (!name.startsWith(prefix)) return phrase('answer.zipWithin');
    if (inside !== '' && !isCleanPath(inside)) return phrase('answer.cleanNames');
    if (inside.toLowerCase() === 'go.mod' && inside !== 'go.mod') return phrase('answer.zipLower');
    if (inside.endsWith('/go.mod')) return phrase('answer.zipRoot');
    if ((inside === 'go.mod' || inside === 'LICENSE') && bytes > limits.modBytes)
      return phrase('answer.withinCap', { name: inside });
    const key = foldCase(name);
    const other = folded.get(key);
    // As in the go command, the same directory may be listed twice.
    if (other !== undefined && (other !== name || !name.endsWith('/'))) return phrase('answer.nameOnce');
    folded.set(key, name);
    plainBytes += bytes;
    if (plainBytes > limits.zipBytes) return phrase('answer.zipSum');
    packedBytes += packed;
    if (packedBytes > zipBytes) return phrase('answer.zipTwice');
  }
  return null;
}

/** True for a relative path without empty elements, `.`, `..` and backslashes. One final slash is allowed. */
function isCleanPath(path: string): boolean {
  const elements = (path.endsWith('/') ? path.slice(0, -1) : path).split('/');
  return elements.every((element) => element !== '' && element !== '.' && element !== '..' && !element.includes('\\'));
}

/** Folds the case of each letter by itself, as Go does: `ß` does not become `ss`. */
function foldCase(name: string): string {
  if (/^[\x20-\x7e]*$/.test(name)) return name.toLowerCase();
  return Array.from(name, (letter) => {
    const folded = letter.toUpperCase().toLowerCase();
    return folded.length === letter.length ? folded : letter;
  }).join('');
}

const localBytes = 30;
/** The maximum size of an entry that is read at once, bytes. A larger entry is read in pieces. */
const smallBytes = 2 ** 20;
const pieceBytes = 256 * 1024;

/**
 * Returns the SHA-256 of one entry's content in lower-case hex; `null` if the content is incomplete, contradicts the
 * zip's directory, or cannot be unpacked.
 * @see golang/go archive/zip reader.go
 */
function* readEntryHash(zip: WholeBody, entry: ZipEntry): Talk<string | null> {
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
