import { limits } from '../../core/limits.ts';
import { fieldOf } from './field.ts';

const lineEnd = Buffer.from('\r\n');
const empty = Buffer.alloc(0);
/** Alone it ends no line. */
const lineFeed = 0x0a;
/** Size in hex, what may follow it. 12 digits: far beyond any cap, and exact. */
const sizeLine = /^([0-9A-Fa-f]{1,12})[\t ]*(?:;[\t\x20-\x7e\x80-\xff]*)?$/;
/** Of one size line, with its extensions, which we know none of. */
const sizeLineBytesMax = 4 * 1024;
/** What is no data may come to so much beyond a line of 16 bytes and as much again as its data for each chunk, as in Go. */
const excessBytesMax = 16 * 1024;
const fairLineBytes = 16;

/** A body in chunks, strictly (RFC 9112 section 7.1): sizes in hex, CRLF after each, trailers that are fields. */
export class ChunkedBody {
  #at: 'size' | 'data' | 'after' | 'trailer' = 'size';
  #left = 0;
  #line: Buffer = empty;
  #trailerBytes = 0;
  /** Of size lines: bytes past what is fair. */
  #excess = 0;
  /** After its end came more, which nobody asked for. */
  isOverlong = false;

  /** @returns whether the body goes on after these bytes, has ended in them, or is none */
  take(chunk: Buffer, data: (piece: Buffer) => void): 'more' | 'end' | 'broken' {
    let rest = this.#line.length === 0 ? chunk : Buffer.concat([this.#line, chunk]);
    this.#line = empty;
    while (rest.length > 0) {
      if (this.#at === 'data') {
        const piece = rest.length > this.#left ? rest.subarray(0, this.#left) : rest;
        this.#left -= piece.length;
        rest = rest.subarray(piece.length);
        data(piece);
        if (this.#left === 0) this.#at = 'after';
        continue;
      }
      const end = rest.indexOf(lineEnd);
      if (end < 0) return this.#keep(rest);
      const line = rest.toString('latin1', 0, end);
      rest = rest.subarray(end + lineEnd.length);
      const next = this.#takeLine(line);
      this.isOverlong = next === 'end' && rest.length > 0;
      if (next !== 'more') return next;
    }
    return 'more';
  }

  #takeLine(line: string): 'more' | 'end' | 'broken' {
    if (this.#at === 'after') {
      this.#at = 'size';
      return line === '' ? 'more' : 'broken';
    }
    if (this.#at === 'trailer') {
      this.#trailerBytes += line.length;
      if (line === '') return 'end';
      return fieldOf(line) === null || this.#trailerBytes > limits.headBytes ? 'broken' : 'more';
    }
    const size = line.length > sizeLineBytesMax ? undefined : sizeLine.exec(line)?.[1];
    if (size === undefined) return 'broken';
    this.#left = Number.parseInt(size, 16);
    this.#excess = Math.max(0, this.#excess + line.length - fairLineBytes - 2 * this.#left);
    if (this.#excess > excessBytesMax) return 'broken';
    this.#at = this.#left === 0 ? 'trailer' : 'data';
    return 'more';
  }

  /** A line whose end has not come: told at once where it can't become one. */
  #keep(rest: Buffer): 'more' | 'broken' {
    const isOne =
      this.#at === 'after'
        ? rest.length < 2 && rest[0] === 0x0d
        : this.#at === 'trailer'
          ? rest.length + this.#trailerBytes <= limits.headBytes
          : rest.length <= sizeLineBytesMax && /^[0-9A-Fa-f]{1,12}(?:$|[\t\r ;])/.test(rest.toString('latin1', 0, 14));
    this.#line = Buffer.from(rest);
    return isOne && !rest.includes(lineFeed) ? 'more' : 'broken';
  }
}
