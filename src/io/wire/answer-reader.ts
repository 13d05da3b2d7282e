import { limits } from '../../core/limits.ts';
import { ChunkedBody } from './chunked.ts';
import { fieldOf } from './field.ts';
import { WireStop } from './stop.ts';

/** What becomes of an answer, as it comes; after `end` or `broken` nothing more. */
export interface AnswerEvents {
  /** Names in lower case; repeated fields joined by `, `. */
  head(status: number, headers: Readonly<Record<string, string>>): void;
  data(chunk: Buffer): void;
  end(): void;
  broken(why: WireStop): void;
}

const lineEnd = Buffer.from('\r\n');
const empty = Buffer.alloc(0);
const statusLine = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: [\t\x20-\x7e\x80-\xff]*)?$/;
const begin = 'HTTP/1.';
/** Alone it ends no line. */
const lineFeed = 0x0a;
/** Longer ones are nobody's body, and past what a number holds exactly. */
const lengthDigitsMax = 15;

/**
 * Reads one answer of HTTP/1.1, strictly (RFC 9112): lines end in CRLF, nothing is folded, a length is digits and said
 * once, not beside `Transfer-Encoding`; the only transfer coding is `chunked`, for we never ask for another. Each chunk
 * is read as the socket hands it up, and stamped first. Interim answers are passed over; one that would switch protocols is none.
 */
export class AnswerReader {
  /** Monotonic instant of the first byte, `null` before. */
  firstByteMs: number | null = null;
  /** Monotonic instant of the newest byte, `null` before. */
  lastByteMs: number | null = null;
  /** Plain bytes so far, head included. */
  totalBytes = 0;
  /** Bytes of the head, interim heads included; `null` while it is not complete. */
  headBytes: number | null = null;
  /** The connection may carry another request after this answer: for so long as the server said, milliseconds. */
  keptMs: number | null = null;
  isOver = false;
  /** Bytes that the head says the body has; `null` where its end is told otherwise, or not known yet. */
  saidBytes: number | null = null;
  readonly #method: string;
  readonly #now: () => number;
  readonly #events: AnswerEvents;
  /** Of the head: what has no line end yet. */
  #line: Buffer = empty;
  #version = '';
  /** Of the head under way; 0: its first line has not come. */
  #status = 0;
  #fields = new Map<string, string>();
  /** Of the body: bytes to come; `null`: not told by a length. */
  #left: number | null = null;
  #chunked: ChunkedBody | null = null;

  constructor(method: string, now: () => number, events: AnswerEvents) {
    this.#method = method;
    this.#now = now;
    this.#events = events;
  }

  /** True where the body's own bytes tell its end: otherwise the connection's end does. */
  get isFramed(): boolean {
    return this.saidBytes !== null || this.#chunked !== null;
  }

  /** Takes one chunk as the socket hands it up. The stamp comes first. */
  take(chunk: Buffer): void {
    this.lastByteMs = this.#now();
    this.firstByteMs ??= this.lastByteMs;
    this.totalBytes += chunk.length;
    if (this.isOver) return;
    const rest = this.headBytes === null ? this.#takeHead(chunk) : chunk;
    if (rest !== null && !this.isOver) this.#takeBody(rest);
  }

  /** The other side has said that nothing more will come. */
  ended(): void {
    if (this.isOver) return;
    if (this.headBytes !== null && !this.isFramed) this.#end();
    else this.fail(new WireStop('MW_CLOSED', 'connection ended inside the answer'));
  }

  /** Nothing more will come, for this reason. */
  fail(why: WireStop): void {
    if (this.isOver) return;
    this.isOver = true;
    this.keptMs = null;
    this.#events.broken(why);
  }

  /** @returns what follows the head in this chunk; `null`: the head goes on, or was none */
  #takeHead(chunk: Buffer): Buffer | null {
    let rest = this.#line.length === 0 ? chunk : Buffer.concat([this.#line, chunk]);
    this.#line = empty;
    for (let end = rest.indexOf(lineEnd); end >= 0; end = rest.indexOf(lineEnd)) {
      const line = rest.toString('latin1', 0, end);
      rest = rest.subarray(end + lineEnd.length);
      if (line !== '' || this.#status === 0) {
        if (!this.#takeLine(line)) return this.#refuse();
      } else if (this.#status < 200) {
        if (this.#status === 101) return this.#refuse();
        this.#status = 0;
        this.#fields = new Map();
      } else {
        this.headBytes = this.totalBytes - rest.length;
        return this.headBytes > limits.headBytes ? this.#tooLarge() : this.#headDone(rest);
      }
    }
    if (this.totalBytes > limits.headBytes) return this.#tooLarge();
    // What can't become the first line is told as soon as it is here: a server that speaks first may wait for us.
    const start = rest.toString('latin1', 0, begin.length);
    if (rest.includes(lineFeed) || (this.#status === 0 && !begin.startsWith(start))) return this.#refuse();
    this.#line = Buffer.from(rest);
    return null;
  }

  /** False for a line that is none of HTTP. */
  #takeLine(line: string): boolean {
    if (this.#status === 0) {
      const [, minor, status] = statusLine.exec(line) ?? [];
      this.#version = minor ?? '';
      this.#status = Number(status ?? 0);
      return this.#status !== 0;
    }
    const field = fieldOf(line);
    if (field === null) return false;
    const [name, value] = field;
    const before = this.#fields.get(name);
    if (before !== undefined && (name === 'content-length' || name === 'transfer-encoding')) return false;
    this.#fields.set(name, before === undefined ? value : `${before}, ${value}`);
    return true;
  }

  #headDone(rest: Buffer): Buffer | null {
    const [status, fields] = [this.#status, this.#fields];
    const [length, coding] = [fields.get('content-length'), fields.get('transfer-encoding')];
    if (length !== undefined && (coding !== undefined || !/^\d+$/.test(length) || length.length > lengthDigitsMax))
      return this.#refuse();
    if (coding !== undefined && (coding.toLowerCase() !== 'chunked' || this.#version === '0')) return this.#refuse();
    const hasNone = this.#method === 'HEAD' || status === 204 || status === 304;
    if (hasNone) this.#left = 0;
    else if (coding !== undefined) this.#chunked = new ChunkedBody();
    else this.#left = length === undefined ? null : Number(length);
    this.saidBytes = this.#left;
    this.keptMs = this.isFramed ? this.#keptMs() : null;
    this.#events.head(status, Object.fromEntries(fields));
    if (this.#left === 0) {
      if (rest.length > 0) this.keptMs = null;
      this.#end();
    }
    return rest;
  }

  /** How long the server lets the connection lie; `null`: not at all. RFC 9112 section 9.3. */
  #keptMs(): number | null {
    const listed = (this.#fields.get('connection') ?? '').toLowerCase().split(',');
    const options = listed.map((option) => option.trim());
    if (options.includes('close') || (this.#version === '0' && !options.includes('keep-alive'))) return null;
    const said = /(?:^|[,\s])timeout=(\d{1,9})(?:$|[,;\s])/i.exec(this.#fields.get('keep-alive') ?? '')?.[1];
    return said === undefined ? Number.POSITIVE_INFINITY : Number(said) * 1_000;
  }

  #takeBody(chunk: Buffer): void {
    if (chunk.length === 0) return;
    if (this.#chunked !== null) this.#takeChunked(this.#chunked, chunk);
    else if (this.#left === null) this.#events.data(chunk);
    else {
      const ours = chunk.length > this.#left ? chunk.subarray(0, this.#left) : chunk;
      this.#left -= ours.length;
      this.#events.data(ours);
      if (this.#left === 0) this.#end();
    }
  }

  #takeChunked(body: ChunkedBody, chunk: Buffer): void {
    const state = body.take(chunk, (data) => {
      if (!this.isOver) this.#events.data(data);
    });
    if (state === 'broken') this.fail(new WireStop('MW_BAD_CHUNK', 'the chunks of the body are broken'));
    else if (state === 'end') {
      if (body.isOverlong) this.keptMs = null;
      this.#end();
    }
  }

  #end(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.#events.end();
  }

  #refuse(): null {
    this.fail(new WireStop('MW_BAD_HEAD', 'the head is no HTTP/1.1'));
    return null;
  }

  #tooLarge(): null {
    this.fail(new WireStop('MW_HEAD_TOO_LARGE', 'the head is larger than the limit'));
    return null;
  }
}
