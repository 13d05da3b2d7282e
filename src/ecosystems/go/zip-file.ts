import { createHash } from 'node:crypto';
import { pipeline } from 'node:stream/promises';
import { crc32, createInflateRaw, inflateRawSync } from 'node:zlib';
import { isMarkup, type WholeBody } from '../../core/body.ts';
import type { ProbeFailure } from '../../core/failure.ts';
import { getOrElse } from '../../core/get-or-else.ts';
import { limits } from '../../core/limits.ts';
import { error, ok, type Result, type Sentence } from '../../core/result.ts';
import { malformed, phrase, wrongContent } from '../../words/tell.ts';
import { matchesBeginning, runMeanwhile, type Talk, yieldToEventLoop } from '../talk.ts';
import { type HashedFile, sha256HexOf } from './h1.ts';
import { readDirectory, type ZipEntry } from './zip-directory.ts';

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
  const content = createContent(entry);
  if (entry.method === 0) yield* takeStored(zip, start, entry, content);
  else yield* runMeanwhile(() => inflated(zip, start, entry, content));
  return content.hex();
}

function hashSmall(zip: WholeBody, start: number, entry: ZipEntry): string | null {
  const packed = zip.read(start, entry.packedBytes);
  const inflate = () => inflateRawSync(packed, { maxOutputLength: Math.max(entry.plainBytes, 1) });
  const plain = entry.method === 0 ? packed : getOrElse(inflate, null);
  if (plain === null || plain.length !== entry.plainBytes || crc32(plain) !== entry.crc32) return null;
  return sha256HexOf(plain);
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
    content.spoil();
  }
}

const tooMuch = new Error('more than was declared');

function* piecesOf(zip: WholeBody, start: number, bytes: number): Generator<Uint8Array, void> {
  for (let at = 0; at < bytes; at += pieceBytes) yield zip.read(start + at, Math.min(pieceBytes, bytes - at));
}

/** Hashes an entry's content piece by piece; `hex` also checks its length and CRC-32. */
function createContent({ plainBytes, crc32: wanted }: ZipEntry) {
  const hash = createHash('sha256');
  let [sum, bytes, isBroken] = [0, 0, false];
  return {
    /** Adds the next piece of the content. Returns false if the content is now longer than the declared size. */
    take(piece: Uint8Array): boolean {
      bytes += piece.length;
      if (bytes > plainBytes) return false;
      hash.update(piece);
      sum = crc32(piece, sum);
      return true;
    },
    spoil(): void {
      isBroken = true;
    },
    hex: () => (!isBroken && bytes === plainBytes && sum === wanted ? hash.digest('hex') : null),
  };
}

type Content = ReturnType<typeof createContent>;
