import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { getOrElse } from '../core/get-or-else.ts';
import type { Table } from '../core/ports.ts';

/** Tables with long rows that are written often. Their rows are compressed to about a third. */
const packed: ReadonlySet<Table> = new Set(['answer', 'probe', 'cited', 'detector', 'meta', 'trend', 'verdict']);
/** The minimum length of a text to compress, characters: compression hardly shortens shorter texts. */
const packedFrom = 400;
const textMax = 64 * 1024 * 1024;

/** Returns the value of a row as the file stores it: JSON text, or that text as a raw deflate stream (a blob). */
export function encodeRow(table: Table, text: string): string | Uint8Array {
  return packed.has(table) && text.length >= packedFrom ? deflateRawSync(text) : text;
}

/** Returns the JSON text of a stored value; the empty text, which is not JSON, if the stream cannot be read. */
export function decodeRow(stored: unknown): string {
  if (!(stored instanceof Uint8Array)) return String(stored);
  return getOrElse(() => inflateRawSync(stored, { maxOutputLength: textMax }).toString('utf8'), '');
}
