import type { IncomingHttpHeaders } from 'node:http';
import type { ClientHttp2Stream } from 'node:http2';
import type { Dispatcher } from 'undici';
import { limits } from '../core/limits.ts';
import { phrase } from '../words/tell.ts';
import { BodyHold, type Collected } from './body-hold.ts';
import type { Carrier, Collecting } from './carrier.ts';
import { stopOf, WireStop } from './deadline.ts';
import { exchangeStopOf } from './exchange-stop.ts';
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
