import type { IncomingHttpHeaders } from 'node:http';
import type { Dispatcher } from 'undici';
import { limits } from '../../core/limits.ts';
import type { Hop } from '../../core/transcript.ts';
import { BodyHold, type Collected, type Spill } from './body-hold.ts';
import { type Carrier, Inflow } from './carrier.ts';
import type { Deadline } from './deadline.ts';
import { decoded } from './decode.ts';
import { exchangeStop, stopOf, WireStop } from './stop.ts';

/** One request over a connection that is ready. */
export interface ExchangeRequest {
  readonly method: 'GET' | 'HEAD' | 'POST';
  /** Path with query, or the absolute URL for a plain proxy. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
  readonly bodyBytesMax: number;
  readonly stopAfterBytes: number | null;
  /** As `Ask.asSent`. */
  readonly asSent?: true;
  /** Where a body too long to be held goes; `null`: it is held. */
  readonly spill: Spill | null;
}

/** What is known of an exchange, filled in as it comes, so that a failing one tells what it got. */
export interface ExchangeTrace {
  firstByteMs: number | null;
  /** Instant of the last byte of the body. */
  endMs: number | null;
  status: number | null;
  /** Lower-case names; repeated headers joined by `, `. */
  headers: Readonly<Record<string, string>>;
  bodyBytes: number;
  /** As `Hop.ramp`. */
  ramp: Hop['ramp'] | null;
}

/** A trace of nothing yet. */
export function newTrace(): ExchangeTrace {
  return { firstByteMs: null, endMs: null, status: null, headers: {}, bodyBytes: 0, ramp: null };
}

function joined(headers: IncomingHttpHeaders): Record<string, string> {
  const plain: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) plain[name.toLowerCase()] = Array.isArray(value) ? value.join(', ') : value;
  }
  return plain;
}

/** What the head says about the length of the body; `null` where its end is told otherwise. */
function saidBytes(method: string, { status, headers }: ExchangeTrace): number | null {
  // What a head says of the length is that of the answer to a GET.
  if (method === 'HEAD' || status === 204 || status === 304) return 0;
  const length = headers['content-length'];
  return length === undefined || headers['transfer-encoding'] !== undefined ? null : Number(length);
}

function isCoded(headers: Readonly<Record<string, string>>): boolean {
  return !['', 'identity'].includes(headers['content-encoding'] ?? '');
}

/** A body that was read; not whole where reading stopped on purpose. */
type Read = Collected & { readonly isWhole: boolean };

/** Collects one answer through undici's handler calls. Settles once. */
class Collector implements Dispatcher.DispatchHandler {
  readonly #carrier: Carrier;
  readonly #method: string;
  readonly #trace: ExchangeTrace;
  readonly #inflow: Inflow;
  readonly #now: () => number;
  readonly #done: (collected: Read) => void;
  readonly #failed: (why: WireStop) => void;
  readonly #hold = new BodyHold();
  #isOver = false;
  #bytesMax: number;
  #spill: Spill | null;
  /** Where reading stops on purpose; the answer then counts as whole. */
  #stopAt: number | null;
  readonly #isDecoded: boolean;

  constructor(
    carrier: Carrier,
    request: ExchangeRequest,
    trace: ExchangeTrace,
    inflow: Inflow,
    now: () => number,
    done: (collected: Read) => void,
    failed: (why: WireStop) => void,
  ) {
    this.#carrier = carrier;
    this.#trace = trace;
    this.#inflow = inflow;
    this.#now = now;
    this.#done = done;
    this.#failed = failed;
    this.#method = request.method;
    this.#bytesMax = request.bodyBytesMax;
    this.#stopAt = request.stopAfterBytes;
    this.#spill = request.spill;
    this.#isDecoded = request.asSent !== true;
  }

  onRequestStart(): void {
    // Nothing to keep: an exchange is cut short by closing its connection.
  }

  onResponseStart(_: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    if (status < 200 || this.#isOver) return;
    this.#trace.status = status;
    this.#trace.headers = joined(headers);
    if (this.#spill !== null && this.#isDecoded && isCoded(this.#trace.headers)) {
      this.#spill = null;
      this.#bytesMax = Math.min(this.#bytesMax, limits.bodyHeldBytesMax);
    }
    // Of an answer that is not the thing asked for, the first lines are enough.
    if (status >= 300 && this.#stopAt === null) this.#stopAt = Math.min(this.#bytesMax, limits.errorBodyBytes);
    const said = saidBytes(this.#method, this.#trace);
    if (this.#stopAt === 0) this.#finish(this.#now(), false);
    else if (this.#stopAt === null && said !== null && said > this.#bytesMax) this.#oversize();
  }

  onResponseData(_: Dispatcher.DispatchController, chunk: Buffer): void {
    const atMs = this.#now();
    if (this.#isOver) return;
    this.#trace.bodyBytes += chunk.length;
    if (this.#trace.bodyBytes >= limits.slowStartBytes) this.#trace.ramp ??= { atMs, bytes: this.#trace.bodyBytes };
    try {
      this.#hold.take(chunk, this.#spill);
    } catch (error) {
      this.#fail(stopOf(error, this.#trace.bodyBytes, atMs));
      return;
    }
    if (this.#stopAt !== null && this.#trace.bodyBytes >= this.#stopAt) {
      const said = saidBytes(this.#method, this.#trace);
      if (said !== this.#trace.bodyBytes) this.#finish(atMs, false);
    } else if (this.#trace.bodyBytes > this.#bytesMax) this.#oversize();
  }

  onResponseEnd(): void {
    if (this.#isOver) return;
    const said = saidBytes(this.#method, this.#trace);
    const isFramed = said !== null || this.#trace.headers['transfer-encoding'] !== undefined;
    // Where the end of the body is told by its bytes it was here when they were: undici's parser runs a tick later.
    const atMs = (isFramed ? this.#inflow.lastByteMs : null) ?? this.#now();
    const { headBytes, totalBytes } = this.#inflow;
    if (said !== null && headBytes !== null && totalBytes > headBytes + said)
      this.#fail(new WireStop('MW_BODY_LONGER', 'more body than said', this.#trace.bodyBytes, atMs));
    // undici takes a reset for the end of a body without a length; it is none.
    else if (this.#carrier.error !== null && !isFramed)
      this.#fail(stopOf(this.#carrier.error, this.#trace.bodyBytes, atMs));
    else this.#finish(atMs, true);
  }

  onResponseError(_: Dispatcher.DispatchController | undefined, error: Error): void {
    const atMs = this.#now();
    if (this.#isOver) return;
    this.#isOver = true;
    this.#stampFirst();
    const state = {
      hasHead: this.#trace.status !== null,
      bytesRead: this.#trace.bodyBytes,
      socketError: this.#carrier.error,
    };
    this.#failed(exchangeStop(error, state, atMs));
  }

  /** Stops listening: the hop is over for another reason. */
  leave(): void {
    this.#isOver = true;
    this.#stampFirst();
  }

  #stampFirst(): void {
    this.#trace.firstByteMs = this.#inflow.firstByteMs;
  }

  #finish(atMs: number, isWhole: boolean): void {
    this.#isOver = true;
    this.#stampFirst();
    this.#trace.endMs = atMs;
    if (!isWhole) this.#carrier.close();
    this.#done({ ...this.#hold.collected(), isWhole });
  }

  #fail(why: WireStop): void {
    this.#isOver = true;
    this.#stampFirst();
    this.#carrier.close();
    this.#failed(why);
  }

  #oversize(): void {
    this.#fail(
      new WireStop('MW_BODY_TOO_LARGE', 'the body is larger than the cap', this.#trace.bodyBytes, this.#now()),
    );
  }
}

/**
 * Sends one request and reads its answer whole, within the caps; decodes what was encoded although `identity` was
 * asked for, unless the bytes are wanted as sent. Rejects with a `WireStop`; the connection is closed then, and where reading stopped early.
 * @param now  the monotonic clock
 */
export async function exchange(
  carrier: Carrier,
  request: ExchangeRequest,
  trace: ExchangeTrace,
  deadline: Deadline,
  now: () => number,
): Promise<Collected> {
  const inflow = new Inflow(now, () => deadline.cut(new WireStop('MW_HEAD_TOO_LARGE', 'the head is too large')));
  carrier.inflow = inflow;
  try {
    const { body, whole, isWhole } = await deadline.run<Read>((done, failed) => {
      const collector = new Collector(carrier, request, trace, inflow, now, done, failed);
      const { method, target: path, headers, body } = request;
      carrier.client.dispatch({ method, path, headers, ...(body === null ? {} : { body }) }, collector);
      return () => {
        collector.leave();
        carrier.close();
      };
    });
    const isDecoded = isWhole && whole === null && request.method !== 'HEAD' && request.asSent !== true;
    if (!isDecoded) return { body, whole };
    return { body: await decoded(trace.headers['content-encoding'], body, request.bodyBytesMax), whole };
  } catch (error) {
    carrier.close();
    throw stopOf(error, trace.bodyBytes);
  } finally {
    carrier.inflow = null;
  }
}
