import { limits } from '../../core/limits.ts';
import type { Hop } from '../../core/transcript.ts';
import { type AnswerEvents, AnswerReader } from './answer-reader.ts';
import { BodyHold, type Collected, type Spill } from './body-hold.ts';
import type { Carrier } from './carrier.ts';
import type { Deadline } from './deadline.ts';
import { decoded } from './decode.ts';
import { stopOf, WireStop } from './stop.ts';

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

function isCoded(headers: Readonly<Record<string, string>>): boolean {
  return !['', 'identity'].includes(headers['content-encoding'] ?? '');
}

/** A body that was read; not whole where reading stopped on purpose. */
type Read = Collected & { readonly isWhole: boolean };

/** Collects one answer as its reader tells it. Settles once. */
class Collector implements AnswerEvents {
  readonly #carrier: Carrier;
  readonly #trace: ExchangeTrace;
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
  readonly reader: AnswerReader;

  constructor(
    carrier: Carrier,
    request: ExchangeRequest,
    trace: ExchangeTrace,
    now: () => number,
    done: (collected: Read) => void,
    failed: (why: WireStop) => void,
  ) {
    this.#carrier = carrier;
    this.#trace = trace;
    this.#now = now;
    this.#done = done;
    this.#failed = failed;
    this.#bytesMax = request.bodyBytesMax;
    this.#stopAt = request.stopAfterBytes;
    this.#spill = request.spill;
    this.#isDecoded = request.asSent !== true;
    this.reader = new AnswerReader(request.method, now, this);
  }

  head(status: number, headers: Readonly<Record<string, string>>): void {
    if (this.#isOver) return;
    this.#trace.status = status;
    this.#trace.headers = headers;
    if (this.#spill !== null && this.#isDecoded && isCoded(this.#trace.headers)) {
      this.#spill = null;
      this.#bytesMax = Math.min(this.#bytesMax, limits.bodyHeldBytesMax);
    }
    // Of an answer that is not the thing asked for, the first lines are enough.
    if (status >= 300 && this.#stopAt === null) this.#stopAt = Math.min(this.#bytesMax, limits.errorBodyBytes);
    const said = this.reader.saidBytes;
    if (this.#stopAt === 0) this.#finish(this.#now(), false);
    else if (this.#stopAt === null && said !== null && said > this.#bytesMax) this.#oversize();
  }

  data(chunk: Buffer): void {
    if (this.#isOver) return;
    const atMs = this.reader.lastByteMs ?? this.#now();
    this.#trace.bodyBytes += chunk.length;
    if (this.#trace.bodyBytes >= limits.slowStartBytes) this.#trace.ramp ??= { atMs, bytes: this.#trace.bodyBytes };
    try {
      this.#hold.take(chunk, this.#spill);
    } catch (error) {
      this.#fail(stopOf(error, this.#trace.bodyBytes, atMs));
      return;
    }
    if (this.#stopAt !== null && this.#trace.bodyBytes >= this.#stopAt) {
      if (this.reader.saidBytes !== this.#trace.bodyBytes) this.#finish(atMs, false);
    } else if (this.#trace.bodyBytes > this.#bytesMax) this.#oversize();
  }

  end(): void {
    if (this.#isOver) return;
    const { saidBytes: said, isFramed, headBytes, totalBytes, lastByteMs } = this.reader;
    // Where the end of the body is told by its bytes it was here when they were.
    const atMs = (isFramed ? lastByteMs : null) ?? this.#now();
    if (said !== null && headBytes !== null && totalBytes > headBytes + said)
      this.#fail(new WireStop('MW_BODY_LONGER', 'more body than said', this.#trace.bodyBytes, atMs));
    else this.#finish(atMs, true);
  }

  broken(why: WireStop): void {
    if (this.#isOver) return;
    this.#fail(new WireStop(why.code, why.message, this.#trace.bodyBytes, this.#now()));
  }

  /** Stops listening: the hop is over for another reason. */
  leave(): void {
    this.#isOver = true;
    this.#stampFirst();
  }

  #stampFirst(): void {
    this.#trace.firstByteMs = this.reader.firstByteMs;
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
  try {
    const { body, whole, isWhole } = await deadline.run<Read>((done, failed) => {
      const collector = new Collector(carrier, request, trace, now, done, failed);
      try {
        carrier.send(request, collector.reader);
      } catch (error) {
        collector.broken(stopOf(error));
      }
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
  }
}
