import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { Table } from '../core/ports.ts';

/** Tables with long rows that are written often: compressed to about a third. */
const packed: ReadonlySet<Table> = new Set(['answer', 'probe', 'cited', 'detector', 'meta', 'trend']);
/** Shorter texts do not get much shorter. */
const packedFrom = 400;
const textMax = 64 * 1024 * 1024;

/** The value of a row as the file stores it: JSON, or a raw deflate stream of it as a blob. */
export function encodeRow(table: Table, text: string): string | Uint8Array {
  return packed.has(table) && text.length >= packedFrom ? deflateRawSync(text) : text;
}

/** The text of a stored value; empty, which is no JSON: a stream that cannot be read. */
export function decodeRow(stored: unknown): string {
  if (!(stored instanceof Uint8Array)) return String(stored);
  try {
    return inflateRawSync(stored, { maxOutputLength: textMax }).toString('utf8');
  } catch {
    return '';
  }
}
