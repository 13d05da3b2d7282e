import { type AddressInfo, createServer, type Socket } from 'node:net';

/** What a client offered in the ALPN extension of one ClientHello; `null`: it sent no such extension. */
export type Offered = readonly string[] | null;

/** A server that reads the first TLS record of each connection and closes the connection. */
export interface AlpnReader {
  readonly host: string;
  readonly url: string;
  /** One entry for each ClientHello, in the order of arrival. */
  readonly hellos: readonly Offered[];
  /** First bytes that were no ClientHello. */
  readonly others: readonly string[];
  close(): Promise<void>;
}

const handshakeRecord = 22;
const clientHello = 1;
const alpnExtension = 16;

/** Starts it on a free port of 127.0.0.1. The hello comes before any certificate, so the client needs to trust none. */
export async function startAlpnReader(): Promise<AlpnReader> {
  const hellos: Offered[] = [];
  const others: string[] = [];
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    socket.on('close', () => open.delete(socket));
    socket.on('error', () => socket.destroy());
    let pending = Buffer.alloc(0);
    socket.on('data', (chunk: Buffer) => {
      pending = Buffer.concat([pending, chunk]);
      if (pending.length < 5) return;
      if (pending[0] !== handshakeRecord) others.push(pending.toString('latin1'));
      else if (pending.length < 5 + pending.readUInt16BE(3)) return;
      else hellos.push(offeredIn(pending.subarray(5, 5 + pending.readUInt16BE(3))));
      socket.destroy();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    host,
    url: `https://${host}`,
    hellos,
    others,
    close: () =>
      new Promise((resolve) => {
        for (const socket of open) socket.destroy();
        server.close(() => resolve());
      }),
  };
}

/**
 * The ALPN list of a ClientHello that fits in one record (RFC 8446 section 4.1.2, RFC 7301 section 3.1).
 * @throws Error where it is no ClientHello, RangeError where it is cut
 */
export function offeredIn(handshake: Buffer): Offered {
  if (handshake[0] !== clientHello) throw new Error('not a ClientHello');
  let at = 4 + 2 + 32;
  at += 1 + handshake.readUInt8(at);
  at += 2 + handshake.readUInt16BE(at);
  at += 1 + handshake.readUInt8(at);
  if (at === handshake.length) return null;
  const end = at + 2 + handshake.readUInt16BE(at);
  for (at += 2; at < end; at += 4 + handshake.readUInt16BE(at + 2)) {
    if (handshake.readUInt16BE(at) === alpnExtension)
      return namesIn(handshake.subarray(at + 6, at + 4 + handshake.readUInt16BE(at + 2)));
  }
  return null;
}

function namesIn(list: Buffer): readonly string[] {
  const names: string[] = [];
  for (let at = 0; at < list.length; at += 1 + list.readUInt8(at))
    names.push(list.toString('latin1', at + 1, at + 1 + list.readUInt8(at)));
  return names;
}
