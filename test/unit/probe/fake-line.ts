import type { Clock, HopRequest, HopResponse, Line } from '../../../src/core/ports.ts';
import type { Hop, WireFault } from '../../../src/core/transcript.ts';

/** A clock that moves when told to. */
export interface ManualClock extends Clock {
  advance(ms: number): void;
}

/** Both clocks start apart, so that mixing them up shows. */
export function createManualClock(wallMs = 1_700_000_000_000, monotonicMs = 5_000): ManualClock {
  let passedMs = 0;
  return {
    now: () => ({ wallMs: wallMs + passedMs, monotonicMs: monotonicMs + passedMs }),
    wallMs: () => wallMs + passedMs,
    monotonicMs: () => monotonicMs + passedMs,
    advance(ms) {
      passedMs += ms;
    },
  };
}

/** What a fake mirror says to one request; everything left out is a quick, empty 200. */
export interface FakeAnswer {
  readonly status?: number | null;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** How long the hop takes, milliseconds. */
  readonly tookMs?: number;
  readonly fault?: Partial<WireFault> & Pick<WireFault, 'code' | 'phase'>;
}

export interface FakeLine extends Line {
  /** Every request, in order. */
  readonly requests: readonly HopRequest[];
  /** How often it was closed. */
  closed(): number;
}

/** A line whose answers come from a function; a hop begins at `startMs` or now, and moves the clock to its end. */
export function createFakeLine(
  clock: ManualClock,
  answer: (request: HopRequest, count: number) => FakeAnswer,
): FakeLine {
  const requests: HopRequest[] = [];
  let closes = 0;
  return {
    requests,
    closed: () => closes,
    hop(request) {
      requests.push(request);
      const said = answer(request, requests.length);
      const start = request.startMs ?? clock.monotonicMs();
      clock.advance(said.tookMs ?? 40);
      return Promise.resolve(toHop(request, said, start, clock.monotonicMs()));
    },
    close() {
      closes += 1;
    },
  };
}

/** The answer of a fake as the wire would give it: four even phases, no TLS. */
function toHop(request: HopRequest, said: FakeAnswer, start: number, end: number): HopResponse {
  const body = typeof said.body === 'string' ? Buffer.from(said.body) : (said.body ?? new Uint8Array());
  const fault = said.fault === undefined ? null : { text: '', bytesRead: 0, ...said.fault };
  const quarter = (end - start) / 4;
  const headers = said.headers ?? {};
  const hop: Hop = {
    url: request.url,
    aside: request.aside,
    marks: { start, resolved: start + quarter, connected: start + 2 * quarter, firstByte: start + 3 * quarter, end },
    reused: false,
    remoteAddress: '192.0.2.7',
    remotePort: 443,
    family: 4,
    proxy: null,
    tls: null,
    requestHeaders: request.headers,
    status: said.status === undefined ? (fault === null ? 200 : null) : said.status,
    responseHeaders: headers,
    bodyBytes: body.length,
    fault,
  };
  return { hop, headers, body };
}
