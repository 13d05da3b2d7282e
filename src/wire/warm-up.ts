import { once } from 'node:events';
import { createServer as createHttp2Server } from 'node:http2';
import { connect, createServer, type Server, type Socket } from 'node:net';
import type { Clock, Timers, Wire } from '../core/ports.ts';
import { Carrier } from './carrier.ts';
import { accessOf, hopOnce } from './control.ts';
import { Deadline } from './deadline.ts';
import { exchange } from './exchange.ts';
import { newTrace } from './trace.ts';

const rounds = 3;
const limitMs = 1_000;
const allMs = rounds * limitMs;
const bodyBytesMax = 1_024;
const okResponse = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok';

export interface WarmUp {
  readonly wire: Wire;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly withHttp2: boolean;
}

/**
 * Sends requests to our own servers on loopback, so that loading code in a new thread does not count as a mirror's
 * time.
 * @returns the number of successful requests, at most `rounds` over each HTTP version
 */
export async function warmUp({ wire, clock, timers, withHttp2 }: WarmUp): Promise<number> {
  const untilMs = clock.monotonicMs() + allMs;
  const deadlineMs = (): number => Math.min(untilMs, clock.monotonicMs() + limitMs);
  const one = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    socket.once('data', () => socket.end(okResponse));
  });
  const doneCount = await requestAll(one, (port) => requestOnce(wire, deadlineMs(), `http://127.0.0.1:${port}`));
  if (!withHttp2) return doneCount;
  const two = createHttp2Server((_, response) => response.end('ok'));
  two.on('session', (session) => session.on('error', () => session.destroy()));
  return doneCount + (await requestAll(two, (port) => requestOverHttp2(clock, timers, deadlineMs(), port)));
}

async function requestAll(server: Server, send: (port: number) => Promise<boolean>): Promise<number> {
  let doneCount = 0;
  try {
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const address = server.address();
    if (typeof address !== 'object' || address === null) return 0;
    for (let count = 0; count < rounds; count += 1) if (await send(address.port)) doneCount += 1;
  } catch {
    // This error has no consequence, except that the first probe includes the time for loading code.
  } finally {
    server.close();
  }
  return doneCount;
}

async function requestOnce(wire: Wire, deadlineMs: number, root: string): Promise<boolean> {
  const order = { url: `${root}/`, aside: true, limitMs, deadlineMs, bodyBytesMax, stopAfterBytes: null };
  return (await hopOnce(wire.open(accessOf(root, 'mirrorwatch'), 'cold'), order)).status === 200;
}

/**
 * Sends a request over HTTP/2 without TLS, which would need a certificate. The socket only claims that HTTP/2 was
 * negotiated.
 */
async function requestOverHttp2(clock: Clock, timers: Timers, deadlineMs: number, port: number): Promise<boolean> {
  const socket: Socket & { alpnProtocol?: string } = connect(port, '127.0.0.1');
  socket.alpnProtocol = 'h2';
  const carrier = new Carrier(socket, `http://127.0.0.1:${port}`);
  const deadline = new Deadline(clock, timers, deadlineMs);
  const trace = newTrace();
  try {
    await deadline.run<void>((done) => {
      socket.once('connect', () => done());
      return () => carrier.close();
    });
    const request = { method: 'GET', target: '/', headers: {}, body: null } as const;
    const all = { ...request, bodyBytesMax, stopAfterBytes: null, spill: null };
    await exchange(carrier, all, trace, deadline, () => clock.monotonicMs());
    return trace.status === 200;
  } finally {
    deadline.clear();
    carrier.close();
  }
}
