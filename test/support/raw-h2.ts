import { type AddressInfo, createServer } from 'node:net';
import { createServer as createTlsServer, type TLSSocket } from 'node:tls';
import { testCerts } from './certs.ts';

export const frameTypes = {
  data: 0,
  headers: 1,
  rst: 3,
  settings: 4,
  push: 5,
  ping: 6,
  goaway: 7,
  window: 8,
  continuation: 9,
};
export const endStream = 1;
export const endHeaders = 4;

/** One frame of RFC 9113 section 4.1. */
export function frame(type: number, flags: number, streamId: number, payload: Uint8Array = new Uint8Array(0)): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(streamId, 5);
  return Buffer.concat([head, payload]);
}

export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value >>> 0);
  return bytes;
}

/** HPACK without indexing and without Huffman (RFC 7541 section 6.2.2); `:status` as a literal too. */
export function headerBlock(fields: Readonly<Record<string, string>>): Buffer {
  const text = (value: string): Buffer => {
    const bytes = Buffer.from(value, 'latin1');
    if (bytes.length < 127) return Buffer.concat([Buffer.from([bytes.length]), bytes]);
    const rest: number[] = [];
    let left = bytes.length - 127;
    for (; left >= 128; left = Math.floor(left / 128)) rest.push((left % 128) + 128);
    return Buffer.concat([Buffer.from([127, ...rest, left]), bytes]);
  };
  return Buffer.concat(
    Object.entries(fields).map(([name, value]) => Buffer.concat([Buffer.from([0]), text(name), text(value)])),
  );
}

/** A response head of one frame. */
export function head(streamId: number, fields: Readonly<Record<string, string>>, flags = endHeaders): Buffer {
  return frame(frameTypes.headers, flags, streamId, headerBlock(fields));
}

export function data(streamId: number, text: string | Buffer, flags = endStream): Buffer {
  return frame(frameTypes.data, flags, streamId, Buffer.from(text));
}

export function rst(streamId: number, code: number): Buffer {
  return frame(frameTypes.rst, 0, streamId, uint32(code));
}

export function goaway(lastStreamId: number, code: number): Buffer {
  return frame(frameTypes.goaway, 0, 0, Buffer.concat([uint32(lastStreamId), uint32(code)]));
}

/** A connection as the script of a server sees it. */
export interface RawH2Connection {
  readonly socket: TLSSocket;
  /** From 0, over all connections of the server. */
  readonly index: number;
  write(...frames: Buffer[]): void;
}

export interface RawH2Server {
  readonly url: string;
  /** Connections and requests (HEADERS frames) so far. */
  connections(): number;
  requests(): number;
  /** Connections that are open. */
  open(): number;
  close(): Promise<void>;
}

/**
 * A TLS server that speaks HTTP/2 and answers each HEADERS frame by a script, frame by frame: what no sound server sends.
 * @param request  called with the stream id of each request, from the server's SETTINGS on
 */
export async function startRawH2(
  request: (connection: RawH2Connection, streamId: number, nth: number) => void,
  options: {
    readonly settings?: Buffer;
    /** It sends no SETTINGS of its own. */
    readonly isUnsettled?: true;
    readonly accepted?: (connection: RawH2Connection) => void;
    /** What it accepts in ALPN. Default: `h2` alone. */
    readonly alpn?: readonly string[];
    readonly handshakeDelayMs?: number;
    /** Default: the server's certificate of `testCerts`. */
    readonly cert?: { readonly certPem: string; readonly keyPem: string };
  } = {},
): Promise<RawH2Server> {
  let [connections, requests] = [0, 0];
  const open = new Set<TLSSocket>();
  const leaf = options.cert ?? testCerts().server;
  const ALPNProtocols = [...(options.alpn ?? ['h2'])];
  const tls = createTlsServer({ cert: leaf.certPem, key: leaf.keyPem, ALPNProtocols }, (socket) => {
    open.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => open.delete(socket));
    const connection: RawH2Connection = {
      socket,
      index: connections,
      write: (...frames) => {
        if (!socket.destroyed) socket.write(Buffer.concat(frames));
      },
    };
    connections += 1;
    if (options.isUnsettled !== true)
      connection.write(frame(frameTypes.settings, 0, 0, options.settings ?? Buffer.alloc(0)));
    options.accepted?.(connection);
    let pending = Buffer.alloc(0);
    let isPrefaced = false;
    socket.on('data', (chunk: Buffer) => {
      pending = Buffer.concat([pending, chunk]);
      if (!isPrefaced) {
        if (pending.length < 24) return;
        pending = pending.subarray(24);
        isPrefaced = true;
      }
      while (pending.length >= 9) {
        const length = pending.readUIntBE(0, 3);
        if (pending.length < 9 + length) return;
        const [type, flags] = [pending[3], pending[4] ?? 0];
        const streamId = pending.readUInt32BE(5) & 0x7fffffff;
        pending = pending.subarray(9 + length);
        if (type === frameTypes.settings && (flags & 1) === 0) connection.write(frame(frameTypes.settings, 1, 0));
        if (type !== frameTypes.headers) continue;
        requests += 1;
        request(connection, streamId, requests - 1);
      }
    });
  });
  // Connections open at once; TLS begins later.
  const listener = createServer({ pauseOnConnect: true }, (socket) => {
    setTimeout(() => tls.emit('connection', socket), options.handshakeDelayMs ?? 0);
  });
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  return {
    url: `https://127.0.0.1:${(listener.address() as AddressInfo).port}`,
    connections: () => connections,
    requests: () => requests,
    open: () => open.size,
    close: () =>
      new Promise((resolve) => {
        for (const socket of open) socket.destroy();
        listener.close(() => resolve());
      }),
  };
}
