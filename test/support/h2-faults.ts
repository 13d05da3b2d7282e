import {
  data,
  endHeaders,
  endStream,
  frame,
  frameTypes,
  goaway,
  head,
  type RawH2Connection,
  type RawH2Server,
  rst,
  startRawH2,
} from './raw-h2.ts';

/** One request that a fault answers; `good` sends the sound response. */
export interface FaultyRequest {
  readonly connection: RawH2Connection;
  readonly id: number;
  /** From 0, over all connections of the server. */
  readonly nth: number;
  /** From 0, on this connection. */
  readonly nthHere: number;
  readonly length: number;
  readonly good: () => void;
}

/** A fault of HTTP/2 alone, as a mirror with it answers each request. */
export interface H2Fault {
  readonly name: string;
  /** Absent: nothing of HTTP is spoken. */
  readonly answer?: (request: FaultyRequest) => void;
  readonly alpn?: readonly string[];
  /** Separators behind which the real go command does not end within minutes. */
  readonly endless?: readonly (',' | '|')[];
  /** Nothing more comes on an open stream. */
  readonly isStall?: true;
}

const codes = { no: 0, protocol: 1, internal: 2, refused: 7, cancel: 8, http11: 13 };
const ok = { ':status': '200', 'content-type': 'text/plain' };
const sized = (length: number) => ({ ...ok, 'content-length': String(length) });

/** Answers with these frames, whatever is asked. */
const always =
  (frames: (request: FaultyRequest) => readonly Buffer[]) =>
  (request: FaultyRequest): void =>
    request.connection.write(...frames(request));
/** The first request of all alone. */
const once =
  (frames: (request: FaultyRequest) => readonly Buffer[]) =>
  (request: FaultyRequest): void => {
    if (request.nth === 0) request.connection.write(...frames(request));
    else request.good();
  };

export const h2Faults: readonly H2Fault[] = [
  { name: 'RST_STREAM INTERNAL_ERROR before the head', answer: always(({ id }) => [rst(id, codes.internal)]) },
  {
    name: 'RST_STREAM PROTOCOL_ERROR before the head',
    answer: always(({ id }) => [rst(id, codes.protocol)]),
    endless: [',', '|'],
  },
  { name: 'RST_STREAM CANCEL before the head', answer: always(({ id }) => [rst(id, codes.cancel)]) },
  { name: 'RST_STREAM NO_ERROR before the head', answer: always(({ id }) => [rst(id, codes.no)]) },
  { name: 'RST_STREAM HTTP_1_1_REQUIRED before the head', answer: always(({ id }) => [rst(id, codes.http11)]) },
  {
    name: 'RST_STREAM INTERNAL_ERROR in the body',
    answer: always(({ id, length }) => [head(id, sized(length)), data(id, 'he', 0), rst(id, codes.internal)]),
  },
  {
    name: 'RST_STREAM NO_ERROR in the body',
    answer: always(({ id, length }) => [head(id, sized(length)), data(id, 'he', 0), rst(id, codes.no)]),
  },
  { name: 'REFUSED_STREAM once', answer: once(({ id }) => [rst(id, codes.refused)]) },
  { name: 'REFUSED_STREAM always', answer: always(({ id }) => [rst(id, codes.refused)]), endless: ['|'] },
  { name: 'GOAWAY NO_ERROR before the stream, once', answer: once(() => [goaway(0, codes.no)]) },
  {
    name: 'GOAWAY NO_ERROR before the stream, always',
    answer: always(() => [goaway(0, codes.no)]),
    endless: [',', '|'],
  },
  {
    name: 'GOAWAY NO_ERROR after each response',
    answer: ({ connection, id, nthHere, good }) => {
      // A stream that go opened before it read GOAWAY is not taken: go sends that request again over a new connection.
      if (nthHere > 0) return;
      good();
      connection.write(goaway(id, codes.no));
    },
  },
  { name: 'GOAWAY INTERNAL_ERROR', answer: always(() => [goaway(0, codes.internal)]) },
  { name: 'DATA before HEADERS', answer: always(({ id }) => [data(id, 'hello')]) },
  {
    name: 'a head that is no HPACK',
    answer: always(({ id }) => [frame(frameTypes.headers, endHeaders, id, Buffer.alloc(6, 0xff))]),
  },
  {
    name: 'a body shorter than its Content-Length',
    answer: always(({ id, length }) => [head(id, sized(length)), data(id, 'he')]),
  },
  {
    name: 'a body longer than its Content-Length',
    answer: always(({ id, length }) => [head(id, sized(length)), data(id, Buffer.alloc(length + 7, 'x'))]),
  },
  {
    name: 'a body that never comes',
    answer: always(({ id, length }) => [head(id, sized(length))]),
    endless: [',', '|'],
    isStall: true,
  },
  { name: 'no response', answer: () => undefined, endless: [',', '|'], isStall: true },
  { name: 'no protocol in common (ALPN)', alpn: ['spdy/3'] },
  {
    name: '421 Misdirected Request',
    answer: always(({ id }) => [head(id, { ':status': '421' }, endHeaders | endStream)]),
  },
  {
    name: '421 to all but the first request of a connection',
    answer: ({ connection, id, nthHere, good }) => {
      if (nthHere === 0) good();
      else connection.write(head(id, { ':status': '421' }, endHeaders | endStream));
    },
  },
];

/**
 * Starts a server with one of these faults.
 * @param bodies  of the sound responses, in the order in which the client asks
 */
export function startFaultyH2({ answer, alpn }: H2Fault, bodies: readonly Buffer[]): Promise<RawH2Server> {
  let sent = 0;
  const here = new Map<number, number>();
  return startRawH2(
    (connection, id, nth) => {
      const body = bodies[sent] ?? Buffer.alloc(0);
      const nthHere = here.get(connection.index) ?? 0;
      here.set(connection.index, nthHere + 1);
      const good = (): void => {
        sent += 1;
        connection.write(head(id, sized(body.length)), data(id, body));
      };
      answer?.({ connection, id, nth, nthHere, length: body.length, good });
    },
    alpn === undefined ? {} : { alpn },
  );
}
