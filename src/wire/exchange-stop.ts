import { type ClientHttp2Stream, constants } from 'node:http2';
import type { Sentence } from '../core/result.ts';
import { phrase } from '../words/tell.ts';
import { h2CodeNameOf, type SessionWatch } from './carrier.ts';
import { codeOf, stopOf, WireStop } from './deadline.ts';

interface EndState {
  readonly hasHead: boolean;
  readonly bytesRead: number;
  /** As `statedBytesOf`; `null` also before the head. */
  readonly saidBytes: number | null;
  /** As `Carrier.error`: more specific than undici's "other side closed". */
  readonly socketError: Error | null;
  /** `null`: HTTP/1.1. */
  readonly session: SessionWatch | null;
  readonly stream: ClientHttp2Stream | null;
  /** HTTP/2: Node's error of the stream; undici's may differ. */
  readonly streamError: Error | null;
}

/** The stop for an error of undici, whose own codes and texts depend on its version. @param atMs  monotonic */
export function exchangeStopOf(error: unknown, state: EndState, atMs: number): WireStop {
  if (error instanceof WireStop && error.code !== 'MW_STALE')
    return new WireStop(error.code, error.sentence ?? error.message, state.bytesRead, atMs);
  return state.session === null ? plainStop(error, state, atMs) : h2Stop(error, state, state.session, atMs);
}

/** HTTP/1.1. An error of undici's parser is `MW_BAD_HEAD` before the head is complete, later `MW_BAD_CHUNK`. */
function plainStop(error: unknown, state: EndState, atMs: number): WireStop {
  const stop = stopOf(error, state.bytesRead, atMs);
  const as = (code: string, text: string | Sentence): WireStop => new WireStop(code, text, state.bytesRead, atMs);
  const closed = (): WireStop =>
    state.socketError === null
      ? as('MW_CLOSED', phrase('fault.inside'))
      : stopOf(state.socketError, state.bytesRead, atMs);
  const badHead = (): WireStop => as('MW_BAD_HEAD', phrase('fault.head'));
  if (error instanceof Error && error.name === 'HTTPParserError') {
    if (/EOF/i.test(error.message)) return closed();
    return state.hasHead ? as('MW_BAD_CHUNK', phrase('fault.chunks')) : badHead();
  }
  switch (stop.code) {
    case 'UND_ERR_INVALID_ARG':
      return as('ERR_INVALID_CHAR', phrase('fault.header'));
    case 'UND_ERR_HEADERS_OVERFLOW':
      return as('MW_HEAD_TOO_LARGE', phrase('fault.headLarge'));
    case 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH':
      // undici reports this for every parser error after a Content-Length, also for one in the same head.
      return state.hasHead ? closed() : badHead();
    case 'UND_ERR_SOCKET':
      return /^bad (response|upgrade)/.test(stop.message) ? badHead() : closed();
    case 'MW_STALE':
      return state.socketError === null ? stop : stopOf(state.socketError, state.bytesRead, atMs);
    default:
      return stop;
  }
}

/**
 * HTTP/2: GOAWAY first, then broken frames, the end of the connection, the end of the stream. Node does not say which
 * side reset a stream with PROTOCOL_ERROR: without a stated length that counts as the server's reset.
 */
function h2Stop(error: unknown, state: EndState, session: SessionWatch, atMs: number): WireStop {
  const { bytesRead, saidBytes, socketError, stream } = state;
  const as = (code: string, text: string | Sentence): WireStop => new WireStop(code, text, bytesRead, atMs);
  const { goaway } = session;
  if (goaway !== null && goaway.code !== constants.NGHTTP2_NO_ERROR)
    return as('MW_H2_GOAWAY', `GOAWAY ${h2CodeNameOf(goaway.code)}`);
  const isUntaken = stream?.id === undefined || stream.id > (goaway?.lastStreamId ?? Number.POSITIVE_INFINITY);
  if (goaway !== null && isUntaken && !state.hasHead) return as('MW_H2_UNTAKEN', phrase('fault.untaken'));
  const stop = stopOf(error, bytesRead, atMs);
  const native = state.streamError ?? session.error ?? error;
  if (codeOf(native) === 'ERR_HTTP2_ERROR')
    return as('MW_H2_PROTOCOL', phrase('fault.streamBroken', { why: stopOf(native).message }));
  if (stop.code === 'UND_ERR_INVALID_ARG') return as('ERR_INVALID_CHAR', phrase('fault.header'));
  if (socketError !== null) return stopOf(socketError, bytesRead, atMs);
  if (stop.code === 'UND_ERR_SOCKET' || stop.code === 'MW_STALE') return as('MW_CLOSED', phrase('fault.inside'));
  const code = stream?.rstCode ?? constants.NGHTTP2_NO_ERROR;
  if (code === constants.NGHTTP2_ENHANCE_YOUR_CALM && !state.hasHead)
    return as('MW_HEAD_TOO_LARGE', phrase('fault.headLarge'));
  if (code === constants.NGHTTP2_PROTOCOL_ERROR && saidBytes !== null)
    return as('MW_H2_PROTOCOL', phrase('fault.streamLength'));
  const isResent = code === constants.NGHTTP2_PROTOCOL_ERROR;
  return as(
    isResent ? 'MW_H2_RESET_PROTOCOL' : 'MW_H2_RESET',
    phrase('fault.streamReset', { code: h2CodeNameOf(code) }),
  );
}
