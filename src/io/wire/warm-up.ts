import { createServer } from 'node:net';
import type { Clock, Wire, WireAccess } from '../../core/ports.ts';

const asks = 3;
const limitMs = 1_000;
const answer = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok';

/**
 * Asks a server of our own on loopback a few times, so that what a fresh thread loads and compiles on its first request
 * is no part of the first mirror's time. Best effort: never throws.
 */
export async function warmUp(wire: Wire, clock: Clock): Promise<void> {
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    socket.once('data', () => socket.end(answer));
  });
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(0, '127.0.0.1', resolve);
    });
    const address = server.address();
    if (typeof address !== 'object' || address === null) return;
    for (let ask = 0; ask < asks; ask += 1) await askOnce(wire, clock, `http://127.0.0.1:${address.port}`);
  } catch {
    // No loopback to listen on: the first probe pays, as it would have.
  } finally {
    server.close();
  }
}

async function askOnce(wire: Wire, clock: Clock, url: string): Promise<void> {
  const line = wire.open({ ...nobody, url }, 'cold');
  try {
    await line.hop({
      url: `${url}/`,
      headers: {},
      aside: true,
      foreign: false,
      bodyBytesMax: 1_024,
      stopAfterBytes: null,
      startMs: null,
      deadlineMs: clock.monotonicMs() + limitMs,
      limitMs,
    });
  } finally {
    line.close();
  }
}

const nobody: Omit<WireAccess, 'url'> = {
  registry: 'warm-up',
  ca: [],
  client: null,
  pin: null,
  auth: null,
  proxy: null,
  family: null,
  dnsServer: null,
  allowHosts: [],
  userAgent: 'mirrorwatch',
};
