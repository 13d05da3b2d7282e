import type { HopRequest } from '../core/ports.ts';
import type { HttpProtocol } from '../core/transcript.ts';
import type { ConnectTrace } from './connect.ts';
import type { Kept } from './pool.ts';
import type { ExchangeTrace } from './trace.ts';

/** The state of one running hop. */
export interface HopState {
  readonly request: HopRequest;
  readonly url: URL;
  readonly trace: ConnectTrace;
  readonly headers: Readonly<Record<string, string>>;
  answer: ExchangeTrace;
  reused: boolean;
  /** The protocol of its connection; `null`: there was none. */
  protocol: HttpProtocol | null;
}

/** The key for reusing a kept connection: the same origin, and timed requests separate from the others. */
export function keyOf(state: HopState): string {
  return `${state.request.aside ? 'aside' : 'timed'} ${state.url.origin}`;
}

/** Copies the peer's facts from the kept connection. */
export function fillFrom(trace: ConnectTrace, kept: Kept): void {
  trace.remoteAddress = kept.remoteAddress;
  trace.remotePort = kept.remotePort;
  trace.family = kept.family;
  trace.tls = kept.tls;
}

/** Sets the marks of the response, and the end; marks are in order by construction, also at a deadline. */
export function settleMarks(state: HopState, endMs: number): void {
  const { marks } = state.trace;
  if (state.answer.firstByteMs !== null) marks.firstByte = state.answer.firstByteMs;
  const last = marks.firstByte ?? marks.secured ?? marks.connected ?? marks.resolved ?? marks.start;
  marks.end = Math.max(endMs, last);
}
