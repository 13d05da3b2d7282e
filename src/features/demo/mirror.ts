import type { Server } from 'node:http';
import type { DemoResponder, DemoResponse } from '../../core/demo.ts';
import { createServer } from '../../io/server.ts';
import { systemTimers } from '../../io/timers.ts';

export interface DemoMirror {
  readonly url: string;
  /** Sets an additional delay of every response, milliseconds. */
  slow(byMs: number): void;
  /** Makes every response fail with status 503 (`true`), or ends this fault (`false`). */
  fail(isFailing: boolean): void;
  close(): Promise<void>;
}

const notFound: DemoResponse = {
  type: 'text/plain; charset=utf-8',
  body: 'not found: the demo has nothing of that name\n',
};

/**
 * Starts a demo mirror on a free loopback port. A response takes `baseMs` to 1.24 × `baseMs`, plus the delay set by
 * `slow`.
 */
export async function startDemoMirror(respond: DemoResponder, baseMs: number): Promise<DemoMirror> {
  let extraMs = 0;
  let isFailing = false;
  let turn = 0;
  const server = createServer((request, response) => {
    const path = (request.url ?? '').split('?', 1)[0] ?? '';
    const accept = request.headers.accept ?? '';
    const found = respond({ path, accept, origin: urlOf(server) });
    const { type, body, headers } = found ?? notFound;
    turn += 1;
    // The delay varies in a fixed cycle, so that charts vary and runs are repeatable.
    const waitMs = baseMs + extraMs + (turn % 7) * baseMs * 0.04;
    systemTimers.after(waitMs, () => {
      const length = Buffer.byteLength(body);
      const status = isFailing ? 503 : found ? 200 : 404;
      response.writeHead(status, { ...headers, 'content-type': type, 'content-length': length });
      response.end(request.method === 'HEAD' ? undefined : body);
    });
  });
  await listening(server);
  return {
    url: urlOf(server),
    slow: (byMs) => {
      extraMs = byMs;
    },
    fail: (failing) => {
      isFailing = failing;
    },
    close: () => closed(server),
  };
}

export interface DemoReceived {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export async function startDemoReceiver(
  take: (received: DemoReceived) => void,
): Promise<{ readonly url: string; close(): Promise<void> }> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
      take({ headers, body: Buffer.concat(chunks).toString('utf8') });
      response.writeHead(204).end();
    });
  });
  await listening(server);
  return { url: `${urlOf(server)}/`, close: () => closed(server) };
}

/** Returns a URL on loopback. Its port was free during this call, but another process may take it later. */
export async function findUrl(): Promise<string> {
  const server = createServer();
  await listening(server);
  const url = urlOf(server);
  await closed(server);
  return url;
}

function listening(server: Server): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
}

function urlOf(server: Server): string {
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`;
}

function closed(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}
