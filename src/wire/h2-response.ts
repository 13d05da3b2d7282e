import { type ClientHttp2Stream, constants } from 'node:http2';
import { limits } from '../core/limits.ts';
import { phrase } from '../words/tell.ts';
import { type Carrier, h2CodeNameOf } from './carrier.ts';
import { WireStop } from './deadline.ts';
import { isFlood, measureHeaderList, stopOfLargeHead } from './inflow.ts';

/** The type of a HEADERS frame (RFC 9113 section 6.2). */
const headersFrame = 1;

/**
 * The maximum number of header fields that Node accepts in a head. `mayHoldLargeHead` compares it with the number of
 * received bytes: each field takes at least one byte (RFC 7541 section 6.1), so a head with too many fields has more
 * bytes than this. A server that only resets the stream sends fewer bytes.
 */
const fieldsMax = 128;

export class H2Response {
  stream: ClientHttp2Stream | null = null;
  streamError: Error | null = null;
  /** True if the request was never sent, because GOAWAY arrived before its HEADERS frame was sent. */
  isUnsent = false;
  /** When the first head arrived, monotonic; `null`: none yet. An interim head (status 1xx) counts too. */
  headMs: number | null = null;
  #interimBytes = 0;
  readonly #carrier: Carrier;
  /** The bytes that the connection had received before this request: in total, and of bodies alone. */
  readonly #readBefore: number;
  readonly #bodyBefore: number;

  constructor(carrier: Carrier) {
    this.#carrier = carrier;
    this.#readBefore = carrier.socket.bytesRead;
    this.#bodyBefore = carrier.bodyBytes;
  }

  /**
   * Observes the stream of the request. Called again if undici repeats the request.
   * @param broken  fails the response
   */
  follow(stream: ClientHttp2Stream, now: () => number, broken: (why: WireStop) => void): void {
    this.stream = stream;
    this.streamError = null;
    this.isUnsent = false;
    stream.once('error', (error) => {
      this.streamError = error;
    });
    stream.once('frameError', (type) => {
      this.isUnsent ||= type === headersFrame;
    });
    stream.once('response', () => {
      this.headMs ??= now();
    });
    // Interim heads are counted, because Node limits their size but not their number.
    stream.on('headers', (headers) => {
      this.headMs ??= now();
      this.#interimBytes += measureHeaderList(headers);
      if (this.#interimBytes > limits.headBytes) broken(stopOfLargeHead());
    });
  }

  isFlooded(): boolean {
    const { readBytes, bodyBytes } = this.#received();
    return this.stream !== null && isFlood(readBytes, bodyBytes);
  }

  /** True if enough bytes were received for a head that exceeds Node's limits. */
  mayHoldLargeHead(): boolean {
    const { readBytes, bodyBytes } = this.#received();
    return readBytes - bodyBytes > fieldsMax;
  }

  /**
   * Returns the `WireStop` for a stream that was reset; `null`: it was not reset. Node reports a reset with CANCEL as a
   * normal end.
   */
  resetStop(bodyBytes: number, atMs: number): WireStop | null {
    const { stream } = this;
    if (stream === null || (!stream.aborted && stream.rstCode === constants.NGHTTP2_NO_ERROR)) return null;
    const code = h2CodeNameOf(stream.rstCode ?? constants.NGHTTP2_NO_ERROR);
    return new WireStop('MW_H2_RESET', phrase('fault.streamReset', { code }), bodyBytes, atMs);
  }

  #received(): { readonly readBytes: number; readonly bodyBytes: number } {
    const { socket, bodyBytes } = this.#carrier;
    return { readBytes: socket.bytesRead - this.#readBefore, bodyBytes: bodyBytes - this.#bodyBefore };
  }
}
