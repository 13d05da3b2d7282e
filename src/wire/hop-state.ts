import type { HopRequest } from '../core/ports.ts';
import type { HttpProtocol } from '../core/transcript.ts';
import type { ConnectTrace } from './connect.ts';
import type { Kept } from './pool.ts';
import type { ExchangeTrace } from './trace.ts';

/** The state of one hop under way. */
export interface HopState {
  readonly request: HopRequest;
  readonly url: URL;
  readonly trace: ConnectTrace;
  readonly headers: Readonly<Record<string, string>>;
  answer: ExchangeTrace;
  reused: boolean;
  /** Of the connection that carried it; `null`: there was none. */
  protocol: HttpProtocol | null;
}

/** What a kept connection may be used again for: the same origin, and timed requests apart from the others. */
export function keyOf(state: HopState): string {
  return `${state.request.aside ? 'aside' : 'timed'} ${state.url.origin}`;
}

/** Takes over who the kept connection reached. */
export function fillFrom(trace: ConnectTrace, kept: Kept): void {
  trace.remoteAddress = kept.remoteAddress;
  trace.remotePort = kept.remotePort;
  trace.family = kept.family;
  trace.tls = kept.tls;
}

/** The marks of the answer, and the end; marks are in order by construction, a deadline's end included. */
export function settleMarks(state: HopState, endMs: number): void {
  const { marks } = state.trace;
  if (state.answer.firstByteMs !== null) marks.firstByte = state.answer.firstByteMs;
  const last = marks.firstByte ?? marks.secured ?? marks.connected ?? marks.resolved ?? marks.start;
  marks.end = Math.max(endMs, last);
}
