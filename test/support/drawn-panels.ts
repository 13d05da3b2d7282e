import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { type Board, panelsOf } from '../real/boards-grafana.ts';

// A picture of a board says which panels it shows: a chunk `tEXt` of the PNG file has a hash of them.

const keyword = 'tEXtpanels\0';
/** The signature and the chunk IHDR, which must be the first one. */
const headBytes = 33;

/** A hash of what a picture shows of a board, whatever the data: titles, places, names of lines and columns. */
export function shownOf(board: Board): string {
  const shown = panelsOf(board).map(({ type, title, gridPos, targets = [], transformations }) => ({
    type,
    title,
    gridPos,
    legends: targets.map(({ legendFormat }) => legendFormat),
    transformations,
  }));
  return createHash('sha256').update(JSON.stringify(shown)).digest('hex');
}

/** The picture with the hash. */
export function withPanels(png: Buffer, hash: string): Buffer {
  const typed = Buffer.from(`${keyword}${hash}`, 'latin1');
  const chunk = Buffer.alloc(typed.length + 8);
  chunk.writeUInt32BE(typed.length - 4, 0);
  typed.copy(chunk, 4);
  chunk.writeUInt32BE(crc32(typed), typed.length + 4);
  return Buffer.concat([png.subarray(0, headBytes), chunk, png.subarray(headBytes)]);
}

/** The hash in a picture; `null`: it has none. */
export function panelsIn(png: Buffer): string | null {
  const at = png.indexOf(keyword, headBytes, 'latin1');
  return at === -1 ? null : png.toString('latin1', at + keyword.length, at + keyword.length + 64);
}
