import { hasControls } from '../../core/body-text.ts';

/** A checksum-database lookup: the record, and the note of the tree head it came with. */
export interface LogRecord {
  readonly id: number;
  /** The go.sum lines, each LF-ended: what the leaf hash covers. */
  readonly text: string;
  readonly note: Uint8Array;
}

/**
 * Parts a lookup answer into id, record and note; `null` where it is no such answer.
 * @see protocols.md 1.11; golang/mod sumdb/tlog/note.go ParseRecord
 */
export function parseRecord(body: Uint8Array): LogRecord | null {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const idEnd = bytes.indexOf(0x0a);
  const textEnd = bytes.indexOf('\n\n', idEnd);
  if (idEnd <= 0 || textEnd <= idEnd) return null;
  const id = bytes.toString('latin1', 0, idEnd);
  const text = bytes.toString('utf8', idEnd + 1, textEnd + 1);
  if (!/^(0|[1-9]\d{0,15})$/.test(id) || !Number.isSafeInteger(Number(id))) return null;
  if (hasControls(text) || text.includes('\uFFFD')) return null;
  return { id: Number(id), text, note: bytes.subarray(textEnd + 2) };
}

/**
 * The `h1:` hashes that a record holds for one module version, keyed `module@version` and `module@version/go.mod`.
 * @returns `null` unless both lines are there: the record is then another's, or no answer to a client
 */
export function hashesOf(text: string, module: string, version: string): Readonly<Record<string, string>> | null {
  const hashes: Record<string, string> = {};
  for (const line of text.split('\n')) {
    const [path, named, hash, more] = line.split(' ');
    if (path !== module || hash === undefined || more !== undefined || !hash.startsWith('h1:')) continue;
    if (named === version) hashes[`${module}@${version}`] ??= hash;
    if (named === `${version}/go.mod`) hashes[`${module}@${version}/go.mod`] ??= hash;
  }
  return Object.keys(hashes).length === 2 ? hashes : null;
}
