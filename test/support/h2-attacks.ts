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
const promise = Buffer.concat([uint32(2), headerBlock({ ':method': 'GET', ':path': '/', ':scheme': 'https' })]);

const attacks: Readonly<Record<string, H2Attack>> = {
  'interim heads without end': {
    request: (connection, id) => floodOf(connection, head(id, { ':status': '103', link: 'x' })),
  },
  'a body of one byte a frame without end': {
    request: (connection, id) => {
      connection.write(head(id, ok));
      floodOf(connection, data(id, 'x', 0));
    },
  },
  'a body of 40 bytes a frame without end': {
    request: (connection, id) => {
      connection.write(head(id, ok));
      floodOf(connection, data(id, Buffer.alloc(40, 'x'), 0));
    },
  },
  'CONTINUATION without end': {
    request: (connection, id) => {
      connection.write(frame(frameTypes.headers, 0, id, headerBlock(ok)));
      floodOf(connection, frame(frameTypes.continuation, 0, id, headerBlock({ x: 'y' })));
    },
  },
  'HPACK bombs without end': {
    request: (connection, id) =>
      floodOf(connection, Buffer.concat([frame(frameTypes.headers, endHeaders, id, hpackBomb)])),
  },
  'PUSH_PROMISE without end': {
    request: (connection, id) => floodOf(connection, frame(frameTypes.push, endHeaders, id, promise)),
  },
  'RST_STREAM without end': { request: (connection, id) => floodOf(connection, rst(id, 8)) },
  'each stream reset at once': { request: (connection, id) => connection.write(rst(id, 8)) },
  'each stream refused': { request: (connection, id) => connection.write(rst(id, 7)) },
  'PING before SETTINGS, without end': {
    isUnsettled: true,
    accepted: (connection) => floodOf(connection, frame(frameTypes.ping, 0, 0, Buffer.alloc(8))),
  },
  'SETTINGS without end, before any request': {
    accepted: (connection) => floodOf(connection, frame(frameTypes.settings, 0, 0, setting(4, 70_000))),
  },
  'WINDOW_UPDATE without end': {
    request: (connection) => floodOf(connection, frame(frameTypes.window, 0, 0, uint32(1))),
  },
  'a window of 0, no stream allowed': { settings: Buffer.concat([setting(3, 0), setting(4, 0)]) },
  'GOAWAY without end': { request: (connection) => floodOf(connection, goaway(0x7fffffff, 0)) },
  'GOAWAY on each connection, its first stream never answered': {
    request: (connection, id) => {
      if (id === 1) connection.write(goaway(1, 0));
    },
  },
};

/** What such a server does. */
export const http2Attacks: readonly string[] = Object.keys(attacks);

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
  const { request = () => undefined, accepted, ...options } = attacks[name] ?? {};
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
