import type { RequestListener } from 'node:http';
import type { DemoResponder, DemoResponse } from '../../core/demo.ts';
import { urlOfListener } from '../../core/url.ts';
import { listen } from '../../io/server.ts';
import { systemTimers } from '../../io/timers.ts';

interface DemoServer {
  readonly url: string;
  close(): Promise<void>;
}

export interface DemoMirror extends DemoServer {
  /** The present fault: an additional delay of every response, milliseconds, and whether every status is 503. */
  readonly fault: { slowMs: number; isFailing: boolean };
}

const notFound: DemoResponse = {
  type: 'text/plain; charset=utf-8',
  body: 'not found: the demo has nothing of that name\n',
};

/** Opens a server at a loopback port, or at any other port if that is in use. */
async function open(handler: RequestListener, port: number = 0): Promise<DemoServer> {
  const at = { host: '127.0.0.1', port, token: null, tls: null };
  const opened = await listen(handler, at);
  if (opened.tag === 'ok')
    return { url: urlOfListener({ ...at, port: opened.value.port }), close: () => opened.value.close(0) };
  if (port !== 0) return open(handler);
  throw new Error(`the demo cannot listen: ${opened.error.code}`);
}

/**
 * Returns a loopback port that was free during this call, but another process may take it later: `wanted`, or any other
 * one if that is in use.
 */
export async function findPort(wanted: number): Promise<number> {
  const server = await open(() => undefined, wanted);
  await server.close();
  return Number(new URL(server.url).port);
}

/** Starts a demo mirror on a free loopback port. A response takes `baseMs` to 1.24 × `baseMs`, plus the fault's delay. */
export async function startDemoMirror(respond: DemoResponder, baseMs: number): Promise<DemoMirror> {
  const fault = { slowMs: 0, isFailing: false };
  let turn = 0;
  const server = await open((request, response) => {
    const path = (request.url ?? '').split('?', 1)[0] ?? '';
    const found = respond({ path, accept: request.headers.accept ?? '', origin: server.url });
    const { type, body, headers } = found ?? notFound;
    turn += 1;
    // The delay varies in a fixed cycle, so that charts vary and runs are repeatable.
    systemTimers.after(baseMs + fault.slowMs + (turn % 7) * baseMs * 0.04, () => {
      const status = fault.isFailing ? 503 : found ? 200 : 404;
      response.writeHead(status, { ...headers, 'content-type': type, 'content-length': Buffer.byteLength(body) });
      response.end(request.method === 'HEAD' ? undefined : body);
    });
  });
  return { ...server, fault };
}

export interface DemoReceived {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export function startDemoReceiver(take: (received: DemoReceived) => void): Promise<DemoServer> {
  return open(async (request, response) => {
    const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    take({ headers, body: Buffer.concat(chunks).toString('utf8') });
    response.writeHead(204).end();
  });
}
