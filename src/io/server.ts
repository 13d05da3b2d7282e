import type { RequestListener, Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Socket } from 'node:net';
import type { Listen } from '../core/config.ts';
import { letIn } from '../core/let-in.ts';
import { limits } from '../core/limits.ts';
import { error, ok, type Result } from '../core/result.ts';
import { type Connections, connectionBounds, createConnections } from './connections.ts';
import { createServer } from './node-http.ts';

/** A listener that is up. */
export interface Listening {
  /** The port that was given, also where the configuration said 0. */
  readonly port: number;
  /** Stops taking connections, gives those open `graceMs` to end, then cuts them. */
  close(graceMs: number): Promise<void>;
}

/** How long a client may take, milliseconds. */
export interface Patience {
  readonly headMs: number;
  readonly requestMs: number;
  readonly stalledMs: number;
  /** How long a body may go on after its answer. */
  readonly refusedBodyMs: number;
}

const usual: Patience = {
  headMs: limits.requestHeadMs,
  requestMs: limits.requestMs,
  stalledMs: limits.stalledMs,
  refusedBodyMs: limits.refusedBodyMs,
};

/**
 * Opens the daemon's own HTTP listener. Slow clients are cut, those that say nothing as well as those that read nothing;
 * connections are bounded, those of strangers first (`createConnections`); a handler emits `letIn` on the response where
 * the client is none.
 * @returns `code` of the failure (`EADDRINUSE`, `EACCES`, `EADDRNOTAVAIL`, a bad certificate's code)
 */
export async function listen(
  handler: RequestListener,
  at: Listen,
  patience: Patience = usual,
): Promise<Result<Listening, { code: string }>> {
  const { headMs, requestMs, stalledMs, refusedBodyMs } = patience;
  const options = {
    headersTimeout: headMs,
    requestTimeout: requestMs,
    // Node looks each half minute only, unless told otherwise.
    connectionsCheckingInterval: Math.ceil(headMs / 10),
    keepAliveTimeout: 15_000,
    maxHeaderSize: 16_384,
  };
  try {
    const server: Server =
      at.tls === null
        ? createServer(options, handler)
        : createTlsServer(
            {
              ...options,
              handshakeTimeout: headMs,
              cert: at.tls.cert,
              key: at.tls.key.reveal(),
              minVersion: 'TLSv1.2',
            },
            handler,
          );
    server.timeout = stalledMs;
    const connections = bound(server);
    cutRefusedBodies(server, refusedBodyMs);
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(at.port, at.host, resolve);
    });
    const address = server.address();
    const port = typeof address === 'object' && address ? address.port : at.port;
    return ok({ port, close: (graceMs) => closeServer(server, connections, graceMs) });
  } catch (cause) {
    return error({ code: (cause as NodeJS.ErrnoException).code ?? 'UNKNOWN' });
  }
}

/** Tells the bounds of every connection: a TLS one is two sockets, known by the same address and port. */
function bound(server: Server): Connections {
  const connections = createConnections(connectionBounds);
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
    connections.requested(key, 1);
    response.once(letIn, () => connections.letIn(key));
    response.once('close', () => connections.requested(key, -1));
  });
  return connections;
}

/** Node reads on a body that nothing waits for any more, as fast as it comes. */
function cutRefusedBodies(server: Server, refusedBodyMs: number): void {
  server.on('request', (request, response) => {
    response.once('finish', () => {
      if (request.complete) return;
      setTimeout(() => void (request.complete || request.socket.destroy()), refusedBodyMs).unref();
    });
  });
}

/** Not by Node's own list, in which a TLS connection stands only once it has shaken hands. */
function closeServer(server: Server, connections: Connections, graceMs: number): Promise<void> {
  return new Promise((resolve) => {
    const cut = setTimeout(() => connections.end(), graceMs);
    server.close(() => {
      clearTimeout(cut);
      resolve();
    });
    server.closeIdleConnections();
  });
}
