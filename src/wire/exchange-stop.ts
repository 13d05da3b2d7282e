import { constants } from 'node:http2';
import type { Sentence } from '../core/result.ts';
import { phrase } from '../words/tell.ts';
import { type Carrier, h2CodeNameOf, type SessionWatch } from './carrier.ts';
import { stopCodeOf, stopOf, WireStop } from './deadline.ts';
import type { H2Response } from './h2-response.ts';
import { type ExchangeRequest, type ExchangeTrace, statedBytesOf } from './trace.ts';

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
export function exchangeStopOf(error: unknown, ended: Ended, atMs: number): WireStop {
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
