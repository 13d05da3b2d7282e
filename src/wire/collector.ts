import type { IncomingHttpHeaders } from 'node:http';
import { type ClientHttp2Stream, constants } from 'node:http2';
import type { Dispatcher } from 'undici';
import { limits } from '../core/limits.ts';
import type { Sentence } from '../core/result.ts';
import { phrase } from '../words/tell.ts';
import { BodyHold, type Collected } from './body-hold.ts';
import { type Carrier, type Collecting, h2CodeNameOf, type SessionWatch } from './carrier.ts';
import { stopCodeOf, stopOf, WireStop } from './deadline.ts';
import { H2Response } from './h2-response.ts';
import { Inflow } from './inflow.ts';
import { type ExchangeRequest, type ExchangeTrace, joinTraces, statedBytesOf } from './trace.ts';

/** A received body. `isWhole` is false if we stopped reading on purpose. */
export type Read = Collected & { readonly isWhole: boolean };

/** Collects one response. At its end it calls `done` or `failed` once; after `leave` it calls neither. */
export class Collector implements Collecting {
  readonly inflow: Inflow;
  readonly #carrier: Carrier;
  readonly #request: ExchangeRequest;
  readonly #trace: ExchangeTrace;
  readonly #now: () => number;
  readonly #done: (collected: Read) => void;
  readonly #failed: (why: WireStop) => void;
  readonly #hold = new BodyHold();
  #isOver = false;
  /** Reading stops on purpose after this many bytes of the body; `null`: the body is read to its end. */
  #stopAt: number | null;
  readonly #h2: H2Response;
  #controller: Dispatcher.DispatchController | null = null;
  #dataMs: number | null = null;

  constructor(
    carrier: Carrier,
    request: ExchangeRequest,
    trace: ExchangeTrace,
    now: () => number,
    done: (collected: Read) => void,
    failed: (why: WireStop) => void,
  ) {
    this.#carrier = carrier;
    this.#request = request;
    this.#h2 = new H2Response(carrier);
    this.#trace = trace;
    this.#now = now;
    this.#done = done;
    this.#failed = failed;
    this.#stopAt = request.stopAfterBytes;
    this.inflow = new Inflow(now, (why) => this.broken(why));
  }

  check(): void {
    if (!this.#isOver && this.#h2.isFlooded()) this.broken(new WireStop('MW_H2_PROTOCOL', phrase('fault.flood')));
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#isOver) this.#end();
    else this.#carrier.starting(this);
  }

  streamOpened(stream: ClientHttp2Stream): void {
    // undici repeats a refused request once, over the same session (RFC 9113 section 8.7).
    if (this.#h2.stream !== null) this.#trace.repeated = 'refused_stream';
    this.#h2.follow(stream, this.#now, (why) => this.broken(why));
  }

  onResponseStart(_: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    if (status < 200 || this.#isOver) return;
    this.#trace.status = status;
    this.#trace.headers = joinTraces(headers);
    // A response with a status of 300 or more is not the requested item, so the beginning of its body is enough.
    if (status >= 300 && this.#stopAt === null)
      this.#stopAt = Math.min(this.#request.bodyBytesMax, limits.errorBodyBytes);
    const stated = this.statedBytes();
    if (this.#stopAt === 0) this.#finish(this.#now(), false);
    else if (this.#stopAt === null && stated !== null && stated > this.#request.bodyBytesMax) this.#oversize();
  }

  onResponseData(_: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#isOver) return;
    const atMs = this.#now();
    this.#request.received?.(chunk.length);
    this.#dataMs = atMs;
    this.#trace.bodyBytes += chunk.length;
    this.inflow.bodyBytes += chunk.length;
    this.#carrier.bodyBytes += chunk.length;
    if (this.#trace.bodyBytes >= limits.slowStartBytes) this.#trace.ramp ??= { atMs, bytes: this.#trace.bodyBytes };
    try {
      this.#hold.take(chunk, this.#request.spill);
    } catch (error) {
      this.#fail(stopOf(error, this.#trace.bodyBytes, atMs));
      return;
    }
    if (this.#stopAt !== null && this.#trace.bodyBytes >= this.#stopAt) {
      if (this.statedBytes() !== this.#trace.bodyBytes) this.#finish(atMs, false);
    } else if (this.#trace.bodyBytes > this.#request.bodyBytesMax) this.#oversize();
  }

  onResponseEnd(): void {
    if (this.#isOver) return;
    const why = this.#notWhole();
    if (why === null) this.#finish(this.#endMs(), true);
    else this.#fail(why);
  }

  onResponseError(_: Dispatcher.DispatchController | undefined, error: Error): void {
    this.broken(error);
  }

  broken(error: unknown): void {
    if (this.#isOver) return;
    const ended = { request: this.#request, trace: this.#trace, carrier: this.#carrier, h2: this.#h2 };
    const why = exchangeStopOf(error, ended, this.#now());
    if (why.code === 'MW_CLOSED' && this.#isWholeByLength()) this.#finish(this.#endMs(), true);
    else this.#fail(why);
  }

  /**
   * True if the body of a request in a build has its stated length, and the server announced the end of the connection
   * (GOAWAY). The body is then complete, also without its END_STREAM flag: Node may drop the flag if the connection
   * ends while Node writes. Without GOAWAY, a missing flag is the server's fault.
   */
  #isWholeByLength(): boolean {
    const { status, bodyBytes } = this.#trace;
    const { isShared, session } = this.#carrier;
    return isShared && session?.goaway != null && status !== null && this.statedBytes() === bodyBytes;
  }

  /** Stops collecting without a result. */
  leave(): void {
    this.#isOver = true;
    this.#stampFirst();
    this.#end();
  }

  /** Returns what is wrong (such as a reset) with a response that undici reports as complete; `null`: nothing. */
  #notWhole(): WireStop | null {
    const stated = this.statedBytes();
    const { bodyBytes } = this.#trace;
    const atMs = this.#now();
    if (this.#h2.stream !== null) return this.#h2.resetStop(bodyBytes, atMs);
    const { headBytes, totalBytes } = this.inflow;
    if (stated !== null && headBytes !== null && totalBytes > headBytes + stated)
      return new WireStop('MW_BODY_LONGER', phrase('fault.longer'), bodyBytes, this.#endMs());
    // If a body has no stated length, undici treats a reset of the connection as the normal end of the body. So the
    // socket's error is reported here.
    return this.#carrier.error === null || this.#isFramed() ? null : stopOf(this.#carrier.error, bodyBytes, atMs);
  }

  /**
   * Returns the monotonic time at which the response ended. If a stated length or chunks (HTTP/1.1) show its end, this
   * is the time of its last byte; otherwise it is now.
   */
  #endMs(): number {
    if (this.#h2.stream !== null) {
      const isFull = this.statedBytes() === this.#trace.bodyBytes;
      return (isFull ? (this.#dataMs ?? this.#h2.headMs) : null) ?? this.#now();
    }
    return (this.#isFramed() ? this.inflow.lastByteMs : null) ?? this.#now();
  }

  /** HTTP/1.1: returns true if the response shows where its body ends. */
  #isFramed(): boolean {
    return this.statedBytes() !== null || this.#trace.headers['transfer-encoding'] !== undefined;
  }

  statedBytes(): number | null {
    return statedBytesOf(this.#request.method, this.#trace);
  }

  #stampFirst(): void {
    this.#trace.firstByteMs = this.#h2.headMs ?? this.inflow.firstByteMs;
    this.#carrier.ended(this);
  }

  #finish(atMs: number, isWhole: boolean): void {
    this.#isOver = true;
    this.#stampFirst();
    this.#trace.endMs = atMs;
    if (!isWhole) this.#end();
    this.#done({ ...this.#hold.collected(), isWhole });
  }

  #fail(why: WireStop): void {
    this.leave();
    this.#failed(why);
  }

  #end(): void {
    this.#carrier.close();
    if (this.#carrier.isShared) this.#controller?.abort(new WireStop('ABORT_ERR', phrase('fault.line')));
  }

  #oversize(): void {
    this.#fail(new WireStop('MW_BODY_TOO_LARGE', phrase('fault.cap'), this.#trace.bodyBytes, this.#now()));
  }
}

interface Ended {
  readonly request: ExchangeRequest;
  readonly trace: ExchangeTrace;
  readonly carrier: Carrier;
  readonly h2: H2Response;
}

/**
 * Converts any error of an exchange (one request and its response) to a `WireStop`. @param atMs  when the exchange
 * failed, monotonic milliseconds
 */
function exchangeStopOf(error: unknown, ended: Ended, atMs: number): WireStop {
  if (error instanceof WireStop && error.code !== 'MW_STALE')
    return new WireStop(error.code, error.sentence ?? error.message, ended.trace.bodyBytes, atMs);
  const { session } = ended.carrier;
  return session === null ? h1Stop(error, ended, atMs) : h2Stop(error, ended, session, atMs);
}

function h1Stop(error: unknown, { trace, carrier: { error: socketError } }: Ended, atMs: number): WireStop {
  const { status, bodyBytes: bytesRead } = trace;
  const stop = stopOf(error, bytesRead, atMs);
  const as = (code: string, text: string | Sentence): WireStop => new WireStop(code, text, bytesRead, atMs);
  const closed = (): WireStop =>
    socketError === null ? as('MW_CLOSED', phrase('fault.inside')) : stopOf(socketError, bytesRead, atMs);
  const badHead = (): WireStop => as('MW_BAD_HEAD', phrase('fault.head'));
  if (error instanceof Error && error.name === 'HTTPParserError') {
    if (/EOF/i.test(error.message)) return closed();
    return status === null ? badHead() : as('MW_BAD_CHUNK', phrase('fault.chunks'));
  }
  switch (stop.code) {
    case 'UND_ERR_INVALID_ARG':
      return as('ERR_INVALID_CHAR', phrase('fault.header'));
    case 'UND_ERR_HEADERS_OVERFLOW':
      return as('MW_HEAD_TOO_LARGE', phrase('fault.headLarge'));
    case 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH':
      // undici reports this code for any parser error after a Content-Length header, also for an error in the head with
      // that header.
      return status === null ? badHead() : closed();
    case 'UND_ERR_SOCKET':
      return /^bad (response|upgrade)/.test(stop.message) ? badHead() : closed();
    // undici asserts what its parser accepts, such as a status of at least 100.
    case 'ERR_ASSERTION':
      return badHead();
    case 'MW_STALE':
      return socketError === null ? stop : stopOf(socketError, bytesRead, atMs);
    default:
      return stop;
  }
}

/**
 * Converts an error over HTTP/2 to a `WireStop`. Node does not report whether the server or Node itself reset a stream
 * with PROTOCOL_ERROR. We assume that Node did if a head with a stated body length has arrived, and else the server.
 */
function h2Stop(error: unknown, { request, trace, carrier, h2 }: Ended, session: SessionWatch, atMs: number): WireStop {
  const { status, bodyBytes: bytesRead } = trace;
  const { stream } = h2;
  const as = (code: string, text: string | Sentence): WireStop => new WireStop(code, text, bytesRead, atMs);
  const { goaway } = session;
  if (goaway !== null && goaway.code !== constants.NGHTTP2_NO_ERROR)
    return as('MW_H2_GOAWAY', `GOAWAY ${h2CodeNameOf(goaway.code)}`);
  if (status === null && isUntaken(h2, session)) return as('MW_H2_UNTAKEN', phrase('fault.untaken'));
  const stop = stopOf(error, bytesRead, atMs);
  const native = h2.streamError ?? session.error ?? error;
  if (stopCodeOf(native) === 'ERR_HTTP2_ERROR')
    return as('MW_H2_PROTOCOL', phrase('fault.streamBroken', { why: stopOf(native).message }));
  if (stop.code === 'UND_ERR_INVALID_ARG') return as('ERR_INVALID_CHAR', phrase('fault.header'));
  if (carrier.error !== null) return stopOf(carrier.error, bytesRead, atMs);
  if (stop.code === 'UND_ERR_SOCKET' || stop.code === 'MW_STALE') return as('MW_CLOSED', phrase('fault.inside'));
  const code = stream?.rstCode ?? constants.NGHTTP2_NO_ERROR;
  // If a head is too large, Node resets the stream with this code. A server may use the same code.
  if (code === constants.NGHTTP2_ENHANCE_YOUR_CALM && status === null && h2.mayHoldLargeHead())
    return as('MW_HEAD_TOO_LARGE', phrase('fault.headLarge'));
  if (code === constants.NGHTTP2_PROTOCOL_ERROR && status !== null && statedBytesOf(request.method, trace) !== null)
    return as('MW_H2_PROTOCOL', phrase('fault.streamLength'));
  const isResent = code === constants.NGHTTP2_PROTOCOL_ERROR;
  return as(
    isResent ? 'MW_H2_RESET_PROTOCOL' : 'MW_H2_RESET',
    phrase('fault.streamReset', { code: h2CodeNameOf(code) }),
  );
}

/** True if the server did not process the request, because it ended the HTTP/2 session first. */
function isUntaken({ stream, isUnsent }: H2Response, { goaway, isOver }: SessionWatch): boolean {
  if (stream === null) return isOver;
  if (goaway === null) return false;
  const isRefused = stream.rstCode === constants.NGHTTP2_REFUSED_STREAM;
  return isUnsent || isRefused || stream.id === undefined || stream.id > goaway.lastStreamId;
}
