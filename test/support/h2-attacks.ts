import { once } from 'node:events';
import { parentPort, Worker, workerData } from 'node:worker_threads';
import { testCerts } from './certs.ts';
import {
  data,
  endHeaders,
  frame,
  frameTypes,
  goaway,
  head,
  headerBlock,
  type RawH2Connection,
  rst,
  startRawH2,
  uint32,
} from './raw-h2.ts';

// Servers of HTTP/2 that attack who asks them. Each has a thread of its own: a flood from the thread of its victim is a small one.

type Options = NonNullable<Parameters<typeof startRawH2>[1]>;
interface H2Attack extends Pick<Options, 'isUnsettled' | 'accepted' | 'settings'> {
  readonly request?: (connection: RawH2Connection, streamId: number) => void;
  readonly isFlood?: boolean;
}

/** Sends a frame again and again for as long as the connection takes it. */
function floodOf({ socket }: RawH2Connection, frame: Buffer): void {
  const bytes = Buffer.concat(Array.from({ length: 500 }, () => frame));
  const go = (): void => {
    while (!socket.destroyed && socket.write(bytes));
    if (!socket.destroyed) socket.once('drain', () => setImmediate(go));
  };
  go();
}

const ok = { ':status': '200', 'content-type': 'text/plain' };
const setting = (id: number, value: number): Buffer => Buffer.concat([Buffer.from([0, id]), uint32(value)]);
/** A field of 4 000 bytes in HPACK's table, and 12 000 times one byte that names it. */
const hpackBomb = Buffer.concat([
  headerBlock(ok),
  Buffer.from([0x40, 1, 0x78, 127, 0x81, 0x1e]),
  Buffer.alloc(4_000, 0x76),
  Buffer.alloc(12_000, 0xbe),
]);

/** One of each kind: test/fault/wire-h2-hostile.test.ts has the others, each on a connection of its own. */
const attacks: Readonly<Record<string, H2Attack>> = {
  'a body of 40 bytes a frame without end': {
    isFlood: true,
    request: (connection, id) => {
      connection.write(head(id, ok));
      floodOf(connection, data(id, Buffer.alloc(40, 'x'), 0));
    },
  },
  'HPACK bombs without end': {
    isFlood: true,
    request: (connection, id) =>
      floodOf(connection, Buffer.concat([frame(frameTypes.headers, endHeaders, id, hpackBomb)])),
  },
  'PING before SETTINGS, without end': {
    isFlood: true,
    isUnsettled: true,
    accepted: (connection) => floodOf(connection, frame(frameTypes.ping, 0, 0, Buffer.alloc(8))),
  },
  'each stream refused': { request: (connection, id) => connection.write(rst(id, 7)) },
  'a window of 0, no stream allowed': { settings: Buffer.concat([setting(3, 0), setting(4, 0)]) },
  'GOAWAY on each connection, its first stream never answered': {
    request: (connection, id) => {
      if (id === 1) connection.write(goaway(1, 0));
    },
  },
};

/** What such a server does, and whether it sends without end. */
export const http2Attacks = Object.entries(attacks).map(([name, { isFlood = false }]) => ({ name, isFlood }));

interface Seed {
  readonly role: 'h2-attack';
  readonly name: string;
  readonly cert: NonNullable<Options['cert']>;
  /** Shared: the number of connections. */
  readonly asked: Int32Array;
}

/** Starts one of `http2Attacks`. */
export async function startHttp2Attack(name: string): Promise<{
  readonly url: string;
  /** Connections so far. */
  readonly asked: () => number;
  readonly close: () => Promise<void>;
}> {
  const { certPem, keyPem } = testCerts().server;
  const asked = new Int32Array(new SharedArrayBuffer(4));
  const seed: Seed = { role: 'h2-attack', name, cert: { certPem, keyPem }, asked };
  const thread = new Worker(new URL(import.meta.url), { workerData: seed, execArgv: [] });
  const [url] = await once(thread, 'message');
  return { url, asked: () => Atomics.load(asked, 0), close: async () => void (await thread.terminate()) };
}

if ((workerData as Seed | null)?.role === 'h2-attack') {
  const { name, cert, asked } = workerData as Seed;
  const { request = () => undefined, accepted, isFlood: _, ...options } = attacks[name] ?? {};
  const server = await startRawH2(request, {
    ...options,
    cert,
    accepted: (connection) => {
      Atomics.add(asked, 0, 1);
      accepted?.(connection);
    },
  });
  parentPort?.postMessage(server.url);
}
