import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Listen } from '../core/config.ts';
import { error, ok, type Result } from '../core/result.ts';

/** A listener that is up. */
export interface Listening {
  /** The port that was given, also where the configuration said 0. */
  readonly port: number;
  /** Stops taking connections, gives those open `graceMs` to end, then cuts them. */
  close(graceMs: number): Promise<void>;
}

/**
 * Opens the daemon's own HTTP listener. Slow clients are cut: 10 s for a head, 30 s for a request.
 * @returns `code` of the failure (`EADDRINUSE`, `EACCES`, `EADDRNOTAVAIL`, a bad certificate's code)
 */
export async function listen(handler: RequestListener, at: Listen): Promise<Result<Listening, { code: string }>> {
  const options = { headersTimeout: 10_000, requestTimeout: 30_000, keepAliveTimeout: 15_000, maxHeaderSize: 16_384 };
  try {
    const server: Server =
      at.tls === null
        ? createServer(options, handler)
        : createTlsServer({ ...options, cert: at.tls.cert, key: at.tls.key.reveal(), minVersion: 'TLSv1.2' }, handler);
    server.maxConnections = 1_024;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(at.port, at.host, resolve);
    });
    const address = server.address();
    const port = typeof address === 'object' && address ? address.port : at.port;
    return ok({ port, close: (graceMs) => closeServer(server, graceMs) });
  } catch (cause) {
    return error({ code: (cause as NodeJS.ErrnoException).code ?? 'UNKNOWN' });
  }
}

function closeServer(server: Server, graceMs: number): Promise<void> {
  return new Promise((resolve) => {
    const cut = setTimeout(() => server.closeAllConnections(), graceMs);
    server.close(() => {
      clearTimeout(cut);
      resolve();
    });
    server.closeIdleConnections();
  });
}
