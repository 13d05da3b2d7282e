import { crc32, inflateRawSync } from 'node:zlib';
import { isMarkup } from '../../core/body-text.ts';
import type { ProbeFailure } from '../../core/failure.ts';
import { limits } from '../../core/limits.ts';
import { error, ok, type Result } from '../../core/result.ts';
import { beginsLike } from '../begins.ts';
import { type HashedFile, sha256Hex } from './h1.ts';
import { readDirectory, type ZipEntry } from './zip-directory.ts';

const localBytes = 30;

function malformed(expected: string): Result<never, ProbeFailure> {
  return error({ kind: 'malformed', expected });
}

/** True for the first bytes of a zip with entries or of an empty one. */
export function startsLikeZip(body: Uint8Array): boolean {
  return ['504b0304', '504b0506'].includes(Buffer.from(body.subarray(0, 4)).toString('hex'));
}

/** True for a body that begins and ends as a zip without a comment does, one byte of each wrong at most: it was not cut. */
export function isSpoiltZip(body: Uint8Array): boolean {
  return beginsLike(body, '504b0304') && beginsLike(body.subarray(-22), '504b0506');
}

/**
 * Every file of a module zip with the hash of its content, read within bounds: entries, sizes and their sum as the
 * go command caps them, nothing inflated past its declared size, every checksum compared.
 * @param prefix  `module@version/`, unescaped: each name begins with it
 * @returns       wrong content for markup; cut without an end record; else malformed with the rule that is broken
 * @see protocols.md 1.8, 1.16; golang/mod zip/zip.go
 */
export function readModuleZip(body: Uint8Array, prefix: string): Result<readonly HashedFile[], ProbeFailure> {
  if (isMarkup(body)) return error({ kind: 'wrong_content', expected: 'a module zip' });
  if (!startsLikeZip(body)) return malformed('a module zip');
  const zip = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const directory = readDirectory(zip, limits.zipEntries);
  if (directory.tag === 'cut') return error({ kind: 'cut', phase: 'transfer', bytesRead: body.length });
  if (directory.tag === 'broken') return malformed(`zip: ${directory.what}`);
  const broken = brokenRule(directory.entries, prefix);
  if (broken !== null) return malformed(`zip: ${broken}`);
  const files: HashedFile[] = [];
  for (const entry of directory.entries) {
    const content = readContent(zip, entry);
    if (content === null) return malformed('zip: sound entries');
    files.push({ name: entry.name, sha256Hex: sha256Hex(content) });
  }
  return ok(files);
}

/** The first rule of protocols.md 1.8 that the entries break, or `null`. Decided before anything is inflated. */
function brokenRule(entries: readonly ZipEntry[], prefix: string): string | null {
  const folded = new Set<string>();
  let plainBytes = 0;
  for (const { name, plainBytes: bytes } of entries) {
    const inside = name.slice(prefix.length);
    if (!name.startsWith(prefix)) return 'names within the module';
    if (inside !== '' && !isCleanPath(inside)) return 'clean names';
    if (inside.toLowerCase() === 'go.mod' && inside !== 'go.mod') return 'go.mod in lower case';
    if (inside.endsWith('/go.mod')) return 'go.mod at the root only';
    if ((inside === 'go.mod' || inside === 'LICENSE') && bytes > limits.modBytes) return `${inside} within its cap`;
    const key = foldCase(name);
    if (folded.has(key)) return 'each name once';
    folded.add(key);
    plainBytes += bytes;
    if (plainBytes > limits.zipBytes) return 'a sum of sizes within the cap';
  }
  return null;
}

/** Relative, with single slashes, without dots as elements or back slashes; a directory ends in one slash. */
function isCleanPath(path: string): boolean {
  const elements = (path.endsWith('/') ? path.slice(0, -1) : path).split('/');
  return elements.every((element) => element !== '' && element !== '.' && element !== '..' && !element.includes('\\'));
}

/** Simple case folding, letter by letter: `ß` is not `ss`, for Go neither. */
function foldCase(name: string): string {
  return Array.from(name, (letter) => {
    const folded = letter.toUpperCase().toLowerCase();
    return folded.length === letter.length ? folded : letter;
  }).join('');
}

/** The content of one entry, whole and with the right checksum, or `null`. */
function readContent(zip: Buffer, entry: ZipEntry): Buffer | null {
  if (entry.isEncrypted || entry.at + localBytes > zip.length) return null;
  if (zip.readUInt32LE(entry.at) !== 0x04034b50) return null;
  const start = entry.at + localBytes + zip.readUInt16LE(entry.at + 26) + zip.readUInt16LE(entry.at + 28);
  const packed = zip.subarray(start, start + entry.packedBytes);
  if (packed.length !== entry.packedBytes) return null;
  const content = unpack(packed, entry);
  return content !== null && content.length === entry.plainBytes && crc32(content) === entry.crc32 ? content : null;
}

function unpack(packed: Buffer, entry: ZipEntry): Buffer | null {
  if (entry.method === 0) return packed;
  if (entry.method !== 8) return null;
  try {
    return inflateRawSync(packed, { maxOutputLength: Math.max(entry.plainBytes, 1) });
  } catch {
    return null;
  }
}
