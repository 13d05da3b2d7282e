import { readFileSync } from 'node:fs';
import { type ClientHttp2Session, connect as connectHttp2 } from 'node:http2';
import { connect as connectTcp, isIP } from 'node:net';
import { connect as connectTls, createSecureContext, type TLSSocket } from 'node:tls';
import { atPace } from '../pace.ts';
import type { Shot } from './errors.ts';
import { type PhasesSaid, phasesOf } from './said.ts';
import { shotAt, type Turn } from './turn.ts';

// The floor of Node: probes with Node's own sockets and HTTP/2 sessions in one thread, and nothing else in it.
// argv: CA file, HTTP version. Message in: a turn. Message out: its shots.

const [caFile = '', http = '1.1'] = process.argv.slice(2);
const secureContext = createSecureContext({ ca: readFileSync(caFile, 'utf8') });
const ALPNProtocols = [http === '2' ? 'h2' : 'http/1.1'];

/** Times of one response, milliseconds of `performance.now`; `lastMs` is that of the last byte of the body. */
interface Response {
  readonly isOk: boolean;
  readonly firstMs: number;
  readonly lastMs: number;
}

function probe(url: string): Promise<PhasesSaid | null> {
  const { hostname: host, port, host: authority, origin, pathname } = new URL(url);
  return new Promise((resolve) => {
    const startedMs = performance.now();
    const tcp = connectTcp({ host, port: Number(port), family: 4, noDelay: true });
    tcp.once('error', () => resolve(null));
    tcp.once('connect', () => {
      const connectedMs = performance.now();
      const socket = connectTls({
        socket: tcp,
        secureContext,
        ...(isIP(host) ? {} : { servername: host }),
        ALPNProtocols,
      });
      socket.once('error', () => resolve(null));
      socket.once('secureConnect', () => {
        const securedMs = performance.now();
        const end = ({ isOk, firstMs, lastMs }: Response): void => {
          const [connect, tls] = [connectedMs - startedMs, securedMs - connectedMs];
          resolve(isOk ? phasesOf(connect, tls, firstMs - securedMs, lastMs - firstMs) : null);
        };
        if (http === '2') readSession(connectHttp2(origin, { createConnection: () => socket }), pathname, end);
        else readSocket(socket, `GET ${pathname} HTTP/1.1\r\nHost: ${authority}\r\nConnection: close\r\n\r\n`, end);
      });
    });
  });
}

function readSocket(socket: TLSSocket, request: string, end: (response: Response) => void): void {
  let [isOk, firstMs, lastMs] = [false, Number.NaN, Number.NaN];
  socket.on('data', (chunk: Buffer) => {
    lastMs = performance.now();
    if (!Number.isNaN(firstMs)) return;
    firstMs = lastMs;
    isOk = chunk.subarray(9, 12).toString() === '200';
  });
  socket.once('close', () => end({ isOk, firstMs, lastMs }));
  socket.write(request);
}

function readSession(session: ClientHttp2Session, path: string, end: (response: Response) => void): void {
  let [isOk, firstMs, lastMs] = [false, Number.NaN, Number.NaN];
  const stream = session.request({ ':path': path });
  stream.once('response', (headers) => {
    firstMs = performance.now();
    lastMs = firstMs;
    isOk = headers[':status'] === 200;
  });
  stream.on('data', () => {
    lastMs = performance.now();
  });
  stream.once('error', () => undefined);
  stream.once('close', () => {
    end({ isOk, firstMs, lastMs });
    session.close();
  });
  session.once('error', () => undefined);
}

async function fire(turn: Turn): Promise<readonly Shot[]> {
  const flights: Promise<Shot>[] = [];
  await atPace(turn.perSecond, turn.forMs, (number) => {
    const { made, id, url } = shotAt(turn, number);
    flights.push(probe(url).then((said) => ({ made, id, said })));
  });
  return Promise.all(flights);
}

process.on('message', (turn: Turn) => {
  void fire(turn).then((shots) => process.send?.(shots));
});
process.once('disconnect', () => process.exit());
