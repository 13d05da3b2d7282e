import { createSecureServer, type ServerHttp2Session, type ServerHttp2Stream, type Settings } from 'node:http2';
import type { AddressInfo, Socket } from 'node:net';
import type { Answer } from './answer.ts';
import { testCerts } from './certs.ts';

/** One stream of one connection, as a fault of many streams sees it. */
export interface BuildStream {
  readonly stream: ServerHttp2Stream;
  readonly session: ServerHttp2Session;
  /** Ends the connection without a word of HTTP/2. */
  readonly drop: () => void;
  /** Streams of this connection without a response when this one came, itself included. */
  readonly open: number;
  /** Bytes of bodies that this connection carried before. */
  readonly sentBytes: number;
  /** Sends the sound response after `answerMs`, or later. */
  readonly good: (afterMs?: number) => void;
}

/** A fault that one stream at a time does not show. */
export interface H2BuildFault {
  readonly name: string;
  readonly answer: (one: BuildStream) => void;
  readonly settings?: Settings;
  /** Nothing more comes on an open stream. */
  readonly isStall?: true;
}

/** How long a sound response takes, so that the streams of one build overlap. Milliseconds. */
export const answerMs = 150;
const codes = { no: 0, internal: 2, refused: 7 };
/** The window of a connection before any WINDOW_UPDATE (RFC 9113 section 6.9.2). */
const firstWindowBytes = 65_535;

/** Answers the streams of one connection one after the other. */
function inLine(): (one: BuildStream) => void {
  const busyUntil = new WeakMap<ServerHttp2Session, number>();
  return ({ session, good }) => {
    const now = performance.now();
    const until = Math.max(busyUntil.get(session) ?? 0, now) + answerMs;
    busyUntil.set(session, until);
    good(until - now);
  };
}

export const h2BuildFaults: readonly H2BuildFault[] = [
  { name: 'none', answer: ({ good }) => good() },
  {
    name: 'RST_STREAM INTERNAL_ERROR of each stream beside three open ones',
    answer: ({ stream, open, good }) => (open > 3 ? stream.close(codes.internal) : good()),
  },
  {
    name: 'REFUSED_STREAM of each stream beside three open ones, no limit announced',
    answer: ({ stream, open, good }) => (open > 3 ? stream.close(codes.refused) : good()),
  },
  {
    name: 'GOAWAY NO_ERROR after one response, the streams beside it not taken',
    answer: ({ stream, session, open, good }) => {
      if (open > 1) return;
      good();
      stream.once('close', () => session.destroyed || session.goaway(codes.no, stream.id));
    },
  },
  {
    name: 'GOAWAY NO_ERROR after one response, the streams beside it taken and dropped',
    answer: ({ stream, session, open, good, drop }) => {
      if (open > 1) return;
      good();
      stream.once('close', () => {
        if (session.destroyed) return;
        session.goaway(codes.no, 2 ** 31 - 1);
        // The client has read GOAWAY by then.
        setTimeout(drop, 50);
      });
    },
  },
  {
    name: 'a stream beside an open one without a response',
    answer: ({ open, good }) => (open > 1 ? undefined : good()),
    isStall: true,
  },
  {
    name: 'nothing more after 64 KiB of one connection (its window is never taken as opened)',
    answer: ({ sentBytes, good }) => (sentBytes > firstWindowBytes ? undefined : good()),
    isStall: true,
  },
  {
    name: 'one stream at a time (MAX_CONCURRENT_STREAMS 1)',
    answer: ({ good }) => good(),
    settings: { maxConcurrentStreams: 1 },
  },
  { name: 'one response at a time, no limit announced', answer: inLine() },
];

/** A running mirror with such a fault. */
export interface BuildMirror {
  readonly url: string;
  /** So far. */
  readonly seen: { connections: number; requests: number; mostOpen: number };
  readonly close: () => Promise<void>;
}

/** Starts a mirror with one of these faults over these answers, by path. */
export async function startBuildMirror(
  fault: H2BuildFault,
  answers: ReadonlyMap<string, Answer>,
  isBroken: () => boolean = () => true,
): Promise<BuildMirror> {
  const { server: leaf } = testCerts();
  const seen = { connections: 0, requests: 0, mostOpen: 0 };
  const { settings = {} } = fault;
  const server = createSecureServer({ cert: leaf.certPem, key: leaf.keyPem, settings });
  const sessions = new Set<ServerHttp2Session>();
  // Before the server makes a session of it, which hides its socket.
  let socket: Socket | null = null;
  server.prependListener('secureConnection', (accepted: Socket) => {
    socket = accepted;
  });
  server.on('session', (session) => {
    const own = socket;
    const drop = (): void => void own?.destroy();
    seen.connections += 1;
    sessions.add(session);
    const state = { open: 0, sentBytes: 0 };
    session.on('error', () => session.destroy());
    session.on('close', () => sessions.delete(session));
    session.on('stream', (stream, headers) => {
      seen.requests += 1;
      state.open += 1;
      seen.mostOpen = Math.max(seen.mostOpen, state.open);
      stream.on('error', () => undefined);
      stream.on('close', () => {
        state.open -= 1;
      });
      const answer = answers.get(decodeURIComponent(headers[':path'] ?? ''));
      const good = (afterMs = answerMs): void => {
        state.sentBytes += answer?.body.length ?? 0;
        setTimeout(() => {
          if (stream.destroyed) return;
          stream.respond({ ':status': answer?.status ?? 404, ...answer?.headers });
          stream.end(answer?.body ?? 'not found\n');
        }, afterMs);
      };
      if (isBroken()) fault.answer({ stream, session, drop, open: state.open, sentBytes: state.sentBytes, good });
      else good();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    close: () =>
      new Promise((resolve) => {
        for (const session of sessions) session.destroy();
        server.close(() => resolve());
      }),
  };
}
