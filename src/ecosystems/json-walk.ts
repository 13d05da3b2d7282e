import { isUtf8 } from 'node:buffer';
import type { WholeBody } from '../core/body.ts';
import { limits } from '../core/limits.ts';
import { bytesPerSlice, type Slices } from '../core/slices.ts';

type JsonKind = 'object' | 'list' | 'scalar';

/**
 * The parts of one JSON value that a caller wants reported. If a key occurs twice, both values are reported in order.
 */
export interface Wanted {
  /** Called when the value begins. */
  readonly begins?: (kind: JsonKind) => void;
  /**
   * For an object: returns what is wanted of the member with this key; `null`: nothing. A key above 4 KiB is passed as
   * an empty text.
   */
  readonly member?: (key: string) => Wanted | null;
  /** For a list: what is wanted of each entry; absent: nothing. */
  readonly entry?: Wanted;
  /** Receives the whole value; `undefined`: its text is longer than `limits.jsonPartBytes`. */
  readonly value?: (value: unknown) => void;
}

/**
 * Why a JSON text is rejected. `utf8`: it is not UTF-8; `deep`: it is nested deeper than `limits.jsonDepth`; `broken`:
 * it is not valid JSON.
 */
export type JsonFlaw = 'utf8' | 'deep' | 'broken';

const keyBytesMax = 4 * 1024;
const reportsPerSlice = 1_000;

/**
 * Reads untrusted JSON of any length in one pass and reports the wanted parts, in slices and in bounded memory. It
 * checks everything that `JSON.parse` checks, also in values that the caller does not want.
 * @param from  the offset at which the text begins
 * @returns why the text is rejected; `null`: it is valid
 */
export function* walkJson(body: WholeBody, wanted: Wanted, from = 0): Slices<JsonFlaw | null> {
  const walk = new JsonWalk(body, wanted);
  const memory = body.bytes > bytesPerSlice ? Buffer.allocUnsafe(bytesPerSlice) : undefined;
  let at = from;
  while (at < body.bytes) {
    const read = body.read(at, bytesPerSlice, memory);
    const piece = at + read.length < body.bytes ? read.subarray(0, endOfCharacters(read)) : read;
    if (!isUtf8(piece)) return 'utf8';
    for (let done = 0; done < piece.length; ) {
      done = walk.take(piece, at, done);
      if (walk.flaw !== null) return walk.flaw;
      if (at + done < body.bytes) yield;
    }
    at += piece.length;
  }
  return walk.end();
}

/** Returns the length of the bytes without the last multi-byte character, which may continue in the next piece. */
function endOfCharacters(bytes: Uint8Array): number {
  for (let back = 1; back <= 3 && back < bytes.length; back += 1) {
    const byte = bytes[bytes.length - back] ?? 0;
    if (byte >= 0xc0) return bytes.length - back;
    if (byte < 0x80) break;
  }
  return bytes.length;
}

const [quote, comma, colon, backslash, minus] = [0x22, 0x2c, 0x3a, 0x5c, 0x2d];
const [openList, closeList, openObject, closeObject] = [0x5b, 0x5d, 0x7b, 0x7d];
const inObject = 1;

// A state says which byte may come next. The states from `zero` on are within a number. From `minusSign` on, the number
// is incomplete.
const [value, firstEntry, firstKey, key, colonNext, next, text, escaping, hex, word] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
const [zero, digits, fraction, power, minusSign, point, exponent, sign] = [10, 11, 12, 13, 14, 15, 16, 17];

const words: Readonly<Record<number, Buffer>> = {
  116: Buffer.from('true'),
  102: Buffer.from('false'),
  110: Buffer.from('null'),
};

/** Maps a state within a number, and the next byte, to the next state. 0: the byte does not belong to the number. */
const numberSteps = new Uint8Array(18 * 256);
for (const [state, bytes, then] of [
  [zero, '.', point],
  [zero, 'eE', exponent],
  [digits, '0123456789', digits],
  [digits, '.', point],
  [digits, 'eE', exponent],
  [fraction, '0123456789', fraction],
  [fraction, 'eE', exponent],
  [power, '0123456789', power],
  [minusSign, '0', zero],
  [minusSign, '123456789', digits],
  [point, '0123456789', fraction],
  [exponent, '+-', sign],
  [exponent, '0123456789', power],
  [sign, '0123456789', power],
] as const)
  for (const byte of Buffer.from(bytes)) numberSteps[state * 256 + byte] = then;

/** For each byte: 1 if it is an ordinary part of a string, so no control character, quote or backslash. */
const plain = new Uint8Array(256).map((_, byte) => Number(byte >= 0x20 && byte !== quote && byte !== backslash));
const blank = new Uint8Array(256).map((_, byte) => Number([0x20, 0x09, 0x0a, 0x0d].includes(byte)));
const hexDigit = new Uint8Array(256).map((_, byte) => Number(/[0-9a-f]/i.test(String.fromCharCode(byte))));
const escaped = new Uint8Array(256).map((_, byte) => Number('"\\/bfnrt'.includes(String.fromCharCode(byte))));

/**
 * The state of one pass over the text. `wanted` is a stack: it has one entry for each open object or list of which
 * parts are wanted. These are always the outermost open ones, because nothing is wanted within an unwanted value.
 */
class JsonWalk {
  flaw: JsonFlaw | null = null;
  readonly #body: WholeBody;
  readonly #root: Wanted;
  #state = value;
  #depth = 0;
  readonly #kinds = new Uint8Array(limits.jsonDepth);
  readonly wanted: Wanted[] = [];
  /** What is wanted of the member whose key was read last; `null`: nothing. */
  #ofMember: Wanted | null = null;
  /** The current value that must be reported as a whole; `null`: none. */
  #part: { readonly wanted: Wanted; readonly depth: number; readonly from: number } | null = null;
  #isKey = false;
  #hasEscapes = false;
  #textFrom = 0;
  #word = words[0x6e] as Buffer;
  #matched = 0;
  #reports = 0;

  constructor(body: WholeBody, root: Wanted) {
    this.#body = body;
    this.#root = root;
  }

  end(): JsonFlaw | null {
    if (this.#state >= zero && this.#state < minusSign) this.#ended(this.#body.bytes, null, 0);
    return this.#state === next && this.#depth === 0 ? null : 'broken';
  }

  /**
   * Reads a piece of the text from the offset `from` on. Returns the offset in the piece at which it stopped: the end,
   * a flaw, or the byte after `reportsPerSlice` reports.
   * @param base  the offset of the piece in the body
   */
  take(piece: Uint8Array, base: number, from: number): number {
    let at = from;
    this.#reports = 0;
    while (at < piece.length && this.#reports < reportsPerSlice) {
      const byte = piece[at] as number;
      const state = this.#state;
      if (state === text) {
        if (plain[byte] === 1) {
          do at += 1;
          while (at < piece.length && plain[piece[at] as number] === 1);
          continue;
        }
        if (byte === quote) this.#endText(piece, base, at);
        else if (byte === backslash) {
          this.#hasEscapes = true;
          this.#state = escaping;
        } else this.flaw = 'broken';
      } else if (state >= zero) {
        const then = numberSteps[state * 256 + byte] as number;
        if (then !== 0) this.#state = then;
        else if (state >= minusSign) this.flaw = 'broken';
        else {
          this.#ended(base + at, piece, base);
          continue;
        }
      } else if (state >= escaping) this.#within(byte, base + at, piece, base);
      else if (blank[byte] === 0) this.#between(byte, base + at, piece, base);
      if (this.flaw !== null) return at;
      at += 1;
    }
    return at;
  }

  /** Handles a byte of an escape sequence, or of `true`, `false` and `null`. */
  #within(byte: number, at: number, piece: Uint8Array, base: number): void {
    const state = this.#state;
    if (state === word) {
      if (byte !== this.#word[this.#matched]) this.flaw = 'broken';
      this.#matched += 1;
      if (this.#matched === this.#word.length) this.#ended(at + 1, piece, base);
    } else if (state === hex) {
      if (hexDigit[byte] === 0) this.flaw = 'broken';
      this.#matched += 1;
      if (this.#matched === 4) this.#state = text;
    } else if (byte === 0x75) {
      this.#matched = 0;
      this.#state = hex;
    } else if (escaped[byte] === 1) this.#state = text;
    else this.flaw = 'broken';
  }

  /** Handles a byte that is not within a string, number or word, and is no white space. */
  #between(byte: number, at: number, piece: Uint8Array, base: number): void {
    const state = this.#state;
    const isInObject = this.#depth > 0 && this.#kinds[this.#depth - 1] === inObject;
    if (state === next && this.#depth > 0) {
      if (byte === comma) this.#state = isInObject ? key : value;
      else if (byte === (isInObject ? closeObject : closeList)) this.#close(at, piece, base);
      else this.flaw = 'broken';
    } else if (state === firstKey && byte === closeObject) this.#close(at, piece, base);
    else if (state === firstEntry && byte === closeList) this.#close(at, piece, base);
    else if (state === colonNext && byte === colon) this.#state = value;
    else if ((state === firstKey || state === key) && byte === quote) this.#beginText(at, true);
    else if (state === value || state === firstEntry) this.#begin(byte, at);
    else this.flaw = 'broken';
  }

  #begin(byte: number, at: number): void {
    if (byte === openObject) this.#open(inObject, at);
    else if (byte === openList) this.#open(0, at);
    else {
      this.#announce('scalar', at);
      if (byte === quote) this.#beginText(at, false);
      else if (byte === minus) this.#state = minusSign;
      else if (byte >= 0x30 && byte <= 0x39) this.#state = byte === 0x30 ? zero : digits;
      else if (words[byte] !== undefined) {
        this.#word = words[byte];
        this.#matched = 1;
        this.#state = word;
      } else this.flaw = 'broken';
    }
  }

  #open(kind: number, at: number): void {
    const wanted = this.#announce(kind === inObject ? 'object' : 'list', at);
    if (this.#depth >= limits.jsonDepth) {
      this.flaw = 'deep';
      return;
    }
    this.#kinds[this.#depth] = kind;
    this.#depth += 1;
    this.#state = kind === inObject ? firstKey : firstEntry;
    if ((kind === inObject ? wanted?.member : wanted?.entry) !== undefined) this.wanted.push(wanted as Wanted);
  }

  #close(at: number, piece: Uint8Array, base: number): void {
    if (this.wanted.length === this.#depth) this.wanted.pop();
    this.#depth -= 1;
    this.#ended(at + 1, piece, base);
  }

  /** Reports that a value begins here. Returns what is wanted of this value; `null`: nothing. */
  #announce(kind: JsonKind, at: number): Wanted | null {
    if (this.wanted.length < this.#depth) return null;
    const holder = this.wanted[this.#depth - 1];
    const isMember = this.#depth > 0 && this.#kinds[this.#depth - 1] === inObject;
    const wanted = holder === undefined ? this.#root : isMember ? this.#ofMember : (holder.entry ?? null);
    this.#reports += 1;
    wanted?.begins?.(kind);
    if (wanted?.value !== undefined) this.#part = { wanted, depth: this.#depth, from: at };
    return wanted;
  }

  /**
   * Reports the value that ended, if it is wanted as a whole.
   * @param to  the offset of the value's end in the body
   */
  #ended(to: number, piece: Uint8Array | null, base: number): void {
    this.#state = next;
    const part = this.#part;
    if (part === null || part.depth !== this.#depth) return;
    this.#part = null;
    const isLong = to - part.from > limits.jsonPartBytes;
    part.wanted.value?.(isLong ? undefined : JSON.parse(this.#read(part.from, to, piece, base)));
  }

  #beginText(at: number, isKey: boolean): void {
    this.#state = text;
    this.#isKey = isKey;
    this.#hasEscapes = false;
    this.#textFrom = at;
  }

  #endText(piece: Uint8Array, base: number, at: number): void {
    if (!this.#isKey) {
      this.#ended(base + at + 1, piece, base);
      return;
    }
    this.#state = colonNext;
    if (this.wanted.length < this.#depth) return;
    const [from, to] = [this.#textFrom, base + at + 1];
    const isLong = to - from > keyBytesMax;
    const written = isLong ? '""' : this.#read(from, to, piece, base);
    const name = this.#hasEscapes && !isLong ? (JSON.parse(written) as string) : written.slice(1, -1);
    this.#ofMember = this.wanted[this.#depth - 1]?.member?.(name) ?? null;
  }

  #read(from: number, to: number, piece: Uint8Array | null, base: number): string {
    const bytes =
      piece !== null && from >= base ? piece.subarray(from - base, to - base) : this.#body.read(from, to - from);
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString();
  }
}
