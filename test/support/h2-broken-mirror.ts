import { createSecureServer, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { type Answer, text } from './answer.ts';
import { testCerts } from './certs.ts';
import { moduleAnswers, syntheticModules } from './synthetic-modules.ts';
import type { Usual } from './usual-mirrors.ts';

/** A mirror whose HTTP/2 alone is broken. */
export interface H2BrokenMirror {
  readonly url: string;
  /** Requests so far, by protocol version. */
  readonly requests: { h1: number; h2: number };
  readonly close: () => Promise<void>;
}

/**
 * What it does to a request over HTTP/2: resets the stream at once, or in the body; ends the session with INTERNAL_ERROR; answers
 * late; or sends half of the body and no more.
 */
export const h2Faults = ['reset', 'cut', 'goaway', 'slow', 'stalls'] as const;
export type H2Fault = (typeof h2Faults)[number];

/** How late a slow one answers, milliseconds: well within the 1.5 s that a confirming probe waits, on a busy machine too. */
const lateMs = 1_000;
/** Until what was written has left, milliseconds. */
const leaveMs = 20;
const internalError = 2;

const modules = moduleAnswers(syntheticModules);
const goModules: Usual = (path) => modules.get(path) ?? text(404, 'not found\n');

function send(stream: ServerHttp2Stream, { status, headers, body }: Answer): void {
  if (stream.destroyed) return;
  stream.respond({ ':status': status, ...headers });
  stream.end(body);
}

const breaks: Readonly<Record<H2Fault, (stream: ServerHttp2Stream, answer: Answer) => void>> = {
  reset: (stream) => stream.close(internalError),
  cut(stream, answer) {
    half(stream, answer);
    // `close` would end the body first.
    setTimeout(() => stream.destroy(new Error('cut')), leaveMs);
  },
  goaway({ session }) {
    session?.goaway(internalError, 0);
    setTimeout(() => session?.destroy(), leaveMs);
  },
  slow: (stream, answer) => void setTimeout(() => send(stream, answer), lateMs),
  stalls: half,
};

function half(stream: ServerHttp2Stream, { status, headers, body }: Answer): void {
  stream.respond({ ':status': status, ...headers, 'content-length': body.length });
  stream.write(body.subarray(0, body.length / 2));
}

/**
 * Starts a mirror that has a fault over HTTP/2 while it is told one, and answers every request over HTTP/1.1.
 * @param says   what it serves; default: Go modules
 * @param isDumb  true while it closes connections over HTTP/1.1 at each request
 */
export async function startH2BrokenMirror(
  fault: () => H2Fault | null = () => 'reset',
  says: Usual = goModules,
  isDumb: () => boolean = () => false,
): Promise<H2BrokenMirror> {
  const { server: leaf } = testCerts();
  const requests = { h1: 0, h2: 0 };
  const server = createSecureServer({ cert: leaf.certPem, key: leaf.keyPem, allowHTTP1: true });
  const answerTo = (path: string, accept: unknown): Answer => says(decodeURIComponent(path), String(accept ?? ''));
  server.on('stream', (stream, headers) => {
    requests.h2 += 1;
    stream.on('error', () => undefined);
    const answer = answerTo(headers[':path'] ?? '', headers['accept']);
    const now = fault();
    if (now === null) send(stream, answer);
    else breaks[now](stream, answer);
  });
  server.on('request', (request, response) => {
    if (request.httpVersion === '2.0') return;
    requests.h1 += 1;
    if (isDumb()) return void request.socket.destroy();
    const { status, headers, body } = answerTo(request.url, request.headers['accept']);
    response.writeHead(status, headers ?? {});
    response.end(body);
  });
  const open = new Set<{ destroy(): void }>();
  server.on('session', (session) => {
    open.add(session);
    session.on('error', () => undefined);
    session.once('close', () => open.delete(session));
  });
  server.on('connection', (socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const one of open) one.destroy();
      }),
  };
}
