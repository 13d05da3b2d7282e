import { once } from 'node:events';
import { type RequestListener, type Server, type ServerResponse, STATUS_CODES } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Listen } from '../core/config.ts';
import { descriptorBoundsFor } from '../core/descriptors.ts';
import { letIn } from '../core/http.ts';
import { limits } from '../core/limits.ts';
import { error, ok, type Result } from '../core/result.ts';
import { systemClock } from './clock.ts';
import { type Connections, createConnections } from './connections.ts';
import { readDescriptorLimit } from './machine.ts';

export interface Listening {
  /** The port in use, even if the configuration sets 0 (any free port). */
  readonly port: number;
  /** Stops accepting connections. Connections that are still in use after `graceMs` are closed. */
  close(graceMs: number): Promise<void>;
}

/** Timeouts for clients. `refusedBodyMs`: how long a client may continue to send a request body after the response. */
const usual = {
  headMs: limits.requestHeadMs,
  requestMs: limits.requestMs,
  stalledMs: limits.stalledMs,
  refusedBodyMs: limits.refusedBodyMs,
};

/**
 * Opens an HTTP listener of this program. Slow clients are disconnected, and connections are limited. The handler emits
 * the event `letIn` on the response of an authorized request.
 * @returns the listener, or the error code of the system or of a bad certificate
 */
export async function listen(
  handler: RequestListener,
  at: Listen,
  patience: Readonly<typeof usual> = usual,
): Promise<Result<Listening, { code: string }>> {
  const { headMs, requestMs, stalledMs, refusedBodyMs } = patience;
  const options = {
    headersTimeout: headMs,
    requestTimeout: requestMs,
    // By default, Node checks these timeouts only every half minute.
    connectionsCheckingInterval: Math.ceil(headMs / 10),
    keepAliveTimeout: 15_000,
    maxHeaderSize: limits.requestHeadBytes,
  };
  try {
    const server: Server =
      at.tls === null
        ? createServer(options)
        : createTlsServer({
            ...options,
            handshakeTimeout: headMs,
            cert: at.tls.cert,
            key: at.tls.key.reveal(),
            minVersion: 'TLSv1.2',
          });
    server.timeout = stalledMs;
    const connections = bound(server);
    // While the server closes, connections are not kept open, because the next request on one could fail.
    server.prependListener('request', (_, response) => {
      if (!server.listening) response.shouldKeepAlive = false;
    });
    cutRefusedBodies(server, refusedBodyMs);
    // A connection with too many requests is closed, but Node still reports those of them that have arrived.
    server.on('request', (request, response) => void (request.socket.destroyed || handler(request, response)));
    respondToBadRequests(server, refusedBodyMs);
    await once(server.listen(at.port, at.host), 'listening');
    const address = server.address();
    const port = typeof address === 'object' && address ? address.port : at.port;
    return ok({ port, close: (graceMs) => closeServer(server, connections.end, graceMs) });
  } catch (cause) {
    return error({ code: (cause as NodeJS.ErrnoException).code ?? 'UNKNOWN' });
  }
}

/**
 * Limits the server's connections. The key is the remote address and port, because a TLS connection has two sockets
 * with the same address and port.
 */
function bound(server: Server): Connections {
  const bounds = descriptorBoundsFor(readDescriptorLimit());
  const connections = createConnections(
    { perAddress: bounds.connectionsPerAddress, all: bounds.connections },
    systemClock.monotonicMs,
  );
  const keyOf = ({ remoteAddress, remotePort }: Socket): string => `${remoteAddress} ${remotePort}`;
  server.on('connection', (socket: Socket) => {
    const key = keyOf(socket);
    connections.opened(key, socket.remoteAddress ?? '', socket);
    socket.once('close', () => connections.closed(key));
  });
  server.on('secureConnection', (socket: Socket) => {
    const key = keyOf(socket);
    connections.secured(key, socket);
    socket.once('close', () => connections.closed(key));
  });
  server.on('request', ({ socket }, response) => {
    const key = keyOf(socket);
    if (connections.requested(key, 1) > limits.requestsPerConnection) socket.destroy();
    response.once(letIn, () => connections.letIn(key));
    response.once('close', () => connections.requested(key, -1));
  });
  return connections;
}

/**
 * Closes a connection whose request body still arrives after the response, because Node would read the body to its end.
 */
function cutRefusedBodies(server: Server, refusedBodyMs: number): void {
  server.on('request', (request, response) => {
    response.once('finish', () => {
      if (request.complete) return;
      setTimeout(() => void (request.complete || request.socket.destroy()), refusedBodyMs).unref();
    });
  });
}

/** Closes the server. Connections that are still in use after `graceMs` are closed by `end`. */
export async function closeServer(server: Server, end: () => void, graceMs: number): Promise<void> {
  const cut = setTimeout(end, graceMs);
  await new Promise((resolve) => server.close(resolve));
  clearTimeout(cut);
}

/** `import` is not used: it reads every export of the module, and reading `WebSocket` loads undici (13 MB). */
export const { createServer, request } = process.getBuiltinModule('node:http');

interface Refusal {
  readonly status: number;
  readonly detail: string;
}

const headMax = `The request head is longer than ${limits.requestHeadBytes / 1024} KiB.`;
/** The response for each error code of Node; any other code gives `invalid`. */
const refusals: Readonly<Record<string, Refusal>> = {
  HPE_HEADER_OVERFLOW: { status: 431, detail: headMax },
  HPE_CHUNK_EXTENSIONS_OVERFLOW: { status: 413, detail: 'The extensions of a chunk are too long.' },
  ERR_HTTP_REQUEST_TIMEOUT: { status: 408, detail: 'The request did not arrive in time.' },
};
const invalid: Refusal = { status: 400, detail: 'This is not a valid HTTP/1.1 request.' };

/**
 * Responds with problem+json (RFC 9457) to requests that Node rejects (invalid, too large or too late), because Node's
 * own responses have no body.
 * @param lingerMs  how long the socket stays open after the response: if it closed while the request still arrives, the
 * client could lose the response
 */
function respondToBadRequests(server: Server, lingerMs: number): void {
  const newest = new WeakMap<Duplex, ServerResponse>();
  server.on('request', ({ socket }, response) => void newest.set(socket, response));
  const refused = new WeakSet<Duplex>();
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    // Node continues to read, and emits this error again for each further chunk.
    if (refused.has(socket)) return;
    refused.add(socket);
    const before = newest.get(socket);
    // If a response has begun, the client would read a second response as part of the first one's body.
    const isBetween = before === undefined || before.writableFinished || !before.headersSent;
    // Failed TLS handshakes, and connections that the client closed, do not count as requests.
    const isRequest = /^(?:HPE|ERR_HTTP)_/.test(error.code ?? '');
    if (!isRequest || !socket.writable || !isBetween) return void socket.destroy();
    const { status, detail } = refusals[error.code ?? ''] ?? invalid;
    const title = STATUS_CODES[status] ?? '';
    const body = `${JSON.stringify({ type: 'about:blank', title, status, detail })}\n`;
    const head = `content-type: application/problem+json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close`;
    socket.end(`HTTP/1.1 ${status} ${title}\r\n${head}\r\n\r\n${body}`);
    socket.resume();
    setTimeout(() => socket.destroy(), lingerMs).unref();
  });
}
