import type { ClientHttp2Session, ClientHttp2Stream } from 'node:http2';

/** The error codes of RFC 9113 section 7, by number. */
const codeNames = [
  'NO_ERROR',
  'PROTOCOL_ERROR',
  'INTERNAL_ERROR',
  'FLOW_CONTROL_ERROR',
  'SETTINGS_TIMEOUT',
  'STREAM_CLOSED',
  'FRAME_SIZE_ERROR',
  'REFUSED_STREAM',
  'CANCEL',
  'COMPRESSION_ERROR',
  'CONNECT_ERROR',
  'ENHANCE_YOUR_CALM',
  'INADEQUATE_SECURITY',
  'HTTP_1_1_REQUIRED',
] as const;

/** The name of an HTTP/2 error code, as clients print it; an unknown one as its number. */
export function h2CodeNameOf(code: number): string {
  return codeNames[code] ?? `code ${code}`;
}

/** A server's GOAWAY frame. */
interface Goaway {
  /** An HTTP/2 error code. */
  readonly code: number;
  /** Streams with a higher id were not processed. */
  readonly lastStreamId: number;
}

/**
 * What happens on one HTTP/2 session that undici does not report: the streams it opens, GOAWAY, the server's limit of
 * concurrent streams, and the session's own error.
 */
export class SessionWatch {
  goaway: Goaway | null = null;
  /** What ended the session: a frame that breaks the protocol, a flood. */
  error: Error | null = null;
  /** SETTINGS_MAX_CONCURRENT_STREAMS of the server; `null` before its SETTINGS came. */
  streamsMax: number | null = null;

  /**
   * @param opened   called with each stream, before undici adds its own listeners
   * @param settled  called when the server's SETTINGS came
   */
  constructor(session: ClientHttp2Session, opened: (stream: ClientHttp2Stream) => void, settled: () => void) {
    // Must run before undici's listener, which ends the requests.
    session.prependListener('goaway', (code, lastStreamId) => {
      this.goaway ??= { code, lastStreamId };
    });
    session.on('error', (error) => {
      this.error ??= error;
    });
    session.on('remoteSettings', (settings) => {
      this.streamsMax = settings.maxConcurrentStreams ?? Number.POSITIVE_INFINITY;
      settled();
    });
    const request = session.request.bind(session);
    session.request = (...args) => {
      const stream = request(...args);
      opened(stream);
      return stream;
    };
  }
}
