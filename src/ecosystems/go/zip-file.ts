import { isMarkup, type WholeBody } from '../../core/body.ts';
import type { ProbeFailure } from '../../core/failure.ts';
import { limits } from '../../core/limits.ts';
import { error, ok, type Result, type Sentence } from '../../core/result.ts';
import { malformed, phrase, wrongContent } from '../../words/tell.ts';
import { matchesBeginning, type Talk, yieldToEventLoop } from '../talk.ts';
import type { HashedFile } from './h1.ts';
import { readDirectory, type ZipEntry } from './zip-directory.ts';
import { readEntryHash } from './zip-entry.ts';

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
