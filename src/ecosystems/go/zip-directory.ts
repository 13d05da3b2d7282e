import type { WholeBody } from '../../core/body.ts';
import type { Sentence } from '../../core/result.ts';
import { phrase } from '../../words/tell.ts';

export interface ZipEntry {
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
export function readDirectory(zip: WholeBody, most: { readonly entries: number; readonly bytes: number }): Directory {
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
